//! One connection of the event protocol: commands in, answers and the events subscribed to out, over whatever carries the messages.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::close_code;
use bytes::BytesMut;
use lgx_engine::events::filter::Subscription;
use lgx_engine::events::record::Record;
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_engine::events::thread_reader::WatchEnd;
use lgx_model::ThreadId;
use lgx_store::Scope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Command, Failure, answer};
use super::commands::{
    common, makes_run, no_such_run, no_such_subscription, subscribed, subscription, unsubscribed,
};
use super::event_socket::{EventSocket, Gone, Heard, TOO_LARGE};
use super::watched::WatchedThread;
use crate::http::Call;

/// One connection.
pub(super) struct Session {
    /// The request that opened it; commands are made on behalf of its sender.
    call: Call,
    thread_id: ThreadId,
    scope: Scope,
    /// The thread's events, from the first subscription on.
    watched: Option<WatchedThread>,
    subscriptions: HashMap<Uuid, Subscription>,
    /// The number of the last event sent.
    through: u64,
    /// The last thing that happened to a run as a whole.
    tree: Option<Value>,
}

impl Session {
    pub(super) fn new(call: Call, thread_id: ThreadId, scope: Scope) -> Self {
        Self {
            call,
            thread_id,
            scope,
            watched: None,
            subscriptions: HashMap::new(),
            through: 0,
            tree: None,
        }
    }

    /// Until either side ends it.
    pub(super) async fn run(mut self, socket: &mut impl EventSocket) {
        // Whatever ends it, the client sees the connection close.
        let _ = self.serve(socket).await;
    }

    async fn serve(&mut self, socket: &mut impl EventSocket) -> Result<(), Gone> {
        loop {
            tokio::select! {
                biased;
                heard = socket.hear() => match heard {
                    Heard::Command(text) => self.command(socket, &text).await?,
                    Heard::Nothing => {}
                    Heard::TooMuch => return socket.close(close_code::SIZE, TOO_LARGE).await,
                    Heard::End => return Err(Gone),
                },
                records = next(&mut self.watched) => match records {
                    Ok(records) => self.deliver(socket, &records).await?,
                    Err(ended) => return end(socket, ended).await,
                },
            }
        }
    }

    async fn command(&mut self, socket: &mut impl EventSocket, text: &[u8]) -> Result<(), Gone> {
        let command = match Command::parse(text) {
            Ok(command) => command,
            Err(broken) => return socket.say(broken.answer().to_string()).await,
        };
        self.call.forget_user();
        let outcome = match &*command.method {
            "subscription.subscribe" | "subscription.reconnect" => {
                match subscription(&command) {
                    // Clients pass over what they have by its id.
                    Ok(wanted) => Ok(self.subscribe(socket, wanted.without_since()).await?),
                    Err(failure) => Err(failure),
                }
            }
            "subscription.unsubscribe" => self.unsubscribe(&unsubscribed(&command)),
            "agent.getTree" => self
                .tree
                .clone()
                .map(|tree| json!({"tree": tree}))
                .ok_or_else(no_such_run),
            method => {
                if makes_run(method) {
                    self.wait_for_code(socket).await?;
                }
                common(&self.call, self.thread_id, &command).await
            }
        };
        let failed = outcome.is_err();
        let mut answer = answer(command.id, outcome, self.through);
        if failed {
            answer["meta"] = json!({"applied_through_seq": self.through});
        }
        socket.say(answer.to_string()).await
    }

    /// Waits for code that has been saved, as the other routes that make runs do. What happens meanwhile is delivered.
    async fn wait_for_code(&mut self, socket: &mut impl EventSocket) -> Result<(), Gone> {
        let app = Arc::clone(&self.call.app);
        let settled = app
            .engine
            .workers
            .newest_code_settled(app.options.reload_wait);
        let mut settled = std::pin::pin!(settled);
        loop {
            tokio::select! {
                biased;
                _ = &mut settled => return Ok(()),
                records = next(&mut self.watched) => match records {
                    Ok(records) => self.deliver(socket, &records).await?,
                    Err(ended) => {
                        end(socket, ended).await?;
                        return Err(Gone);
                    }
                },
            }
        }
    }

    /// Replays what is kept, and adds to what is delivered from now on.
    async fn subscribe(
        &mut self,
        socket: &mut impl EventSocket,
        wanted: Subscription,
    ) -> Result<Value, Gone> {
        let mut watched = if let Some(watched) = self.watched.take() {
            watched
        } else {
            let scope = self.scope.clone();
            WatchedThread::open(&self.call.app, self.thread_id, scope, ThreadFrom::Now).await
        };
        let (rest, kept) = watched.catch_up().await;
        self.watched = Some(watched);
        self.deliver(socket, &rest).await?;
        let mut replayed = 0;
        for frame in kept.iter().flat_map(|record| &record.frames) {
            self.observe(frame);
            if wanted.wants(frame) {
                self.send_frame(socket, frame).await?;
                replayed += 1;
            }
        }
        let id = Uuid::new_v4();
        self.subscriptions.insert(id, wanted);
        Ok(subscribed(id, replayed))
    }

    fn unsubscribe(&mut self, id: &str) -> Result<Value, Failure> {
        let known = Uuid::try_parse(id).ok();
        let removed = known.and_then(|id| self.subscriptions.remove(&id));
        removed
            .map(|_| json!({}))
            .ok_or_else(|| no_such_subscription(id))
    }

    async fn deliver(
        &mut self,
        socket: &mut impl EventSocket,
        records: &[Arc<Record>],
    ) -> Result<(), Gone> {
        for frame in records.iter().flat_map(|record| &record.frames) {
            self.observe(frame);
            if self
                .subscriptions
                .values()
                .any(|wanted| wanted.wants(frame))
            {
                self.send_frame(socket, frame).await?;
            }
        }
        Ok(())
    }

    async fn send_frame(
        &mut self,
        socket: &mut impl EventSocket,
        frame: &lgx_engine::events::frame::Frame,
    ) -> Result<(), Gone> {
        let mut out = BytesMut::new();
        frame.write(&mut out);
        self.through = self.through.max(frame.seq);
        // It is made of texts and JSON only.
        let text = String::from_utf8(out.into()).map_err(|_| Gone)?;
        socket.say(text).await
    }

    fn observe(&mut self, frame: &lgx_engine::events::frame::Frame) {
        if &*frame.body.method == "lifecycle" && frame.body.namespace.is_empty() {
            let data: Value = serde_json::from_slice(&frame.body.data).unwrap_or_default();
            self.tree = Some(
                json!({"namespace": [], "status": data["event"], "graph_name": data["graph_name"]}),
            );
        }
    }
}

async fn next(watched: &mut Option<WatchedThread>) -> Result<Vec<Arc<Record>>, WatchEnd> {
    match watched {
        Some(watched) => watched.next().await,
        None => std::future::pending().await,
    }
}

async fn end(socket: &mut impl EventSocket, ended: WatchEnd) -> Result<(), Gone> {
    let (code, reason) = match ended {
        WatchEnd::Gone => (close_code::NORMAL, "the thread is gone"),
        // Clients connect again.
        WatchEnd::CutOff => (
            close_code::RESTART,
            "the server cannot go on with this connection",
        ),
    };
    socket.close(code, reason).await
}
