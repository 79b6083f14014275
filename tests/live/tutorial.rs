//! The three parts of the custom-auth tutorial from their first line to their last, with `lgx` in place of `langgraph`, and
//! the templates that they end with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{Client, DevServer, EndsInTime, IdentityProvider, Project, PythonEnv, python_env};
use serde_json::json;

use crate::templates_javascript::scaffold_with_packages;

/// What each part has its reader put into `src/security/auth.py`.
const AUTH: &str = include_str!("../projects/tutorial/auth.py");
const AUTH_IN_TYPESCRIPT: &str = include_str!("../projects/tutorial/auth.ts");
const PRIVATE: &str = include_str!("../projects/tutorial/private.py");
const PROVIDER: &str = include_str!("../projects/tutorial/provider.py");
/// What the second part has them add there in the end.
const SCOPED: &str = include_str!("../projects/tutorial/scoped.py");
/// What the first part has them put into `langgraph.json`.
const CONFIG: &str = include_str!("../projects/tutorial/langgraph.json");

/// What the clients that the tutorial prints say when all is well: the beginnings of lines.
const BASIC_CHAT: [&str; 4] = [
    "✅ Correctly blocked access:",
    "✅ Created thread as Alice: ",
    "✅ Bot responded:",
    "answer: ",
];
const PRIVATE_CHAT: [&str; 6] = [
    "✅ Alice created assistant: ",
    "✅ Alice created thread: ",
    "✅ Bob correctly denied access: ",
    "✅ Bob created his own thread: ",
    "✅ Alice sees 1 thread",
    "✅ Bob sees 1 thread",
];
const SCOPED_CHAT: [&str; 5] = [
    "✅ Alice correctly denied access: ",
    "✅ Alice correctly denied access to searching assistants: ",
    "✅ Alice created thread: ",
    "✅ Bob correctly denied access: ",
    "✅ Bob kept out of what Alice stores",
];
const ACCOUNTS_CHAT: [&str; 5] = [
    "Creating test users: user+1@example.com and user+2@example.com",
    "✅ User 1 created thread: ",
    "✅ Unauthenticated access blocked: ",
    "✅ User 2 blocked from User 1's thread: ",
    "✅ Each of the two has conversations of their own",
];

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
    Reader::new(&python.python(), &server).runs("tutorial_client.py", &BASIC_CHAT)?;
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
    Reader::new(&python.python(), &server).runs("tutorial_client.py", &BASIC_CHAT)
}

#[test]
fn its_second_part_makes_conversations_private_as_written() -> Result<()> {
    let project = after_the_first_part()?;
    project.write("src/security/auth.py", PRIVATE)?;
    let server = DevServer::start(&project, &[])?;
    Reader::new(&python_env()?.python(), &server).runs("tutorial_private.py", &PRIVATE_CHAT)?;

    // 3. Add scoped authorization, beside a server that runs.
    let before = server.stderr().len();
    project.write("src/security/auth.py", &format!("{PRIVATE}{SCOPED}"))?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    Reader::new(&python_env()?.python(), &server).runs("tutorial_scoped.py", &SCOPED_CHAT)
}

#[test]
fn its_third_part_connects_an_authentication_provider_as_written() -> Result<()> {
    let provider = IdentityProvider::start()?;
    let project = after_the_first_part()?;
    project.write(
        ".env",
        &format!(
            "SUPABASE_URL={}\nSUPABASE_SERVICE_KEY={}\n",
            provider.url(),
            IdentityProvider::API_KEY
        ),
    )?;
    project.write("src/security/auth.py", PROVIDER)?;
    let server = DevServer::start(&project, &[])?;
    Reader::of(&provider, &server)?.runs("tutorial_accounts.py", &ACCOUNTS_CHAT)
}

#[test]
fn the_custom_auth_template_is_where_the_tutorial_ends() -> Result<()> {
    let project = Project::scaffold("custom-auth-python", "custom-auth")?;
    let server = DevServer::start(&project, &[])?;
    Reader::new(&python_env()?.python(), &server).runs("tutorial_client.py", &BASIC_CHAT)?;
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

#[test]
fn the_template_of_private_conversations_is_where_its_second_part_ends() -> Result<()> {
    let project = Project::scaffold("private-conversations-python", "custom-auth")?;
    let server = DevServer::start(&project, &[])?;
    Reader::new(&python_env()?.python(), &server).runs("tutorial_scoped.py", &SCOPED_CHAT)
}

#[test]
fn its_first_part_works_in_typescript() -> Result<()> {
    let Some(project) = scaffold_with_packages("new-langgraph-project-js")? else {
        return Ok(());
    };
    let server = DevServer::spawn(DevServer::command(&project, &[])?)?;
    assert_eq!(may_create_threads(&server.client())?, 200);

    // Beside the server that runs: from then on nobody comes in without a token.
    let before = server.stderr().len();
    project.write("src/security/auth.ts", AUTH_IN_TYPESCRIPT)?;
    project.edit(
        "langgraph.json",
        "\"env\": \".env\"",
        "\"env\": \".env\", \"auth\": {\"path\": \"src/security/auth.ts:auth\"}",
    )?;
    server.wait_for_stderr(before, &["src/security/auth.ts:auth"])?;
    Reader::new(&python_env()?.python(), &server).runs("tutorial_client.py", &BASIC_CHAT)?;
    assert_eq!(may_create_threads(&server.client())?, 401);
    let studio = server.client().with_header("x-auth-scheme", "langsmith");
    assert_eq!(may_create_threads(&studio)?, 200);
    Ok(())
}

#[test]
fn the_template_in_typescript_is_where_both_parts_end() -> Result<()> {
    let Some(project) = scaffold_with_packages("custom-auth-js")? else {
        return Ok(());
    };
    let server = DevServer::spawn(DevServer::command(&project, &[])?)?;
    let python = python_env()?.python();
    Reader::new(&python, &server).runs("tutorial_client.py", &BASIC_CHAT)?;
    Reader::new(&python, &server).runs("tutorial_scoped.py", &SCOPED_CHAT)
}

#[test]
fn the_oauth_template_is_where_its_third_part_ends() -> Result<()> {
    let provider = IdentityProvider::start()?;
    let project = Project::scaffold("oauth-python", "custom-auth")?;
    project.edit(".env", "http://127.0.0.1:9999", provider.url())?;
    let server = DevServer::start(&project, &[])?;
    Reader::of(&provider, &server)?.runs("tutorial_accounts.py", &ACCOUNTS_CHAT)
}

/// The project that the first part ends with, where the others begin.
fn after_the_first_part() -> Result<Project> {
    let project = Project::scaffold("new-langgraph-project-python", "custom-auth")?;
    project.write("src/security/auth.py", AUTH)?;
    project.write("langgraph.json", CONFIG)?;
    Ok(project)
}

/// Somebody who reads the tutorial and runs what it prints.
struct Reader(Command);

impl Reader {
    /// With this interpreter, against this server.
    fn new(python: &Path, server: &DevServer) -> Self {
        let mut command = Command::new(python);
        command
            .env("LGX_URL", server.url())
            .env("PYTHONIOENCODING", "utf-8");
        Self(command)
    }

    /// With an account of this provider.
    fn of(provider: &IdentityProvider, server: &DevServer) -> Result<Self> {
        let mut reader = Self::new(&python_env()?.python(), server);
        reader
            .0
            .env("SUPABASE_URL", provider.url())
            .env("SUPABASE_ANON_KEY", IdentityProvider::API_KEY)
            .env("EMAIL", "user@example.com");
        Ok(reader)
    }

    /// Runs a client that the tutorial prints, which says all of `promised` and of no failure.
    fn runs(mut self, client: &str, promised: &[&str]) -> Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk-python");
        let client: PathBuf = folder.join(client);
        let output = self.0.arg(client).output_in_time()?;
        let told = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "the tutorial's client failed:\n{told}\n{errors}"
        );
        ensure!(!told.contains('❌'), "{told}");
        for line in promised {
            ensure!(
                told.lines().any(|said| said.starts_with(line)),
                "the tutorial promises {line:?}, but it says:\n{told}"
            );
        }
        Ok(())
    }
}

/// The status a client gets when it makes a thread.
fn may_create_threads(client: &Client) -> Result<u16> {
    Ok(client.post("/threads", &json!({}))?.status)
}
