//! Server-sent events: the exact bytes of an event, and a response body that tails a log.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use lgx_engine::events::event::Event;
use lgx_engine::events::{ThreadLogs, event_line};
use lgx_engine::runs::live_log::{LiveEnd, LiveReader};
use tokio::sync::mpsc;

/// How often a comment shows that the stream is alive, counted from its start.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Events of one wake-up are sent together, up to about this many bytes a chunk.
const CHUNK: usize = 64 * 1024;

/// Appends one event in wire form: `event`, `data`, `id` lines ended by CRLF, then an empty line.
pub(crate) fn encode(out: &mut BytesMut, event: &Event, with_id: bool) {
    event_line::write(out, &event.name);
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(&event.data);
    if with_id {
        out.extend_from_slice(b"\r\nid: ");
        out.extend_from_slice(event.id.to_string().as_bytes());
    }
    out.extend_from_slice(b"\r\n\r\n");
}

/// Which events of a log a reader wants, and how they look.
pub(crate) struct Selection {
    /// Only events whose name up to `|` is one of these; all when empty.
    pub modes: Vec<String>,
    /// Whether `id:` lines are sent.
    pub ids: bool,
}

impl Selection {
    /// Writes an event if it is wanted.
    pub(crate) fn encode(&self, out: &mut Chunks, event: &Event) {
        if self.wants(&event.name) {
            encode(out.buffer(), event, self.ids);
        }
    }

    /// Whether an event of this name is wanted.
    fn wants(&self, name: &str) -> bool {
        if self.modes.is_empty() || name == "error" {
            return true;
        }
        let base = name.split('|').next().unwrap_or(name);
        self.modes.iter().any(|mode| {
            // Both message modes select tuples; `messages` also selects the accumulating form.
            mode == base
                || (base == "messages" && mode == "messages-tuple")
                || (mode == "messages" && base.starts_with("messages/"))
        })
    }
}

/// Where a response's events come from.
pub(crate) trait Source: Send + 'static {
    /// Writes what there is since the last call, and waits for it; it may turn out to be nothing.
    fn next(&mut self, out: &mut Chunks) -> impl Future<Output = Then> + Send;
}

/// What comes after the events written so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Others.
    More,
    /// Nothing: the stream is complete.
    End,
    /// Others, but not over this connection: it is broken off, which makes clients come back for them.
    BreakOff,
}

/// The stream is broken off.
#[derive(Debug, thiserror::Error)]
#[error("the stream goes on over another connection")]
struct BrokenOff;

/// Bytes to send, in pieces of moderate size.
#[derive(Default)]
pub(crate) struct Chunks {
    whole: Vec<Bytes>,
    open: BytesMut,
}

impl Chunks {
    /// Where the next event is to be written.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        if self.open.len() >= CHUNK {
            self.whole.push(self.open.split().freeze());
        }
        &mut self.open
    }

    fn take(&mut self) -> Vec<Bytes> {
        let mut chunks = std::mem::take(&mut self.whole);
        if !self.open.is_empty() {
            chunks.push(self.open.split().freeze());
        }
        chunks
    }
}

/// The stream of a run, from its own log.
pub(crate) struct RunStream {
    /// Reads the log.
    pub reader: LiveReader,
    /// What is sent of it.
    pub selection: Selection,
    /// Where the events of a resumable run are kept: none is sent before it is on disk, so that a client can come back to it
    /// whatever happens.
    pub kept_in: Option<Arc<ThreadLogs>>,
    /// What was read and waits for the disk.
    pub unsent: Vec<Event>,
}

impl Source for RunStream {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        if self.unsent.is_empty() {
            self.unsent = match self.reader.next().await {
                Ok(events) => events,
                Err(LiveEnd::Over) => return Then::End,
                Err(LiveEnd::CutOff) => return Then::BreakOff,
            };
        }
        if let Some(logs) = &self.kept_in {
            logs.flush().await;
        }
        for event in self.unsent.drain(..) {
            self.selection.encode(out, &event);
        }
        Then::More
    }
}

/// A 200 response whose body is what `source` yields. `guard` lives as long as the body does: dropping it tells that the client
/// is gone.
pub(crate) fn respond<G: Send + 'static>(mut source: impl Source, guard: G) -> Response {
    let (sender, receiver) = mpsc::channel(1);
    // hyper drops the body when the peer closes; the closed channel then ends this task.
    tokio::spawn(async move {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.tick().await;
        let mut out = Chunks::default();
        loop {
            let then = tokio::select! {
                biased;
                () = sender.closed() => return,
                then = source.next(&mut out) => then,
                _ = heartbeat.tick() => {
                    out.buffer().extend_from_slice(b": heartbeat\r\n\r\n");
                    Then::More
                }
            };
            for bytes in out.take() {
                if sender.send(Ok(bytes)).await.is_err() {
                    return;
                }
            }
            match then {
                Then::More => {}
                Then::End => return,
                Then::BreakOff => {
                    // The client may have gone by itself.
                    let _ = sender.send(Err(BrokenOff)).await;
                    return;
                }
            }
        }
    });
    response(Tail {
        receiver,
        _guard: guard,
    })
}

/// A 200 response of media type `text/event-stream` with this body.
pub(crate) fn event_stream(body: impl Stream<Item = Bytes> + Send + Unpin + 'static) -> Response {
    response(body.map(Ok))
}

fn response(
    body: impl Stream<Item = Result<Bytes, BrokenOff>> + Send + Unpin + 'static,
) -> Response {
    let frames = body.map(|bytes| bytes.map(Frame::data));
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

/// A finished stream that holds just this event.
pub(crate) fn only(event: &Event) -> Response {
    let mut out = BytesMut::new();
    encode(&mut out, event, false);
    event_stream(futures_util::stream::iter([out.freeze()]))
}

struct Tail<G> {
    receiver: mpsc::Receiver<Result<Bytes, BrokenOff>>,
    _guard: G,
}

// The guard is only dropped, never pinned or polled.
impl<G> Unpin for Tail<G> {}

impl<G> Stream for Tail<G> {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lgx_engine::events::event::EventId;

    fn event(name: &str, data: &'static str) -> Event {
        Event {
            name: name.into(),
            data: Bytes::from_static(data.as_bytes()),
            id: EventId {
                millis: 7,
                serial: 1,
            },
        }
    }

    #[test]
    fn an_event_is_three_lines_and_an_empty_one() {
        let mut out = BytesMut::new();
        encode(&mut out, &event("values", "{}"), true);
        assert_eq!(&out[..], b"event: values\r\ndata: {}\r\nid: 7-1\r\n\r\n");
        let mut out = BytesMut::new();
        encode(&mut out, &event("values|child:1", "{}"), false);
        assert_eq!(&out[..], b"event: values|child:1\r\ndata: {}\r\n\r\n");
    }

    #[test]
    fn modes_select_by_the_name_before_the_bar() {
        let selection = |modes: &[&str]| Selection {
            modes: modes.iter().map(ToString::to_string).collect(),
            ids: false,
        };
        assert!(selection(&[]).wants("metadata"));
        assert!(selection(&["values"]).wants("values|child:1"));
        assert!(!selection(&["values"]).wants("updates"));
        assert!(!selection(&["values"]).wants("metadata"));
        assert!(selection(&["values"]).wants("error"));
        assert!(selection(&["messages-tuple"]).wants("messages"));
        assert!(selection(&["messages"]).wants("messages/partial"));
        assert!(!selection(&["messages-tuple"]).wants("messages/partial"));
    }
}
