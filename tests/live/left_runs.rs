//! The runs that a killed server left behind: announced at the start, tried again, and given up after the third attempt.

use anyhow::{Context, Result};
use lgx_tests::{DevServer, Project};
use rustix::process::Signal;
use serde_json::json;

/// A graph whose second node never ends if its input says so.
const WAITS: &str = r#"
import threading
from typing import TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    wait: bool
    before: str
    after: str


def prepare(state: State) -> State:
    return {"before": "prepared"}


def work(state: State) -> State:
    if state["wait"]:
        print("the node is at work", flush=True)
        threading.Event().wait()  # until it is killed
    return {"after": "done"}


builder = StateGraph(State)
builder.add_sequence([prepare, work])
builder.add_edge(START, "prepare")
graph = builder.compile()
"#;

#[test]
fn a_run_that_three_servers_died_with_is_announced_and_then_ends_as_an_error() -> Result<()> {
    let project = Project::copy_of("bench")?;
    project.write("waits.py", WAITS)?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"waits": "./waits.py:graph"}}"#,
    )?;
    // Of each step that is over before the kill there is to be something left, however soon the kill comes.
    let body = |wait: bool| json!({"assistant_id": "waits", "input": {"wait": wait}, "durability": "sync"});
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let runs = format!("/threads/{thread}/runs");
    let run = client.post(&runs, &body(true))?.ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    let is_killed_at_work = |server: DevServer| {
        server.wait_for_stderr(0, &["the node is at work"])?;
        server.stop(Signal::KILL)
    };
    is_killed_at_work(server)?;

    for attempt in [2, 3] {
        let server = DevServer::start(&project, &["--no-reload"])?;
        server.wait_for_stderr(0, &["1 run of the last time goes on"])?;
        let which = format!("run {run} of thread {thread}: attempt {attempt} of 3");
        server.wait_for_stderr(0, &[&which])?;
        server.wait_for_stderr(0, &["help: to cancel", server.url()])?;
        is_killed_at_work(server)?;
    }

    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &[run, "was cut off 3 times", "has ended as an error"])?;
    let client = server.client();
    let path = format!("{runs}/{run}");
    assert_eq!(client.get(&path)?.ok()?["status"], "error");
    let row = client.get(&format!("/threads/{thread}"))?.ok()?;
    assert_eq!(
        (&row["status"], &row["error"]["error"]),
        (&json!("error"), &json!("TooManyAttempts"))
    );
    let joined = client.get(&format!("{path}/join"))?.ok()?;
    assert_eq!(joined["__error__"]["error"], "TooManyAttempts", "{joined}");
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    assert_eq!(state["values"]["before"], "prepared", "{state}");

    let again = client.post(&format!("{runs}/wait"), &body(false))?.ok()?;
    assert_eq!(again["after"], "done");
    let row = client.get(&format!("/threads/{thread}"))?.ok()?;
    assert_eq!(
        (&row["status"], &row["error"]),
        (&json!("idle"), &json!(null))
    );
    let all = client.get(&runs)?.ok()?;
    let statuses = all.as_array().context("a list")?.iter();
    let statuses: Vec<_> = statuses.map(|run| &run["status"]).collect();
    assert_eq!(statuses, ["success", "error"]);
    Ok(())
}
