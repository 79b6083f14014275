//! One run, from what is given to it to its end, shown as it goes on.

use std::io;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use rustix::process::Signal;
use serde_json::{Map, Value, json};

use super::input::Given;
use super::message;
use super::outlet::Outlet;
use super::question::Interrupt;
use super::run_failure;
use super::transcript::Transcript;
use crate::client::events::{EventStream, StreamedEvent};
use crate::client::{AgentClient, RequestError};
use crate::settings::talk::{Printed, TalkSettings};
use crate::signals::StopSignals;
use crate::ui::error::Advised;
use crate::ui::style;

/// A graph that is talked to, on one thread.
pub(crate) struct GraphTalk<'a> {
    pub(crate) client: &'a AgentClient,
    /// The graph or assistant.
    pub(crate) graph: &'a str,
    pub(crate) settings: &'a TalkSettings,
    pub(crate) printed: Printed,
    /// The project, where that is known: files of it are named from there.
    pub(crate) project: Option<&'a Path>,
    pub(crate) outlet: Outlet,
    pub(crate) thread: String,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum TurnEnd {
    /// It came to its end.
    Done,
    /// It waits for answers.
    Asks(Vec<Interrupt>),
    /// It stops before these nodes, as it was compiled or told to.
    Stops(Vec<String>),
    /// It failed, which has been told.
    Failed,
    /// A signal ended it, and it has been cancelled.
    Cut(Signal),
    /// Nobody reads what it says.
    Unread,
}

/// What was seen of a run while it streamed.
#[derive(Debug, Default)]
struct StreamSeen {
    run: Option<String>,
    error: Option<Value>,
}

/// How the reading of a stream ended.
enum Reading {
    ToItsEnd,
    Cut(Signal),
    Unread,
}

impl GraphTalk<'_> {
    /// Runs the graph once.
    pub(crate) async fn turn(
        &mut self,
        given: &Given,
        signals: &mut StopSignals,
    ) -> anyhow::Result<TurnEnd> {
        let began = Instant::now();
        let path = format!("/threads/{}/runs/stream", self.thread);
        let body = self.body(given);
        let stream = tokio::select! {
            stream = self.client.stream(&path, &body) => stream.map_err(advised)?,
            signal = signals.received() => return Ok(TurnEnd::Cut(signal)),
        };
        let mut transcript = Transcript::of(body.get("input"));
        let mut seen = StreamSeen::default();
        let reading = self
            .read(stream, &mut transcript, &mut seen, signals)
            .await?;
        match reading {
            Reading::ToItsEnd => {}
            Reading::Cut(signal) => {
                self.cancel(&seen, signals).await;
                return Ok(TurnEnd::Cut(signal));
            }
            Reading::Unread => {
                self.cancel(&seen, signals).await;
                return Ok(TurnEnd::Unread);
            }
        }
        if let Some(error) = &seen.error {
            self.tell_failure(&seen, error).await;
            return Ok(TurnEnd::Failed);
        }
        let ended = self.look_at_end(&transcript).await?;
        if matches!(ended, TurnEnd::Done) {
            let took = style::duration(began.elapsed());
            self.remark(&style::quiet(format_args!("Done in {took}")));
        }
        Ok(ended)
    }

    /// What is said beside the answer; programs that read events get nothing of it.
    pub(crate) fn remark(&mut self, line: &str) {
        if self.printed == Printed::Answer {
            self.outlet.line(line);
        }
    }

    fn body(&self, given: &Given) -> Value {
        let streams = &self.settings.streams;
        let mut body = json!({
            "assistant_id": self.graph,
            "stream_mode": streams.modes,
            "stream_subgraphs": streams.subgraphs,
            "on_disconnect": "cancel",
        });
        let mut more = Map::new();
        match given {
            Given::Input(input) => {
                more.insert("input".to_owned(), input.clone());
                more.insert("if_not_exists".to_owned(), json!("create"));
            }
            Given::Resume(answer) => {
                more.insert("command".to_owned(), json!({"resume": answer}));
            }
            Given::Nothing => {}
        }
        if let Some(context) = &self.settings.context {
            more.insert("context".to_owned(), context.clone());
        }
        if let Some(configurable) = &self.settings.configurable {
            more.insert("config".to_owned(), json!({"configurable": configurable}));
        }
        if let Some(body) = body.as_object_mut() {
            body.append(&mut more);
        }
        body
    }

    async fn read(
        &mut self,
        mut stream: EventStream,
        transcript: &mut Transcript,
        seen: &mut StreamSeen,
        signals: &mut StopSignals,
    ) -> anyhow::Result<Reading> {
        loop {
            let event = tokio::select! {
                event = stream.next() => event?,
                signal = signals.received() => return Ok(Reading::Cut(signal)),
            };
            let is_end = event.is_none();
            let shown = match event {
                Some(event) => self.show(event, transcript, seen),
                None => self.show_rest(transcript),
            };
            // What cannot be written any more is not an error of the run.
            match shown {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Ok(Reading::Unread);
                }
                other => other.context("cannot write to stdout")?,
            }
            if is_end {
                return Ok(Reading::ToItsEnd);
            }
        }
    }

    fn show(
        &mut self,
        mut event: StreamedEvent,
        transcript: &mut Transcript,
        seen: &mut StreamSeen,
    ) -> io::Result<()> {
        let is_data = match &*event.name {
            "metadata" => {
                let mut data = serde_json::from_str::<Value>(&event.data).unwrap_or_default();
                seen.run = data["run_id"].as_str().map(str::to_owned);
                if let Some(data) = data.as_object_mut() {
                    data.insert("thread_id".to_owned(), json!(self.thread));
                }
                event.data = data.to_string();
                false
            }
            "error" => {
                seen.error = Some(serde_json::from_str(&event.data).unwrap_or_default());
                false
            }
            _ => true,
        };
        match self.printed {
            Printed::Events => self.outlet.event(&event),
            Printed::Data if is_data => self.outlet.event_data(&event),
            Printed::Data => Ok(()),
            Printed::Answer => {
                let said = transcript.take(&event, Instant::now());
                let words_are_data = transcript.has_messages();
                said.iter()
                    .try_for_each(|said| self.outlet.show(said, words_are_data))
            }
        }
    }

    fn show_rest(&mut self, transcript: &mut Transcript) -> io::Result<()> {
        let said = transcript.end();
        let words_are_data = transcript.has_messages();
        said.iter()
            .try_for_each(|said| self.outlet.show(said, words_are_data))
    }

    /// Stops the run, and waits until it has stopped; a second signal does not wait.
    async fn cancel(&self, seen: &StreamSeen, signals: &mut StopSignals) {
        // A run that has not said which it is ends with the connection.
        let Some(run) = &seen.run else { return };
        let path = format!("/threads/{}/runs/{run}/cancel?wait=true", self.thread);
        let nothing = json!({});
        tokio::select! {
            // It may be over by itself meanwhile, or the server may be.
            _ = self.client.post(&path, &nothing) => {}
            _ = signals.received() => {}
        }
    }

    async fn tell_failure(&mut self, seen: &StreamSeen, error: &Value) {
        let record = match &seen.run {
            Some(run) => self
                .client
                .get_from_root(&format!("/lgx/runs/{run}"))
                .await
                .ok(),
            None => None,
        };
        let found = record.as_ref().map(|record| &record["error"]);
        self.outlet
            .say(&run_failure::render(error, found, self.project));
    }

    /// What has become of the thread, with the final values shown where these are the answer.
    async fn look_at_end(&mut self, transcript: &Transcript) -> anyhow::Result<TurnEnd> {
        let path = format!("/threads/{}", self.thread);
        let thread = self.client.get(&path).await.map_err(advised)?;
        if thread["status"] == "interrupted" {
            let interrupts = Interrupt::of_thread(&thread);
            if !interrupts.is_empty() {
                return Ok(TurnEnd::Asks(interrupts));
            }
            let state = self
                .client
                .get(&format!("{path}/state"))
                .await
                .map_err(advised)?;
            let next = state["next"].as_array().into_iter().flatten();
            let next: Vec<_> = next.filter_map(Value::as_str).map(str::to_owned).collect();
            if !next.is_empty() {
                return Ok(TurnEnd::Stops(next));
            }
        }
        if self.printed == Printed::Answer {
            match self.answer(transcript, &thread["values"]) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Ok(TurnEnd::Unread);
                }
                other => other.context("cannot write to stdout")?,
            }
        }
        Ok(TurnEnd::Done)
    }

    /// What has not been said in words already.
    fn answer(&mut self, transcript: &Transcript, values: &Value) -> io::Result<()> {
        let has_messages = transcript.has_messages() || message::has_messages(values);
        if has_messages && transcript.has_words() {
            return Ok(());
        }
        if let Some(words) = message::last_words(values) {
            self.outlet.words(&words)?;
            return self.outlet.end_words();
        }
        self.outlet.value(values)
    }
}

/// A refusal with what to do about it.
pub(crate) fn advised(error: RequestError) -> anyhow::Error {
    match &error {
        RequestError::Refused {
            status: 401 | 403, ..
        } => Advised::caused_by(
            error,
            "say who you are, as a client of the project would: --header 'authorization: Bearer …'",
        )
        .into(),
        _ => error.into(),
    }
}
