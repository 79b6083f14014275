//! What the project's code prints is on the terminal when it is printed, whatever becomes of the process.

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project};
use serde_json::json;

#[test]
fn what_was_printed_before_a_death_is_shown_before_it() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let from = server.stderr().len();
    let ask = json!({"assistant_id": "ender", "input": {}});
    server.client().post("/runs/wait", &ask)?;
    server.wait_for_stderr(from, &["error:", "exit code 5"])?;
    let text = server.stderr().text();
    let at = |part: &str| {
        text.find(part)
            .with_context(|| format!("{part:?} is not in:\n{text}"))
    };
    ensure!(
        at("] about to exit")? < at("warning root: for good")?,
        "{text}"
    );
    ensure!(at("for good")? < at("exit code 5")?, "{text}");
    Ok(())
}

#[test]
fn a_node_that_blocks_the_event_loop_is_heard_with_its_run() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let from = server.stderr().len();
    let ask = json!({"assistant_id": "spinner", "input": {}});
    let run = server.client().post("/runs", &ask)?.ok()?;
    let id = run["run_id"].as_str().context("a run has an id")?;
    let tag = format!("[run {}] spin", &id[id.len() - 6..]);
    server.wait_for_stderr(from, &[&tag])?;
    server.kill_everything()
}

#[test]
fn tokens_that_are_flushed_are_one_line() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let from = server.stderr().len();
    for graph in ["streamer", "printer"] {
        let ask = json!({"assistant_id": graph, "input": {}});
        server.client().post("/runs/wait", &ask)?.ok()?;
    }
    server.wait_for_stderr(from, &["] token by token"])?;
    server.wait_for_stderr(from, &["] naïve ☃ 0"])?;
    Ok(())
}
