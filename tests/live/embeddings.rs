//! A server never searches by meaning with embeddings it could not load.

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project, python_env};

#[test]
fn embeddings_that_do_not_load_stop_the_server_and_name_the_line() -> Result<()> {
    let project = Project::copy_of("store")?;
    project.write("src/embed.py", "\"\"\"Broken.\"\"\"\n\nimport nowhere\n")?;
    // Nothing else in the project may be the reason.
    project.edit(
        "langgraph.json",
        "\"mirror\": \"./src/mirror.py:graph\"",
        "\"other\": \"./src/notes.py:graph\"",
    )?;
    refuses(&project, &["store.index", "embed.py:3", "nowhere"])
}

#[test]
fn a_model_whose_package_is_missing_is_named_with_what_to_install() -> Result<()> {
    let project = Project::copy_of("store")?;
    project.edit(
        "langgraph.json",
        "./src/embed.py:embed",
        "openai:text-embedding-3-small",
    )?;
    refuses(&project, &["store.index", "langchain"])
}

/// Whether `lgx dev` exits with code 1, names all of `parts`, and never says that it is ready.
fn refuses(project: &Project, parts: &[&str]) -> Result<()> {
    let output = DevServer::command(project, &[])?
        .env("LGX_PYTHON", python_env()?.python())
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in parts {
        ensure!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "it said it was ready"
    );
    Ok(())
}
