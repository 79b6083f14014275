//! The custom-auth tutorial from its first line to its last, with `lgx` in place of `langgraph`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{Client, DevServer, Project, PythonEnv, python_env};
use serde_json::json;

/// What the tutorial has its reader put into `src/security/auth.py`.
const AUTH: &str = include_str!("../projects/tutorial/auth.py");
/// What it has them put into `langgraph.json`.
const CONFIG: &str = include_str!("../projects/tutorial/langgraph.json");

#[test]
fn the_tutorial_works_as_written() -> Result<()> {
    // 1. Create your app, install its dependencies, try it out.
    let project = Project::scaffold("new-langgraph-project-python", "custom-auth")?;
    let python = PythonEnv::create(&project.path(".venv"))?;
    python.install(&["-e", "."], project.dir())?;
    let server = DevServer::spawn(DevServer::command(&project, &[])?)?;
    let greeting = json!({"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "Hello!"}]}});
    let values = server.client().post("/runs/wait", &greeting)?.ok()?;
    ensure!(
        values["messages"][1]["type"] == "ai",
        "the bot does not answer: {values}"
    );
    drop(server);

    // 2. Add authentication.
    project.write("src/security/auth.py", AUTH)?;
    project.write("langgraph.json", CONFIG)?;

    // 3. Test your bot, 4. chat with it.
    let server = DevServer::spawn(DevServer::command(&project, &[])?)?;
    chat(&python.python(), server.url())?;
    let studio = server.client().with_header("x-auth-scheme", "langsmith");
    assert_eq!(may_create_threads(&studio)?, 200);
    drop(server);

    // "You can remove this alternative authentication option".
    let path = r#""path": "src/security/auth.py:auth""#;
    project.edit(
        "langgraph.json",
        path,
        &format!("{path}, \"disable_studio_auth\": true"),
    )?;
    let server = DevServer::spawn(DevServer::command(&project, &[])?)?;
    let studio = server.client().with_header("x-auth-scheme", "langsmith");
    assert_eq!(may_create_threads(&studio)?, 401);
    chat(&python.python(), server.url())
}

#[test]
fn the_custom_auth_template_is_where_the_tutorial_ends() -> Result<()> {
    let project = Project::scaffold("custom-auth-python", "custom-auth")?;
    let server = DevServer::start(&project, &[])?;
    chat(&python_env()?.python(), server.url())?;
    let studio = server.client().with_header("x-auth-scheme", "langsmith");
    assert_eq!(may_create_threads(&studio)?, 200);
    assert_eq!(
        may_create_threads(
            &server
                .client()
                .with_header("authorization", "Bearer user2-token")
        )?,
        200
    );
    assert_eq!(
        may_create_threads(&server.client().with_header("authorization", "user2-token"))?,
        400
    );
    assert_eq!(may_create_threads(&server.client())?, 401);
    Ok(())
}

/// Runs the tutorial's own client code, with the interpreter of the tutorial's reader.
fn chat(python: &Path, url: &str) -> Result<()> {
    let client: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk-python/tutorial_client.py");
    let output = Command::new(python)
        .arg(client)
        .env("LGX_URL", url)
        .env("PYTHONIOENCODING", "utf-8")
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the tutorial's client failed:\n{told}\n{errors}"
    );
    ensure!(!told.contains('❌'), "{told}");
    for line in [
        "✅ Correctly blocked access:",
        "✅ Created thread as Alice: ",
        "✅ Bot responded:",
        "answer: ",
    ] {
        ensure!(
            told.contains(line),
            "the tutorial promises {line:?}, but it says:\n{told}"
        );
    }
    Ok(())
}

/// The status a client gets when it makes a thread.
fn may_create_threads(client: &Client) -> Result<u16> {
    Ok(client.post("/threads", &json!({}))?.status)
}
