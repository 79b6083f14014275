//! The other end of a connection, scripted frame by frame, and a server that records what it is asked.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use lgx_worker::frame::{Frame, Kind};
use lgx_worker::{
    Answer, BoxFuture, Callback, CallbackError, CallbackReply, Callbacks, LogLine, Message,
    Streamed, Worker,
};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Keeps callbacks and logs in the order they came, checkpoints of runs behind what these have streamed. Deleting a thread fails; everything else is done.
pub(crate) struct Recorder {
    calls: UnboundedSender<Callback>,
    logs: UnboundedSender<LogLine>,
}

/// What a [`Recorder`] kept.
pub(crate) struct Recorded {
    pub(crate) calls: UnboundedReceiver<Callback>,
    pub(crate) logs: UnboundedReceiver<LogLine>,
}

pub(crate) fn recorder() -> (Arc<Recorder>, Recorded) {
    let (calls, recorded_calls) = unbounded_channel();
    let (logs, recorded_logs) = unbounded_channel();
    (
        Arc::new(Recorder { calls, logs }),
        Recorded {
            calls: recorded_calls,
            logs: recorded_logs,
        },
    )
}

impl Callbacks for Recorder {
    #[expect(clippy::async_yields_async, reason = "as callbacks are answered")]
    fn accept(&self, call: Callback, streamed: Streamed) -> BoxFuture<'_, Answer> {
        let run_id = match &call {
            Callback::PutCheckpoint { run_id, .. } => *run_id,
            _ => None,
        };
        let answer = match &call {
            Callback::GetCheckpoint { .. } => Ok(CallbackReply::Tuple { tuple: None }),
            Callback::DeleteThread { .. } => Err(CallbackError::store("the disk is full")),
            _ => Ok(CallbackReply::Done {}),
        };
        Box::pin(async move {
            if let Some(run_id) = run_id {
                streamed.is_read(run_id).await;
            }
            let _ = self.calls.send(call);
            let answer: Answer = Box::pin(std::future::ready(answer));
            answer
        })
    }

    fn log(&self, line: LogLine) {
        let _ = self.logs.send(line);
    }
}

/// The worker's end.
pub(crate) struct Peer(pub(crate) DuplexStream);

impl Peer {
    pub(crate) async fn send(
        &mut self,
        kind: Kind,
        id: u64,
        meta: Value,
        sections: &[&'static str],
    ) {
        let sections = sections
            .iter()
            .map(|text| Bytes::from_static(text.as_bytes()))
            .collect();
        let frame = Frame::new(kind, id, meta.to_string().into(), sections).unwrap();
        let mut buffer = BytesMut::new();
        frame.encode(&mut buffer);
        self.0.write_all(&buffer).await.unwrap();
    }

    /// The next frame of the server; none when it has gone.
    pub(crate) async fn receive(&mut self) -> Option<(Kind, u64, Value)> {
        let frame = Frame::read(&mut self.0).await.unwrap()?;
        Some((
            frame.kind(),
            frame.id(),
            serde_json::from_slice(frame.meta()).unwrap(),
        ))
    }
}

pub(crate) fn hello() -> Value {
    json!({"protocol": 2, "pid": 7, "runtime": {"name": "python", "version": "3.12.1"}, "executable": "/usr/bin/python3", "missing": []})
}

/// A worker, its other end, and what it asks for.
pub(crate) async fn connected() -> (Worker, Peer, Recorded) {
    let (server, peer) = tokio::io::duplex(64 * 1024);
    let (callbacks, recorded) = recorder();
    let mut peer = Peer(peer);
    peer.send(Kind::Hello, 0, hello(), &[]).await;
    (
        Worker::over(server, callbacks).await.unwrap(),
        peer,
        recorded,
    )
}

/// The text of a reply's meta.
pub(crate) fn text(message: &Message) -> &str {
    std::str::from_utf8(&message.meta).unwrap()
}
