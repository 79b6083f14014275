//! What becomes of code that blocks the event loop: it is told, with what to do about it; not told; or the error of its run.

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project};
use serde_json::{Value, json};

const CODE: &str = r#"import asyncio
import subprocess
import time
from pathlib import Path

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    op: str


async def act(state: State):
    if state["op"] == "sleep":
        time.sleep(0.6)
    if state["op"] == "run":
        subprocess.run(["sleep", "0.6"], check=True)
    if state["op"] == "rest":
        await asyncio.sleep(1.2)
    if state["op"] == "wait":
        print("it waits", flush=True)
        while not Path("go").exists():
            await asyncio.sleep(0.02)
    return {"op": "done"}


graph = StateGraph(State).add_node("act", act).add_edge(START, "act").compile()
"#;

/// A server, and its project, which has to stay.
fn start(flags: &[&str]) -> Result<(DevServer, Project)> {
    let project = Project::copy_of("bench")?;
    project.write("blocks.py", CODE)?;
    let config = r#"{"dependencies": ["."], "graphs": {"agent": "./blocks.py:graph"}}"#;
    project.write("langgraph.json", config)?;
    let server = DevServer::start(&project, &[&["--no-reload"], flags].concat())?;
    Ok((server, project))
}

/// The path of a run that waits until there is a file `go`, once it does.
fn start_waiting(server: &DevServer) -> Result<String> {
    let client = server.client();
    let thread = client.new_thread()?;
    let body = json!({"assistant_id": "agent", "input": {"op": "wait"}});
    let started = client
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    server.wait_for_stderr(0, &["it waits"])?;
    let id = started["run_id"].as_str().context("a run has an id")?;
    Ok(format!("/threads/{thread}/runs/{id}"))
}

/// What that run leaves, once it has ended.
fn join(server: &DevServer, path: &str) -> Result<Value> {
    server.client().get(&format!("{path}/join"))?.ok()
}

/// The body of the answer of `/runs/wait`.
fn run(server: &DevServer, op: &str) -> Result<Value> {
    let body = json!({"assistant_id": "agent", "input": {"op": op}});
    server.client().post("/runs/wait", &body)?.ok()
}

#[test]
fn a_block_is_told_with_its_own_remedy_and_the_runs_that_it_stalled() -> Result<()> {
    let (server, project) = start(&[])?;
    let place =
        |line: u32| format!("blocks.py:{line} in act (node `act`) blocked the event loop for ");
    assert_eq!(run(&server, "sleep")?, json!({"op": "done"}));
    server.wait_for_stderr(0, &[&place(16), "Use `await asyncio.sleep(…)`"])?;

    let other = start_waiting(&server)?;
    assert_eq!(run(&server, "run")?, json!({"op": "done"}));
    let stalled = format!("run {} waited meanwhile", &other[other.len() - 6..]);
    let remedy = "Use `await asyncio.create_subprocess_exec(…)` there, or `await asyncio.to_thread(subprocess.run, …)`";
    server.wait_for_stderr(0, &[&place(18), &stalled, remedy])?;
    project.write("go", "")?;
    assert_eq!(join(&server, &other)?, json!({"op": "done"}));
    Ok(())
}

#[test]
fn with_allow_blocking_nothing_is_said_of_it() -> Result<()> {
    let (server, _project) = start(&["--allow-blocking"])?;
    assert_eq!(run(&server, "sleep")?, json!({"op": "done"}));
    // What the watchdog says of the first run is said before the second one ends.
    assert_eq!(run(&server, "rest")?, json!({"op": "done"}));
    server.wait_for_stderr(0, &["agent success"])?;
    let told = server.stderr().text();
    ensure!(!told.contains("blocked"), "{told}");
    Ok(())
}

#[test]
fn with_forbid_blocking_the_run_that_blocks_fails_and_says_where_and_what_helps() -> Result<()> {
    let (server, project) = start(&["--forbid-blocking"])?;
    let other = start_waiting(&server)?;

    let failed = run(&server, "sleep")?;
    let error = &failed["__error__"];
    assert_eq!(error["error"], "BlockingError", "{failed}");
    let message = error["message"].as_str().unwrap_or_default();
    for part in [
        "blocks.py:16 in act (node `act`) blocked the event loop for ",
        "Use `await asyncio.sleep(…)`, or make the node a plain `def`.",
    ] {
        ensure!(message.contains(part), "{message}");
    }
    server.wait_for_stderr(0, &["BlockingError", message])?;
    server.wait_for_stderr(0, &["blocks.py:16 in act"])?;
    server.wait_for_stderr(0, &["time.sleep(0.6)"])?;

    project.write("go", "")?;
    assert_eq!(join(&server, &other)?, json!({"op": "done"}));
    assert_eq!(
        run(&server, "rest")?,
        json!({"op": "done"}),
        "the worker goes on"
    );
    Ok(())
}
