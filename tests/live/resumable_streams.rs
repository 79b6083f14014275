//! Resumable streams and SIGKILL: of a step that is saved, and so not executed again, clients find all that it streamed.

use anyhow::{Context, Result};
use lgx_tests::{DevServer, Project};
use serde_json::{Value, json};

/// How much the first node streams.
const STREAMED: u64 = 2000;

/// A graph whose first node streams a lot, and whose second one waits until it is killed, the first time.
const STREAMS: &str = r#"
import threading
from pathlib import Path
from typing import TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    many: int


def stream(state: State) -> State:
    write = get_stream_writer()
    for number in range(state["many"]):
        write(number)
    return {}


def wait(state: State) -> State:
    if not Path("killed").exists():
        print("the first step is saved", flush=True)
        threading.Event().wait()  # until it is killed
    return {}


builder = StateGraph(State)
builder.add_sequence([stream, wait])
builder.add_edge(START, "stream")
graph = builder.compile()
"#;

#[test]
fn a_step_that_is_saved_when_lgx_is_killed_lacks_nothing_that_it_streamed() -> Result<()> {
    let project = Project::copy_of("bench")?;
    project.write("streams.py", STREAMS)?;
    project.write(
        "langgraph.json",
        r#"{"dependencies": ["."], "graphs": {"streams": "./streams.py:graph"}}"#,
    )?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let runs = format!("/threads/{}/runs", client.new_thread()?);
    let body = json!({
        "assistant_id": "streams", "input": {"many": STREAMED}, "stream_mode": "custom", "stream_resumable": true, "durability": "sync"
    });
    let run = client.post(&runs, &body)?.ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    server.wait_for_stderr(0, &["the first step is saved"])?;
    server.kill_everything()?;

    project.write("killed", "")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let from_the_start = server.client().with_header("last-event-id", "-1");
    let events = from_the_start.follow(&format!("{runs}/{run}/stream"))?;
    let events = events.collect::<Result<Vec<_>>>()?;
    let streamed = events.iter().filter(|event| event.event == "custom");
    let streamed: Vec<&Value> = streamed.map(|event| &event.data).collect();
    let expected: Vec<Value> = (0..STREAMED).map(Value::from).collect();
    assert!(
        streamed.iter().copied().eq(&expected),
        "{} of {STREAMED} came back",
        streamed.len()
    );
    Ok(())
}
