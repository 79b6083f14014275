//! Server-sent events: the exact bytes of a frame, and a response body that tails a run's log.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::sync::mpsc;

use crate::runs::log::{Event, Reader};

/// How often a comment shows that the stream is alive, counted from its start.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Heartbeats and events of one wake-up are sent together, up to about this many bytes a chunk.
const CHUNK: usize = 64 * 1024;

/// Appends one event in wire form: `event`, `data`, `id` lines ended by CRLF, then an empty line.
pub(crate) fn encode(out: &mut BytesMut, event: &Event, with_id: bool) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.name.as_bytes());
    out.extend_from_slice(b"\r\ndata: ");
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
    /// Whether an event of this name is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
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

/// A 200 response whose body is what `reader` yields. `guard` lives as long as the body does: dropping it tells that the client is gone.
pub(crate) fn respond<G: Send + 'static>(
    mut reader: Reader,
    selection: Selection,
    guard: G,
) -> Response {
    let (sender, receiver) = mpsc::channel::<Bytes>(1);
    // hyper drops the body when the peer closes; the closed channel then ends this task.
    tokio::spawn(async move {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.tick().await;
        loop {
            let chunk = tokio::select! {
                biased;
                () = sender.closed() => return,
                batch = reader.next() => {
                    let Some(batch) = batch else { return };
                    let mut chunks = Vec::new();
                    let mut out = BytesMut::new();
                    for event in batch.iter().filter(|event| selection.wants(&event.name)) {
                        encode(&mut out, event, selection.ids);
                        if out.len() >= CHUNK {
                            chunks.push(out.split().freeze());
                        }
                    }
                    chunks.push(out.freeze());
                    chunks
                }
                _ = heartbeat.tick() => vec![Bytes::from_static(b": heartbeat\r\n\r\n")],
            };
            for bytes in chunk.into_iter().filter(|bytes| !bytes.is_empty()) {
                if sender.send(bytes).await.is_err() {
                    return;
                }
            }
        }
    });
    event_stream(Tail {
        receiver,
        _guard: guard,
    })
}

/// A 200 response of media type `text/event-stream` with this body.
pub(crate) fn event_stream(body: impl Stream<Item = Bytes> + Send + Unpin + 'static) -> Response {
    use futures_util::StreamExt;
    let mut response = Response::new(Body::new(StreamBody::new(
        body.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes))),
    )));
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
    receiver: mpsc::Receiver<Bytes>,
    _guard: G,
}

// The guard is only dropped, never pinned or polled.
impl<G> Unpin for Tail<G> {}

impl<G> Stream for Tail<G> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.receiver.poll_recv(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::log::EventId;

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
