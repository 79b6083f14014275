//! What was acknowledged survives SIGKILL of any process, and no run stays "running" for ever.

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, Event, Events, Project};
use serde_json::{Value, json};

const THREADS: usize = 20;

#[test]
fn threads_and_their_states_survive_the_death_of_every_process() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let mut before = Vec::new();
    for number in 0..THREADS {
        let thread = client.new_thread()?;
        let ask = json!({"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": number.to_string()}]}});
        client
            .post(&format!("/threads/{thread}/runs/wait"), &ask)?
            .ok()?;
        before.push(thread);
    }
    let empty = client.new_thread()?;
    server.kill_everything()?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    for (number, thread) in before.iter().enumerate() {
        let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
        assert_eq!(
            state["values"]["messages"][1]["content"],
            format!("echo: {number}")
        );
        let row = client.get(&format!("/threads/{thread}"))?.ok()?;
        assert_eq!(
            (&row["status"], &row["values"]),
            (&json!("idle"), &state["values"])
        );
        let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
        assert_eq!(
            (runs.as_array().map(Vec::len), &runs[0]["status"]),
            (Some(1), &json!("success"))
        );
    }
    assert_eq!(client.get(&format!("/threads/{empty}"))?.status, 200);
    Ok(())
}

#[test]
fn an_interrupt_can_be_answered_after_a_crash() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let path = format!("/threads/{thread}/runs/wait");
    let paused = client
        .post(
            &path,
            &json!({"assistant_id": "hitl", "input": {"question": "q"}}),
        )?
        .ok()?;
    ensure!(
        paused["__interrupt__"][0]["value"]["q"] == "q",
        "no question: {paused}"
    );
    server.kill_everything()?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let values = server
        .client()
        .post(
            &path,
            &json!({"assistant_id": "hitl", "command": {"resume": "yes"}}),
        )?
        .ok()?;
    assert_eq!(values["final"], "answer=yes");
    Ok(())
}

#[test]
fn an_answer_is_given_to_one_question_only_whatever_crashes() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    project.write("src/questions.py", TWO_QUESTIONS)?;
    project.edit(
        "langgraph.json",
        "./src/hitl.py:graph",
        "./src/questions.py:graph",
    )?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let path = format!("/threads/{thread}/runs");
    let ask = json!({"assistant_id": "hitl", "input": {"second": ""}});
    client.post(&format!("{path}/wait"), &ask)?.ok()?;
    let answer = json!({
        "assistant_id": "hitl", "command": {"resume": "yes"}, "stream_mode": "custom", "durability": "sync"
    });
    let mut events = client.events(&format!("{path}/stream"), &answer)?;
    let thinking = events.find(|event| event.as_ref().is_ok_and(|event| event.data == "thinking"));
    thinking.context("the run ended before its second question")??;
    server.kill_everything()?;

    project.write("go", "")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let runs = client.get(&path)?.ok()?;
    let run = runs[0]["run_id"].as_str().context("a run has an id")?;
    let ended = client.get(&format!("{path}/{run}/join"))?.ok()?;
    assert_eq!(ended["__interrupt__"][0]["value"], "second?", "{ended}");
    let values = client
        .post(
            &format!("{path}/wait"),
            &json!({"assistant_id": "hitl", "command": {"resume": "no"}}),
        )?
        .ok()?;
    assert_eq!(values, json!({"first": "yes", "second": "no"}));
    Ok(())
}

/// A graph that asks twice; before the second question it waits for ever, unless a file says that it has waited.
const TWO_QUESTIONS: &str = r#"
import threading
from pathlib import Path
from typing import TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt


class State(TypedDict, total=False):
    first: str
    second: str


def ask_first(state: State) -> State:
    return {"first": interrupt("first?")}


def think_and_ask(state: State) -> State:
    if not Path("go").exists():
        get_stream_writer()("thinking")
        threading.Event().wait()  # until it is killed
    return {"second": interrupt("second?")}


builder = StateGraph(State)
builder.add_sequence([ask_first, think_and_ask])
builder.add_edge(START, "ask_first")
graph = builder.compile()
"#;

#[test]
fn runs_that_were_going_or_queued_come_to_an_end_after_a_crash() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let _events = slow_run(&client, &thread, 2)?;
    let queued = json!({"assistant_id": "multi", "input": {"log": ["queued"], "delay": 0}});
    let queued = client
        .post(&format!("/threads/{thread}/runs"), &queued)?
        .ok()?;
    assert_eq!(queued["status"], "pending");
    server.kill_everything()?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let queued = queued["run_id"].as_str().context("a run has an id")?;
    let values = client
        .get(&format!("/threads/{thread}/runs/{queued}/join"))?
        .ok()?;
    assert_eq!(status_of(&client, &thread, queued)?, "success");
    let log: Vec<&str> = values["log"]
        .as_array()
        .context("a log")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    ensure!(
        log.ends_with(&["queued", "a", "slow", "b"]),
        "the queued run did not run: {log:?}"
    );
    ensure!(
        log.starts_with(&["in", "a"]),
        "what the first run had done is lost: {log:?}"
    );
    let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
    let first = &runs[1];
    ensure!(
        first["status"] == "success" || first["status"] == "error",
        "the first run is {}",
        first["status"]
    );
    assert_eq!(
        client.get(&format!("/threads/{thread}"))?.ok()?["status"],
        "idle"
    );
    Ok(())
}

#[test]
fn a_run_goes_on_and_its_stream_with_it_when_its_worker_is_killed() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let events = slow_run(&client, &thread, 5)?;
    server.kill_workers()?;
    let rest = events.collect::<Result<Vec<_>>>()?;
    let told: Vec<&Value> = rest
        .iter()
        .filter(|event| event.event != "tasks")
        .map(|event| &event.data)
        .collect();
    ensure!(
        told[0]["attempt"] == 2
            && told[1..]
                == [
                    &json!({"slow": {"log": ["slow"]}}),
                    &json!({"b": {"log": ["b"]}})
                ],
        "{told:?}"
    );
    let runs = client.get(&format!("/threads/{thread}/runs"))?.ok()?;
    assert_eq!(runs[0]["status"], "success");
    let row = client.get(&format!("/threads/{thread}"))?.ok()?;
    assert_eq!(
        (&row["status"], &row["values"]["log"]),
        (&json!("idle"), &json!(["in", "a", "slow", "b"]))
    );
    Ok(())
}

#[test]
fn a_node_that_ends_its_process_does_not_end_the_server() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    let values = client
        .post(
            "/runs/wait",
            &json!({"assistant_id": "boom", "input": {"exc": "SystemExit"}}),
        )?
        .ok()?;
    ensure!(
        values.get("__error__").is_some(),
        "the run did not fail: {values}"
    );
    let values = client
        .post(
            "/runs/wait",
            &json!({"assistant_id": "multi", "input": {"log": ["in"]}}),
        )?
        .ok()?;
    assert_eq!(values["log"], json!(["in", "a", "slow", "b"]));
    Ok(())
}

#[test]
fn a_resumable_stream_goes_on_after_a_crash() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let thread = server.client().new_thread()?;
    let body = json!({"assistant_id": "multi", "input": {"log": ["in"], "delay": 2}, "stream_mode": "updates", "stream_resumable": true});
    let stream = format!("/threads/{thread}/runs/stream");
    let mut seen = server.client().events(&stream, &body)?;
    let (begun, first) = (next(&mut seen)?, next(&mut seen)?);
    assert_eq!(first.data, json!({"a": {"log": ["a"]}}));
    let run = begun.data["run_id"].as_str().context("a run has an id")?;
    server.kill_everything()?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let path = format!("/threads/{thread}/runs/{run}/stream");
    let last = first.id.context("a resumable run's events have ids")?;
    let resumed = server.client().with_header("last-event-id", &last);
    let rest = resumed.follow(&path)?.collect::<Result<Vec<_>>>()?;
    let ids: Vec<Option<&str>> = rest.iter().map(|event| event.id.as_deref()).collect();
    ensure!(!ids.contains(&Some(&*last)), "an event came twice: {ids:?}");
    let updates: Vec<&Value> = rest
        .iter()
        .filter(|event| event.event == "updates")
        .map(|event| &event.data)
        .collect();
    ensure!(
        updates.ends_with(&[
            &json!({"slow": {"log": ["slow"]}}),
            &json!({"b": {"log": ["b"]}})
        ]),
        "the run did not go on: {updates:?}"
    );

    // What was seen before the crash is replayed too, after another one.
    server.kill_everything()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let replay = server.client().with_header("last-event-id", "-1");
    let whole = replay.follow(&path)?.collect::<Result<Vec<_>>>()?;
    assert_eq!(whole[0].data, begun.data);
    let again: Vec<&str> = whole
        .iter()
        .filter_map(|event| event.id.as_deref())
        .collect();
    ensure!(again.contains(&&*last), "{last} is not in {again:?}");
    ensure!(
        again.ends_with(&ids.into_iter().flatten().collect::<Vec<_>>()),
        "the replay differs: {again:?}"
    );
    Ok(())
}

fn next(events: &mut Events) -> Result<Event> {
    events.next().context("the stream ended")?
}

/// Starts a run of `multi` on a thread; returns its stream once the slow node is at work, with the step before it kept: an update
/// is told before its checkpoint is written, a task of the next step only after that.
fn slow_run(client: &Client, thread: &str, delay: u32) -> Result<Events> {
    let body = json!({
        "assistant_id": "multi", "input": {"log": ["in"], "delay": delay}, "stream_mode": ["updates", "tasks"], "durability": "sync"
    });
    let mut events = client.events(&format!("/threads/{thread}/runs/stream"), &body)?;
    let begun = events.by_ref().find(|event| {
        event
            .as_ref()
            .is_ok_and(|event| event.event == "tasks" && event.data["name"] == "slow")
    });
    begun.context("the run ended before its slow node began")??;
    Ok(events)
}

fn status_of(client: &Client, thread: &str, run: &str) -> Result<Value> {
    Ok(client.get(&format!("/threads/{thread}/runs/{run}"))?.ok()?["status"].clone())
}
