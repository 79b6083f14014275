//! Where nobody reads warnings, a project that does not load whole does not start; elsewhere the rest of it serves.

use anyhow::Result;
use lgx_tests::{DevServer, EndsInTime, Project, python_env};
use serde_json::json;

const TWO_GRAPHS: &str = r#"{"dependencies": ["."], "env": ".env", "graphs": {
  "agent": "./src/agent/graph.py:graph", "syn": "./src/syn.py:graph"}}"#;

fn with_a_broken_graph() -> Result<Project> {
    let project = Project::copy_of("fixtures")?;
    project.write("langgraph.json", TWO_GRAPHS)?;
    project.write("src/syn.py", "\"\"\"Broken.\"\"\"\n\ngraph = = 1\n")?;
    Ok(project)
}

#[test]
fn in_ci_a_graph_that_does_not_load_ends_the_start_with_its_line_and_without_a_ready_file()
-> Result<()> {
    let project = with_a_broken_graph()?;
    project.write(".env", "")?;
    let ready_file = project.path("ready");

    let output = DevServer::command(&project, &["--ready-file", "ready"])?
        .env("LGX_PYTHON", python_env()?.python())
        .env("CI", "true")
        .output_in_time()?;

    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in [
        "src/syn.py:3",
        "SyntaxError",
        "1 of 2 graphs cannot be loaded",
        "--no-strict",
    ] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(!ready_file.exists());
    Ok(())
}

#[test]
fn with_no_strict_the_others_serve_and_the_ready_line_names_those_that_do_not() -> Result<()> {
    let project = with_a_broken_graph()?;
    let mut command = DevServer::command(&project, &["--no-reload", "--no-strict"])?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env("CI", "true");

    let server = DevServer::spawn(command)?;

    let ready = server.ready_line();
    assert_eq!(
        (&ready["graphs"], &ready["failed"]),
        (&json!(1), &json!(["syn"]))
    );
    server.wait_for_stderr(0, &["Ready: 1 of 2 graphs loaded"])?;
    Ok(())
}
