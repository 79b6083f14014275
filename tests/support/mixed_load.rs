//! Clients that start runs of all kinds, one after the other, and check that each comes to a right end, whatever is done to the server's
//! workers meanwhile.
//!
//! The graph they run counts: its node `step` is executed `count` times, and each time it appends to `log` how many there were before.
//! So a run whose log is not `0, 1, 2, …` has lost a step, or saved one twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{Client, Event, Project};

/// How often the node is executed in each run.
pub const STEPS: usize = 12;

const GRAPH: &str = r#"
import asyncio
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list, operator.add]
    count: int


async def step(state: State):
    before = len(state.get("log", []))
    print(f"step {before}", flush=True)
    await asyncio.sleep(0.05)
    return {"log": [before]}


def is_over(state: State):
    return END if len(state["log"]) >= state["count"] else "step"


builder = StateGraph(State).add_node(step).add_edge(START, "step")
graph = builder.add_conditional_edges("step", is_over).compile()
"#;

/// How a client asks for a run, and hears of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// On a thread, streamed.
    Streamed,
    /// On a thread, in the background, joined.
    Joined,
    /// Without a thread, waited for.
    StatelessWaited,
    /// Without a thread, streamed.
    StatelessStreamed,
    /// On a thread, and cancelled.
    Cancelled,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEndKind {
    /// With all of its steps.
    Whole,
    /// As an error, because its worker died.
    Died,
    /// It was stopped by its client.
    Stopped,
}

/// How a client's runs ended.
pub type Ends = Vec<(RunKind, RunEndKind)>;

/// Clients at work.
pub struct MixedLoad {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Result<Ends>>>,
}

impl MixedLoad {
    /// The graph `counts`, in a file of the project's folder.
    pub fn write_graph(project: &Project) -> Result<String> {
        project.write("counts.py", GRAPH)?;
        Ok("./counts.py:graph".to_owned())
    }

    /// Lets so many clients begin.
    pub fn start(client: &Client, clients: usize) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let clients = (0..clients)
            .map(|number| {
                let (client, stop) = (client.clone(), Arc::clone(&stop));
                std::thread::spawn(move || work(&client, &stop, number))
            })
            .collect();
        Self { stop, clients }
    }

    /// Lets each client bring its run to an end, and gives the ends of all.
    pub fn finish(self) -> Result<Ends> {
        self.stop.store(true, Ordering::Relaxed);
        let mut ends = Vec::new();
        for client in self.clients {
            match client.join() {
                Ok(theirs) => ends.extend(theirs?),
                Err(_) => bail!("a client panicked"),
            }
        }
        Ok(ends)
    }
}

fn work(client: &Client, stop: &AtomicBool, number: usize) -> Result<Ends> {
    let kinds = [
        RunKind::Streamed,
        RunKind::StatelessWaited,
        RunKind::Joined,
        RunKind::StatelessStreamed,
        RunKind::Cancelled,
    ];
    let mut ends = Vec::new();
    for kind in kinds.into_iter().cycle().skip(number) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let end = run(client, kind).with_context(|| format!("a run of kind {kind:?}"))?;
        ends.push((kind, end));
    }
    Ok(ends)
}

/// One run from its beginning to its end.
fn run(client: &Client, kind: RunKind) -> Result<RunEndKind> {
    let body = json!({"assistant_id": "counts", "input": {"log": [], "count": STEPS}, "stream_mode": "updates"});
    match kind {
        RunKind::StatelessWaited => {
            let body = json!({"assistant_id": "counts", "input": body["input"]});
            end_of(&client.post("/runs/wait", &body)?.ok()?)
        }
        RunKind::StatelessStreamed => {
            let events = client.events("/runs/stream", &body)?;
            let events = events.collect::<Result<Vec<_>>>()?;
            let end = end_of_stream(&events)?;
            if end == RunEndKind::Whole {
                ensure!(steps(&events) == counted(), "{:?}", steps(&events));
            }
            Ok(end)
        }
        RunKind::Streamed => {
            let thread = client.new_thread()?;
            let path = format!("/threads/{thread}/runs");
            let events = client.events(&format!("{path}/stream"), &body)?;
            let events = events.collect::<Result<Vec<_>>>()?;
            let end = end_of_stream(&events)?;
            let run = client.get(&path)?.ok()?[0].clone();
            is_settled(client, &thread, &run, end)?;
            if end == RunEndKind::Whole {
                // A step that was cut off may be there twice; none is missing.
                let mut seen = steps(&events);
                seen.sort_by_key(Value::as_u64);
                seen.dedup();
                ensure!(seen == counted(), "the stream lacks a step: {seen:?}");
            }
            Ok(end)
        }
        RunKind::Joined => {
            let (thread, run) = begin(client, &body)?;
            let joined = client.get(&format!("/threads/{thread}/runs/{run}/join"))?;
            let end = end_of(&joined.ok()?)?;
            let run = client.get(&format!("/threads/{thread}/runs/{run}"))?.ok()?;
            is_settled(client, &thread, &run, end)?;
            Ok(end)
        }
        RunKind::Cancelled => {
            let (thread, run) = begin(client, &body)?;
            let path = format!("/threads/{thread}/runs/{run}");
            client.post(&format!("{path}/cancel?wait=1"), &json!({}))?;
            let run = client.get(&path)?.ok()?;
            let end = match run["status"].as_str() {
                Some("interrupted") => RunEndKind::Stopped,
                Some("success") => RunEndKind::Whole,
                Some("error") => RunEndKind::Died,
                other => bail!("a cancelled run is {other:?}"),
            };
            is_settled(client, &thread, &run, end)?;
            Ok(end)
        }
    }
}

fn begin(client: &Client, body: &Value) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let run = client
        .post(&format!("/threads/{thread}/runs"), body)?
        .ok()?;
    let run = run["run_id"].as_str().context("a run has an id")?;
    Ok((thread, run.to_owned()))
}

/// The log of a whole run.
fn counted() -> Vec<Value> {
    (0..STEPS).map(|step| json!(step)).collect()
}

/// The end of a run whose values are these.
fn end_of(values: &Value) -> Result<RunEndKind> {
    match values.get("__error__") {
        None => {
            ensure!(values["log"] == json!(counted()), "a wrong log: {values}");
            Ok(RunEndKind::Whole)
        }
        Some(error) => died(error),
    }
}

fn end_of_stream(events: &[Event]) -> Result<RunEndKind> {
    let last = events.last().context("a stream without events")?;
    if last.event == "error" {
        died(&last.data)
    } else {
        Ok(RunEndKind::Whole)
    }
}

fn died(error: &Value) -> Result<RunEndKind> {
    ensure!(error["error"] == "WorkerDied", "another error: {error}");
    Ok(RunEndKind::Died)
}

/// What the steps of a stream appended.
fn steps(events: &[Event]) -> Vec<Value> {
    let updates = events.iter().filter(|event| event.event == "updates");
    let logs = updates.filter_map(|event| event.data["step"]["log"].get(0));
    logs.cloned().collect()
}

/// The state of a thread. It is answered with 503 if as many workers end under the question as may, and may be asked again; but not so
/// often that more than these can have ended.
fn state_of(client: &Client, thread: &str) -> Result<Value> {
    const MOST_REFUSALS: usize = 3;
    let mut refusals = 0;
    loop {
        let answer = client.get(&format!("/threads/{thread}/state"))?;
        let died = answer.status == 503 && answer.body.contains("ended while it was answering");
        if !died || refusals == MOST_REFUSALS {
            return answer.ok();
        }
        refusals += 1;
    }
}

/// The run has the status of its end, its thread is at rest, and what the thread has is what was saved.
fn is_settled(client: &Client, thread: &str, run: &Value, end: RunEndKind) -> Result<()> {
    let (status, of_thread) = match end {
        RunEndKind::Whole => ("success", "idle"),
        RunEndKind::Died => ("error", "error"),
        RunEndKind::Stopped => ("interrupted", "interrupted"),
    };
    ensure!(run["status"] == status, "{end:?}, and the run is {run}");
    let row = client.get(&format!("/threads/{thread}"))?.ok()?;
    ensure!(
        row["status"] == of_thread,
        "{end:?}, and the thread is {row}"
    );
    let state = state_of(client, thread)?;
    let log = state["values"]["log"].as_array().cloned();
    let log = log.unwrap_or_default();
    let saved: Vec<Value> = counted().into_iter().take(log.len()).collect();
    ensure!(log == saved, "the thread has {log:?}");
    ensure!(end != RunEndKind::Whole || log.len() == STEPS, "{log:?}");
    Ok(())
}
