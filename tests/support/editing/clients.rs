//! Clients of a project that is being edited, none of which may notice.

use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::STEPS;
use crate::{Client, Event};

/// How many clients ask for other things than runs.
const ASKERS: usize = 4;

/// What clients were answered, every time with what they asked for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Streams of runs, from the first event to the last.
    pub streams: usize,
    /// Other requests.
    pub requests: usize,
}

impl AddAssign for Answered {
    fn add_assign(&mut self, other: Self) {
        self.streams += other.streams;
        self.requests += other.requests;
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} streams of runs, {} other requests",
            self.streams, self.requests
        )
    }
}

/// Clients at work.
pub(super) struct Clients {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Result<Answered>>>,
}

impl Clients {
    pub(super) fn start(client: &Client, streaming: usize) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let clients = (0..streaming + ASKERS)
            .map(|number| {
                let (client, stop) = (client.clone(), Arc::clone(&stop));
                std::thread::spawn(move || {
                    let mut answered = Answered::default();
                    let mut newest = 0;
                    while !stop.load(Ordering::Relaxed) {
                        if number < ASKERS {
                            answered.requests += ask(&client)?;
                        } else {
                            newest = stream(&client, number.is_multiple_of(2), newest)?;
                            answered.streams += 1;
                        }
                    }
                    Ok(answered)
                })
            })
            .collect();
        Self { stop, clients }
    }

    /// Lets each come to its end, and says what they were answered.
    pub(super) fn finish(self) -> Result<Answered> {
        self.stop.store(true, Ordering::Relaxed);
        let mut answered = Answered::default();
        for client in self.clients {
            match client.join() {
                Ok(theirs) => answered += theirs.context("a client noticed")?,
                Err(_) => bail!("a client panicked"),
            }
        }
        Ok(answered)
    }
}

/// Asks for this and that. Says how many answers there were.
fn ask(client: &Client) -> Result<usize> {
    let thread = client.new_thread()?;
    let path = format!("/threads/{thread}");
    ensure!(client.get("/ok")?.status == 200);
    client.get(&path)?.ok()?;
    client.post("/threads/search", &json!({"limit": 3}))?.ok()?;
    let assistants = client.post("/assistants/search", &json!({}))?.ok()?;
    let assistant = assistants[0]["assistant_id"]
        .as_str()
        .context("there is an assistant")?;
    client
        .get(&format!("/assistants/{assistant}/schemas"))?
        .ok()?;
    let state = json!({"values": {"log": [[0, 0]], "steps": 1}, "as_node": "step"});
    let updated = client.post(&format!("{path}/state"), &state)?;
    // A thread has a graph only once there was a run on it.
    ensure!(updated.status == 400, "{} {}", updated.status, updated.body);
    let deleted = client.delete(&path)?;
    ensure!(deleted.status == 204, "{} {}", deleted.status, deleted.body);
    Ok(8)
}

/// Streams one run from its first event to its last. Says which version of the code it was.
fn stream(client: &Client, on_thread: bool, newest: u64) -> Result<u64> {
    let mut body =
        json!({"assistant_id": "agent", "input": {"steps": STEPS}, "stream_mode": "updates"});
    let (path, thread) = if on_thread {
        let thread = client.new_thread()?;
        (format!("/threads/{thread}/runs/stream"), Some(thread))
    } else {
        body["on_completion"] = json!("delete");
        ("/runs/stream".to_owned(), None)
    };
    let events = client.events(&path, &body)?.collect::<Result<Vec<_>>>()?;
    let told: Vec<&Value> = events.iter().filter_map(step_of).collect();
    let version = told.first().and_then(|step| step[1].as_u64());
    let version = version.with_context(|| format!("no step in {events:?}"))?;
    let whole: Vec<Value> = (0..STEPS).map(|step| json!([step, version])).collect();
    ensure!(told.iter().copied().eq(&whole), "a run was {told:?}");
    ensure!(
        version >= newest,
        "version {version} answered after version {newest}"
    );
    if let Some(thread) = thread {
        let path = format!("/threads/{thread}");
        let row = client.get(&path)?.ok()?;
        ensure!(row["status"] == "idle", "{row}");
        let state = client.get(&format!("{path}/state"))?.ok()?;
        ensure!(state["values"]["log"] == json!(whole), "{state}");
        let runs = client.get(&format!("{path}/runs"))?.ok()?;
        ensure!(runs[0]["status"] == "success", "{runs}");
    }
    Ok(version)
}

/// What a step appended to the log.
fn step_of(event: &Event) -> Option<&Value> {
    (event.event == "updates").then(|| event.data.pointer("/step/log/0"))?
}
