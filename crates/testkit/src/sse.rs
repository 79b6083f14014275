//! Reads server-sent events as strictly as they are specified: lines end in CRLF, one line of data an event.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The `event` line.
    pub name: String,
    /// The `data` line, which is JSON.
    pub data: Value,
    /// The `id` line.
    pub id: Option<String>,
}

/// A stream of events. Dropping it closes the connection.
pub struct Events {
    /// The headers of the answer.
    pub headers: HeaderMap,
    body: Incoming,
    buffer: BytesMut,
    ready: VecDeque<Event>,
    _connection: AbortOnDropHandle<()>,
}

impl Events {
    pub(crate) fn new(
        headers: HeaderMap,
        body: Incoming,
        connection: AbortOnDropHandle<()>,
    ) -> Self {
        Self {
            headers,
            body,
            buffer: BytesMut::new(),
            ready: VecDeque::new(),
            _connection: connection,
        }
    }

    /// A header of the answer that has to be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        crate::client::text_of(&self.headers, name)
    }

    /// The next event; none when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        while self.ready.is_empty() {
            let frame = crate::within("an event", self.body.frame()).await;
            let Some(frame) = frame else {
                assert!(
                    self.buffer.is_empty(),
                    "the stream ends within an event: {:?}",
                    self.buffer
                );
                return None;
            };
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => self.take(&data),
                Ok(Err(_)) => {}
                Err(error) => panic!("the stream breaks off: {error}"),
            }
        }
        self.ready.pop_front()
    }

    /// Reads on until the connection breaks off, which tells a client to come back.
    pub async fn break_off(mut self) -> Vec<Event> {
        while let Some(frame) = crate::within("an event", self.body.frame()).await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => self.take(&data),
                Ok(Err(_)) => {}
                Err(_) => return self.ready.into(),
            }
        }
        panic!("the stream ends as if it were complete: {:?}", self.ready);
    }

    /// Reads on to the next event of this name.
    pub async fn until(&mut self, name: &str) -> Event {
        while let Some(event) = self.next().await {
            if event.name == name {
                return event;
            }
        }
        panic!("the stream ended without the event `{name}`")
    }

    /// All events to the end.
    pub async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    fn take(&mut self, data: &Bytes) {
        self.buffer.extend_from_slice(data);
        while let Some(end) = self
            .buffer
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
        {
            let block = self.buffer.split_to(end + 4);
            self.ready.extend(parse(&block[..end]));
        }
    }
}

/// One block between empty lines: an event, or a comment.
fn parse(block: &[u8]) -> Option<Event> {
    let text = String::from_utf8_lossy(block);
    if text == ": heartbeat" {
        return None;
    }
    let mut lines = text.split("\r\n");
    let mut field = |name: &str| {
        let line = lines.next()?;
        Some(
            line.strip_prefix(name)
                .unwrap_or_else(|| panic!("`{name}` is missing in {text:?}"))
                .to_owned(),
        )
    };
    let (name, data) = (field("event: "), field("data: "));
    let id = field("id: ");
    assert!(
        lines.next().is_none(),
        "more lines than an event has: {text:?}"
    );
    let data = data.unwrap_or_else(|| panic!("an event without data: {text:?}"));
    Some(Event {
        name: name.unwrap_or_default(),
        data: serde_json::from_str(&data)
            .unwrap_or_else(|error| panic!("data that is not JSON ({error}): {text:?}")),
        id,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_a_name_data_and_perhaps_an_id() {
        let event = parse(b"event: values\r\ndata: {\"a\":1}\r\nid: 7-0").unwrap();
        assert_eq!(event.name, "values");
        assert_eq!(event.data, json!({"a": 1}));
        assert_eq!(event.id.as_deref(), Some("7-0"));
        assert_eq!(parse(b": heartbeat"), None);
    }

    #[test]
    #[should_panic(expected = "more lines")]
    fn data_on_two_lines_is_refused() {
        parse(b"event: values\r\ndata: 1\r\nid: 1\r\ndata: 2");
    }
}
