//! Runs that block, end or hang the process that executes them, and imports that never end: everything else goes on.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, Project};
use rustix::process::Signal;
use serde_json::{Value, json};

const GRAPH: &str = "evil.py";
const CODE: &str = r#"
import os
import time

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    op: str
    done: str


async def act(state: State):
    if state["op"] == "spin":
        while True:
            pass
    if state["op"] == "busy":
        until = time.perf_counter() + 10
        while time.perf_counter() < until:
            pass
    if state["op"] == "exit":
        os._exit(0)
    return {"done": state["op"]}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;

fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    project.write(GRAPH, CODE)?;
    let config = json!({"dependencies": ["."], "graphs": {"evil": format!("./{GRAPH}:graph")}});
    project.write("langgraph.json", &config.to_string())?;
    Ok(project)
}

fn body(op: &str) -> Value {
    json!({"assistant_id": "evil", "input": {"op": op}})
}

/// A run in the background, and its thread.
fn begin(client: &Client, op: &str) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let run = client
        .post(&format!("/threads/{thread}/runs"), &body(op))?
        .ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    Ok((thread, run.to_owned()))
}

fn status(client: &Client, (thread, run): &(String, String)) -> Result<String> {
    let run = client.get(&format!("/threads/{thread}/runs/{run}"))?.ok()?;
    Ok(run["status"].as_str().unwrap_or_default().to_owned())
}

/// Waits for a run's end.
fn join(client: &Client, (thread, run): &(String, String)) -> Result<Value> {
    client
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()
}

/// A run in the background that executes, and its thread. Whoever opens its own stream may come too late for its events, so its thread is
/// watched before there is a run: it tells that the run begins, and then what the worker streams first.
fn begin_executing(client: &Client, op: &str) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let mut events = client.follow(&format!("/threads/{thread}/stream"))?;
    let run = client
        .post(&format!("/threads/{thread}/runs"), &body(op))?
        .ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    for what in ["the run has begun", "the worker streams"] {
        events.next().context(what)??;
    }
    Ok((thread, run.to_owned()))
}

#[test]
fn among_runs_that_spin_requests_are_answered_and_once_those_are_cancelled_no_run_is_stuck()
-> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let mut spinners = Vec::new();
    let mut bystanders = Vec::new();
    for _ in 0..2 {
        spinners.push(begin(&client, "spin")?);
        for _ in 0..3 {
            bystanders.push(begin(&client, "ok")?);
        }
    }
    for (_, run) in &spinners {
        // Whoever began just before it in the same process is stuck beside it, so nothing is asked of it until it spins.
        let told_as = &run[run.len() - 6..];
        server.wait_for_stderr(0, &[told_as, "has blocked the event loop"])?;
    }
    assert_eq!(client.post("/runs/wait", &body("ok"))?.ok()?["done"], "ok");
    for (thread, _) in &spinners {
        let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
        assert_eq!(state["next"], json!(["act"]));
    }
    server.wait_for_stderr(0, &["another process takes over"])?;

    for spinner in &spinners {
        let (thread, run) = spinner;
        let cancel = format!("/threads/{thread}/runs/{run}/cancel?wait=1");
        client.post(&cancel, &json!({}))?.ok()?;
        assert_eq!(status(&client, spinner)?, "interrupted");
    }
    // Those that had begun beside one of them went on elsewhere.
    for bystander in &bystanders {
        assert_eq!(join(&client, bystander)?["done"], "ok");
        assert_eq!(status(&client, bystander)?, "success");
    }
    server.wait_for_stderr(
        0,
        &[
            "lgx ended the process",
            "did not stop when it was cancelled",
        ],
    )?;
    assert_eq!(client.post("/runs/wait", &body("ok"))?.ok()?["done"], "ok");
    Ok(())
}

#[test]
fn a_long_computation_in_an_async_node_comes_to_its_end_though_others_are_served_meanwhile()
-> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let busy = begin_executing(&client, "busy")?;
    assert_eq!(client.post("/runs/wait", &body("ok"))?.ok()?["done"], "ok");
    assert_eq!(join(&client, &busy)?["done"], "busy");
    assert_eq!(status(&client, &busy)?, "success");
    Ok(())
}

#[test]
fn threads_can_be_read_at_once_after_a_restart_that_resumes_a_loop_without_end() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let spinner = begin_executing(&server.client(), "spin")?;
    server.stop(Signal::INT)?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = &spinner.0;
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    assert_eq!(state["values"]["op"], "spin");
    Ok(())
}

#[test]
fn runs_that_end_the_process_one_after_the_other_do_not_end_the_server() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    for _ in 0..4 {
        let told = client.post("/runs/wait", &body("exit"))?.ok()?;
        assert_eq!(told["__error__"]["error"], "WorkerDied", "{told}");
    }
    assert_eq!(client.post("/runs/wait", &body("ok"))?.ok()?["done"], "ok");
    server.wait_for_stderr(0, &["ended by itself (exit code 0)", "run "])?;
    Ok(())
}

#[test]
// Without a spare: the processes are counted.
fn a_save_ends_an_import_that_never_does_and_leaves_no_process_behind() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-spare"])?;
    let client = server.client();
    let before = server.stderr().len();
    project.write(
        GRAPH,
        &format!("print('here', flush=True)\nwhile True:\n    pass\n{CODE}"),
    )?;
    server.wait_for_stderr(before, &["here"])?;
    assert_eq!(client.post("/runs/wait", &body("ok"))?.ok()?["done"], "ok");
    project.write(
        GRAPH,
        &CODE.replace("{\"done\": state[\"op\"]}", "{\"done\": \"mended\"}"),
    )?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    assert_eq!(
        client.post("/runs/wait", &body("ok"))?.ok()?["done"],
        "mended"
    );
    // Nobody is told when a process has gone; the system is asked again and again.
    let begun = Instant::now();
    while server.children()?.len() > 1 {
        ensure!(
            begun.elapsed() < Duration::from_secs(60),
            "the process with the import is still there"
        );
    }
    Ok(())
}
