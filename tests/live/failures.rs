//! How the terminal tells of the project's failures: the person's line first, and everything once.

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project};
use serde_json::json;

const FAILING: &str = r#"import ctypes
import os
import time

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    op: str


async def act(state: State):
    if state["op"] == "crash":
        ctypes.string_at(0)
    if state["op"] == "abort":
        os.abort()
    if state["op"] == "killed":
        os.kill(os.getpid(), 9)
    if state["op"] == "block":
        time.sleep(0.5)
    if state["op"] == "raise":
        raise ValueError("no such city")
    return {"op": "done"}


graph = StateGraph(State).add_node("act", act).add_edge(START, "act").compile()
"#;

/// A project with a graph `agent` that fails as its input says, and one, `broken`, that cannot be loaded.
fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    project.write("failing.py", FAILING)?;
    project.write("broken.py", "import json\n\nnonsense()\n")?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"agent": "./failing.py:graph", "broken": "./broken.py:graph"}}"#,
    )?;
    Ok(project)
}

/// The line of `failing.py` that holds this text.
fn line_with(text: &str) -> Result<usize> {
    let found = FAILING.lines().position(|line| line.contains(text));
    Ok(found.context("the graph has such a line")? + 1)
}

/// Has a run do `op`, and waits for a line that holds all of `parts`; returns what was said since the request.
fn told_of(server: &DevServer, op: &str, parts: &[&str]) -> Result<String> {
    let before = server.stderr().len();
    let body = json!({"assistant_id": "agent", "input": {"op": op}});
    server.client().post("/runs/wait", &body)?;
    server.wait_for_stderr(before, parts)?;
    Ok(since(server, before))
}

fn since(server: &DevServer, before: usize) -> String {
    let text = server.stderr().text();
    text.lines().skip(before).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_crash_of_the_interpreter_is_told_once_with_the_line_that_led_to_it() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    for (op, fault, line, signal) in [
        (
            "crash",
            "Segmentation fault",
            line_with("string_at")?,
            "SIGSEGV",
        ),
        ("abort", "Aborted", line_with("os.abort")?, "SIGABRT"),
    ] {
        let frame = format!("failing.py\", line {line} in act");
        let told = told_of(&server, op, &[&frame])?;
        let place = format!("failing.py:{line} in act");
        ensure!(told.contains(signal) && told.contains(&place), "{told}");
        // Once for each worker that the run takes along. The last one of the run before may be told after that run's answer.
        let of_the_signal = |line: &&str| line.contains("crashed (signal") && line.contains(signal);
        let crashes = told.lines().filter(of_the_signal).count();
        ensure!(told.matches(fault).count() == crashes, "{told}");
        ensure!(!told.contains("lgx_worker"), "{told}");
    }
    told_of(&server, "killed", &["SIGKILL", "memory"])?;
    Ok(())
}

#[test]
fn a_failure_that_comes_again_is_told_on_one_line() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    told_of(&server, "raise", &["Traceback"])?;
    let place = format!("failing.py:{}", line_with("raise ValueError")?);
    let again = told_of(&server, "raise", &["no such city (", &place, "told above"])?;
    ensure!(!again.contains("Traceback"), "{again}");
    Ok(())
}

#[test]
fn a_graph_that_cannot_be_loaded_shows_its_traceback_once() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &["broken.py:3"])?;
    let loaded = server.stderr().len();
    let client = server.client();
    let found = client.post("/assistants/search", &json!({"graph_id": "broken"}))?;
    let found = found.ok()?;
    let id = found[0]["assistant_id"]
        .as_str()
        .context("a graph has its assistant")?;
    for _ in 0..5 {
        for path in ["schemas", "graph"] {
            client.get(&format!("/assistants/{id}/{path}"))?;
        }
    }
    told_of(&server, "raise", &["Traceback"])?;
    let told = since(&server, loaded);
    let lines: Vec<_> = told
        .lines()
        .filter(|line| line.contains("broken.py"))
        .collect();
    ensure!(
        lines.len() == 2 && lines.iter().all(|line| line.contains("told above")),
        "{told}"
    );
    Ok(())
}

#[test]
fn a_blocked_event_loop_is_told_once_with_its_run_its_node_and_the_line() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let start = server.stderr().len();
    let place = format!("failing.py:{} in act (node `act`)", line_with("sleep(")?);
    told_of(
        &server,
        "block",
        &["[run ", &place, " blocked the event loop"],
    )?;
    told_of(&server, "raise", &["Traceback"])?;
    let told = since(&server, start);
    ensure!(
        told.matches("blocked the event loop").count() == 1,
        "{told}"
    );
    Ok(())
}
