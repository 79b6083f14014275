//! The app as httpx and websockets see it.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, run_suite, workspace_root};

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

/// Node 20 and newer have these behind flags, some versions do not know them.
const AS_A_BROWSER: [&str; 2] = ["--experimental-eventsource", "--experimental-websocket"];

#[test]
fn what_browsers_have_of_their_own_reads_it_as_it_comes() -> Result<()> {
    let has_them = Command::new("node")
        .args(AS_A_BROWSER)
        .args(["--eval", ""])
        .output_in_time()
        .is_ok_and(|tried| tried.status.success());
    if !has_them {
        // Not `eprintln!`, which nobody sees of a test that passes.
        let why = "SKIPPED: there is no Node that has EventSource and WebSocket";
        writeln!(std::io::stderr(), "{why}")?;
        return Ok(());
    }
    let project = project()?;
    let server = serve(&project)?;
    let output = Command::new("node")
        .current_dir(workspace_root().join("tests/own-app"))
        .args(AS_A_BROWSER)
        .args(["--test", "--test-timeout=60000", "browser.test.mjs"])
        .env("LGX_URL", server.url())
        .output_in_time()?;
    ensure!(
        output.status.success(),
        "{}\nthe server said:\n{}",
        String::from_utf8_lossy(&output.stdout),
        server.stderr().text()
    );
    Ok(())
}
