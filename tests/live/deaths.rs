//! Workers that die while they execute runs: by the code of one of them, by signals, again and again.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, MixedLoad, Project, Random, RunEndKind};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const DEADLY: &str = r#"
import asyncio
import ctypes
import os

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    op: str


async def act(state: State):
    await asyncio.sleep(0.2)
    print("dying", flush=True)
    if state["op"] == "exit":
        os._exit(7)
    if state["op"] == "abort":
        os.abort()
    if state["op"] == "crash":
        ctypes.string_at(0)
    if state["op"] == "kill":
        os.kill(os.getpid(), 9)


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;

fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    project.write("deadly.py", DEADLY)?;
    let counts = MixedLoad::write_graph(&project)?;
    let graphs = json!({"deadly": "./deadly.py:graph", "counts": counts});
    let config = json!({"dependencies": ["."], "graphs": graphs});
    project.write("langgraph.json", &config.to_string())?;
    Ok(project)
}

/// A run in the background: its thread and its id.
fn begin(client: &Client, body: &Value) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let run = client
        .post(&format!("/threads/{thread}/runs"), body)?
        .ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    Ok((thread, run.to_owned()))
}

fn join(client: &Client, (thread, run): &(String, String)) -> Result<Value> {
    client
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()
}

#[test]
fn a_run_that_ends_its_process_in_any_way_ends_alone() -> Result<()> {
    let project = project()?;
    for (op, how) in [
        ("exit", "exit code 7"),
        ("abort", "SIGABRT"),
        ("crash", "SIGSEGV"),
        ("kill", "SIGKILL"),
    ] {
        let server = DevServer::start(&project, &["--no-reload"])?;
        let client = server.client();
        let count = 60;
        let counting = json!({"assistant_id": "counts", "input": {"log": [], "count": count}});
        let mut bystanders = Vec::new();
        for _ in 0..3 {
            bystanders.push(begin(&client, &counting)?);
        }
        server.wait_for_stderr(0, &["step 1"])?;
        let deadly = json!({"assistant_id": "deadly", "input": {"op": op}});
        let culprit = begin(&client, &deadly)?;
        let error = join(&client, &culprit)?["__error__"].clone();
        let message = error["message"].as_str().unwrap_or_default();
        for part in [
            how,
            "the last of its 3 attempts",
            "this run is the likely cause",
        ] {
            ensure!(message.contains(part), "{op}: {part:?} is not in {error}");
        }
        if op == "exit" {
            ensure!(message.contains("os._exit(7) was called"), "{message}");
        }
        server.wait_for_stderr(0, &[how, "on in another one"])?;
        server.wait_for_stderr(0, &[&culprit.1, "ended as an error", "the likely cause"])?;
        if op == "crash" {
            const AGAIN: &str = "in act; told above";
            server.wait_for_stderr(0, &[AGAIN])?;
            let told = server.stderr().text();
            let first = told.lines().position(|line| line.contains(AGAIN));
            // The end of a run may be told before the death that it is of.
            server.wait_for_stderr(first.context("it was told")? + 1, &[AGAIN])?;
            let again = server.stderr().text().matches(AGAIN).count();
            ensure!(again == 2, "{again} of 3 crashes are told on one line");
        }
        for bystander in &bystanders {
            let log = join(&client, bystander)?["log"].clone();
            ensure!(log == json!((0..count).collect::<Vec<_>>()), "{op}: {log}");
        }
    }
    Ok(())
}

/// Kills one of the workers or all of them, at a moment that is told by the steps that runs take.
fn kill_some(server: &DevServer, random: &mut Random) -> Result<()> {
    for _ in 0..=random.below(60) {
        server.wait_for_stderr(server.stderr().len(), &["step"])?;
    }
    let workers = server.children()?;
    let only = (random.below(2) == 0).then(|| random.below(8));
    for (number, worker) in (0..).zip(&workers) {
        if only.is_none_or(|only| only % workers.len() as u64 == number) {
            let pid = Pid::from_raw(i32::try_from(*worker)?).context("a process id")?;
            // It may have gone already.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    Ok(())
}

#[test]
fn under_workers_that_are_killed_at_random_every_run_comes_to_a_right_end() -> Result<()> {
    const KILLS: usize = 10;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos();
    let mut random = Random::new(seed.into());
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let load = MixedLoad::start(&server.client(), 5);
    let killed = (0..KILLS).try_for_each(|_| kill_some(&server, &mut random));
    let ends = load
        .finish()
        .with_context(|| format!("seed {seed}; the server said:\n{}", server.stderr().text()))?;
    killed.with_context(|| format!("seed {seed}"))?;
    let whole = ends.iter().filter(|(_, end)| *end == RunEndKind::Whole);
    ensure!(
        whole.count() > 0,
        "seed {seed}: no run came through: {ends:?}"
    );
    // Nothing is left behind.
    let client = server.client();
    let metrics = client.get("/metrics?format=json")?.ok()?;
    ensure!(metrics["workers"]["active"] == 0, "seed {seed}: {metrics}");
    let busy = client.post("/threads/search", &json!({"status": "busy"}))?;
    ensure!(busy.ok()? == json!([]), "seed {seed}");
    Ok(())
}
