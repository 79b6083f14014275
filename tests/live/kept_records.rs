//! What is known of runs, and SIGKILL: what they have done and said is there up to the last save, and nothing is left as if it went on.

use anyhow::{Context, Result};
use lgx_tests::{DevServer, Project, python_env};
use serde_json::{Value, json};

/// A graph whose first node says something, and whose second one says something and waits until it is killed, the first time.
const SAYS: &str = r#"
import threading
from pathlib import Path
from typing import TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    waits: bool


def first(state: State) -> State:
    print("said by the first node")
    return {}


def second(state: State) -> State:
    if state["waits"] and not Path("killed").exists():
        print("said by the second node", flush=True)
        threading.Event().wait()  # until it is killed
    return {}


builder = StateGraph(State)
builder.add_sequence([first, second])
builder.add_edge(START, "first")
graph = builder.compile()
"#;

fn start(project: &Project) -> Result<DevServer> {
    let mut command = DevServer::command(project, &["--no-reload"])?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env("LGX_LOG", "lgx_engine::runs::keeper=debug");
    DevServer::spawn(command)
}

fn run(waits: bool) -> Value {
    json!({"assistant_id": "says", "input": {"waits": waits}})
}

/// What a run said, and in which node.
fn said(logs: &Value) -> Vec<(&str, &str)> {
    let lines = logs["lines"].as_array().into_iter().flatten();
    let said = lines.map(|line| {
        let part = |key: &str| line[key].as_str().unwrap_or_default();
        (part("message"), part("node"))
    });
    said.collect()
}

#[test]
fn what_runs_did_and_said_is_there_after_lgx_was_killed() -> Result<()> {
    let project = Project::copy_of("bench")?;
    project.write("says.py", SAYS)?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"says": "./says.py:graph"}}"#,
    )?;
    let server = start(&project)?;
    let client = server.client().with_header("x-lgx-studio", "1");
    let stateless = client.post("/runs/wait", &run(false))?;
    stateless.ok()?;
    let gone = client.post("/lgx/runs/search", &json!({}))?.ok()?;
    let gone = gone["runs"][0].clone();
    let runs = format!("/threads/{}/runs", client.new_thread()?);
    let going_on = client.post(&runs, &run(true))?.ok()?;
    let id = going_on["run_id"].as_str().context("a run has an id")?;
    server.wait_for_stderr(0, &["said by the second node"])?;
    let from = server.stderr().len();
    server.wait_for_stderr(from, &["what runs have done so far is kept"])?;
    server.kill_everything()?;

    project.write("killed", "")?;
    let server = start(&project)?;
    let client = server.client().with_header("x-lgx-studio", "1");
    client.get(&format!("{runs}/{id}/join"))?.ok()?;
    let record = client.get(&format!("/lgx/runs/{id}"))?.ok()?;
    let steps = record["steps"].as_array().context("a record has steps")?;
    let steps: Vec<_> = steps
        .iter()
        .map(|step| (&step["node"], &step["status"], &step["attempt"]))
        .collect();
    let (first, second, one) = (json!("first"), json!("second"), json!(1));
    let (success, cancelled) = (json!("success"), json!("cancelled"));
    let expected = [
        (&first, &success, &one),
        (&second, &cancelled, &one),
        (&second, &success, &json!(2)),
    ];
    assert_eq!(steps, expected);
    assert_eq!(
        (&record["attempt"], &record["before_restart"]),
        (&json!(2), &json!(false))
    );
    let logs = client.get(&format!("/lgx/runs/{id}/logs"))?.ok()?;
    let expected = [
        ("said by the first node", "first"),
        ("said by the second node", "second"),
    ];
    assert_eq!(said(&logs), expected);

    let found = client.post("/lgx/runs/search", &json!({}))?.ok()?;
    assert_eq!(found["total"], 2);
    let kept = &found["runs"][1];
    for key in ["run_id", "status", "generation", "started_at", "ended_at"] {
        assert_eq!(kept[key], gone[key], "{key}");
    }
    assert_eq!(kept["before_restart"], true);
    let path = format!(
        "/lgx/runs/{}/logs",
        kept["run_id"].as_str().unwrap_or_default()
    );
    let logs = client.get(&path)?.ok()?;
    assert_eq!(said(&logs), [("said by the first node", "first")]);
    Ok(())
}
