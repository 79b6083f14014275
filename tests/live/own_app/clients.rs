//! The app as httpx and websockets see it.

use anyhow::Result;
use lgx_tests::{DevServer, Project, run_suite};

use super::{project, serve};

#[test]
fn it_answers_as_it_would_with_a_server_of_its_own() -> Result<()> {
    let project = project()?;
    let server = serve(&project)?;
    let files = ["test_requests.py", "test_streams.py", "test_sockets.py"];
    suite(&project, &server, &files)?;
    // What crashed is told with its line.
    server.wait_for_stderr(0, &["src/app.py:", "in crash"])?;
    server.wait_for_stderr(0, &["src/app.py:", "in echo"])?;
    Ok(())
}

#[test]
fn it_answers_the_same_from_two_workers() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload", "--workers", "2"])?;
    // These tests wait in one request for what another one does; each worker has an app of its own.
    let alone = "not background and not leaves and not codes";
    let files = ["test_requests.py", "test_streams.py", "test_sockets.py"];
    suite(&project, &server, &[&files[..], &["-k", alone]].concat())
}

#[test]
fn a_reload_loses_nothing_of_what_is_under_way() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    suite(&project, &server, &["test_reload.py"])?;
    server.wait_for_stderr(0, &["the shop closes (one)"])?;
    Ok(())
}

#[test]
fn examples_of_starlettes_and_fastapis_documentation_work_as_they_are_shown() -> Result<()> {
    for example in [
        "starlette_middleware",
        "starlette_lifespan",
        "starlette_websocket",
        "fastapi_middleware",
    ] {
        let project = project()?;
        project.edit(
            "langgraph.json",
            "./src/app.py:app",
            &format!("./src/examples/{example}.py:app"),
        )?;
        let server = serve(&project)?;
        suite(&project, &server, &["test_examples.py", "-k", example])?;
    }
    Ok(())
}

/// Runs tests of `tests/own-app` against a server of the project.
fn suite(project: &Project, server: &DevServer, arguments: &[&str]) -> Result<()> {
    run_suite("own-app", project, server, arguments)
}
