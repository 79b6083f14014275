//! A stream of server-sent events, event by event.

use std::collections::VecDeque;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// No event is longer.
const MOST: usize = 256 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamedEvent {
    /// What it is called: `values`, `messages|child:1`.
    pub(crate) name: String,
    /// Its JSON, as it was sent.
    pub(crate) data: String,
}

/// Why a stream did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamBroken {
    /// The connection was lost.
    #[error("the server has gone away in the middle of its answer")]
    Lost(#[source] hyper::Error),
    /// An event was too long.
    #[error("the server sent an event of more than {MOST} bytes")]
    TooLong,
}

/// A stream that is being read. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct EventStream {
    body: Incoming,
    parser: Parser,
}

impl EventStream {
    /// The events of a body.
    pub(super) fn of(body: Incoming) -> Self {
        Self {
            body,
            parser: Parser::default(),
        }
    }

    /// The next event; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<StreamedEvent>, StreamBroken> {
        loop {
            if let Some(event) = self.parser.ready.pop_front() {
                return Ok(Some(event));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(StreamBroken::Lost(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.parser.take(&data)?;
                    }
                }
            }
        }
    }
}

/// Puts lines together, and lines to events.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    after_return: bool,
    name: String,
    data: Option<String>,
    ready: VecDeque<StreamedEvent>,
}

impl Parser {
    fn take(&mut self, piece: &Bytes) -> Result<(), StreamBroken> {
        for part in piece.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            match part.split_last() {
                // The second half of the end of a line.
                Some((b'\n', [])) if self.after_return && self.line.is_empty() => {
                    self.after_return = false;
                }
                Some((end @ (b'\n' | b'\r'), rest)) => {
                    self.line.extend_from_slice(rest);
                    self.after_return = *end == b'\r';
                    let line = std::mem::take(&mut self.line);
                    self.end_line(&String::from_utf8_lossy(&line));
                }
                _ => {
                    self.line.extend_from_slice(part);
                    self.after_return = false;
                }
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > MOST {
                return Err(StreamBroken::TooLong);
            }
        }
        Ok(())
    }

    fn end_line(&mut self, line: &str) {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            if let Some(data) = self.data.take() {
                self.ready.push_back(StreamedEvent { name, data });
            }
            return;
        }
        // Without a colon there is no value; before one, nothing: a comment.
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut parser = Parser::default();
        for piece in pieces {
            parser.take(&Bytes::copy_from_slice(piece)).unwrap();
        }
        let events = parser.ready.into_iter();
        events.map(|event| (event.name, event.data)).collect()
    }

    fn event(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[test]
    fn events_are_the_same_however_they_are_cut_into_pieces() {
        let text = "event: a\r\ndata: {\"x\":\"ä\"}\r\nid: 1\r\n\r\n: heartbeat\r\n\r\nevent:b\ndata: 1\ndata: 2\n\n";
        let expected = [event("a", "{\"x\":\"ä\"}"), event("b", "1\n2")];

        assert_eq!(parsed(&[text.as_bytes()]), expected);
        let bytes: Vec<_> = text.as_bytes().chunks(1).collect();
        assert_eq!(parsed(&bytes), expected);
        for at in 0..text.len() {
            let (first, second) = text.as_bytes().split_at(at);
            assert_eq!(parsed(&[first, second]), expected, "cut at {at}");
        }
    }

    #[test]
    fn what_has_no_data_or_no_end_is_no_event() {
        assert_eq!(parsed(&[b"event: a\n\n"]), []);
        assert_eq!(parsed(&[b"event: a\ndata: 1\n"]), []);
        assert_eq!(parsed(&[b"data: 1\n\n"]), [event("", "1")]);
    }
}
