//! A stream as it stands in a file: one event a piece, however the network had cut it, and JSON as JSON.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::response::Chunk;

/// The pieces of a stream, each `[milliseconds, text]`, `[milliseconds, {"data": …}]` or `[milliseconds, {"base64": …}]`.
pub(crate) fn to_json(media_type: &str, chunks: &[Chunk]) -> Vec<Value> {
    let is_text = std::str::from_utf8(&joined(chunks)).is_ok();
    if !is_text {
        return chunks
            .iter()
            .map(|chunk| json!([millis(chunk), {"base64": BASE64.encode(&chunk.bytes)}]))
            .collect();
    }
    let is_events = media_type == "text/event-stream";
    let separators: &[&[u8]] = match media_type {
        "text/event-stream" => &[b"\n\n", b"\r\n\r\n"],
        "application/x-ndjson" | "application/stream+json" | "application/jsonl" => &[b"\n"],
        _ => &[b""],
    };
    cut(chunks, separators)
        .iter()
        .map(|piece| {
            let text = String::from_utf8_lossy(&piece.bytes);
            let event = is_events.then(|| event_to_json(&text)).flatten();
            json!([millis(piece), event.unwrap_or_else(|| text.into())])
        })
        .collect()
}

/// The other way round; `None` if it is no such list.
pub(crate) fn from_json(pieces: &Value) -> Option<Vec<Chunk>> {
    let pieces = pieces.as_array()?.iter();
    pieces
        .map(|piece| {
            let after = Duration::from_millis(piece.get(0)?.as_u64()?);
            let bytes = match piece.get(1)? {
                Value::String(text) => text.clone().into_bytes(),
                Value::Object(fields) => match fields.get("base64") {
                    Some(coded) => BASE64.decode(coded.as_str()?).ok()?,
                    None => event_to_text(fields)?.into_bytes(),
                },
                _ => return None,
            };
            Some(Chunk { after, bytes })
        })
        .collect()
}

/// The JSON of the events of a stream.
pub(crate) fn documents(pieces: &Value) -> impl Iterator<Item = &Value> {
    let pieces = pieces.as_array().into_iter().flatten();
    pieces.filter_map(|piece| piece.get(1)?.get("data"))
}

fn joined(chunks: &[Chunk]) -> Vec<u8> {
    chunks
        .iter()
        .flat_map(|chunk| chunk.bytes.clone())
        .collect()
}

fn millis(chunk: &Chunk) -> u64 {
    u64::try_from(chunk.after.as_millis()).unwrap_or(u64::MAX)
}

/// Pieces that end with a separator, or with a chunk if that is nothing; never within a letter. A piece came when its last byte came.
fn cut(chunks: &[Chunk], separators: &[&[u8]]) -> Vec<Chunk> {
    let mut pieces = Vec::new();
    let mut piece: Vec<u8> = Vec::new();
    let mut last = Duration::ZERO;
    for chunk in chunks {
        last = chunk.after;
        let mut push = |bytes: Vec<u8>| {
            let after = chunk.after;
            pieces.push(Chunk { after, bytes });
        };
        if separators.contains(&&b""[..]) {
            piece.extend_from_slice(&chunk.bytes);
            if std::str::from_utf8(&piece).is_ok() && !piece.is_empty() {
                push(std::mem::take(&mut piece));
            }
            continue;
        }
        for byte in &chunk.bytes {
            piece.push(*byte);
            if separators.iter().any(|end| piece.ends_with(end)) {
                push(std::mem::take(&mut piece));
            }
        }
    }
    if !piece.is_empty() {
        pieces.push(Chunk {
            after: last,
            bytes: piece,
        });
    }
    pieces
}

/// An event whose data is one JSON object, as `{"event": …, "id": …, "data": {…}}`. Space between the parts of JSON is not kept.
fn event_to_json(text: &str) -> Option<Value> {
    let text = text
        .strip_suffix("\r\n\r\n")
        .or(text.strip_suffix("\n\n"))?;
    let mut fields = Map::new();
    for line in text.lines() {
        let (name, value) = line.split_once(':')?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        let value = match name {
            "event" | "id" if !fields.contains_key("data") => Value::from(value),
            "data" => serde_json::from_str(value).ok().filter(Value::is_object)?,
            _ => return None,
        };
        if fields.insert(name.to_owned(), value).is_some() {
            return None;
        }
    }
    fields.contains_key("data").then_some(Value::Object(fields))
}

fn event_to_text(fields: &Map<String, Value>) -> Option<String> {
    let mut text = String::new();
    for (name, value) in fields {
        let value = match (name.as_str(), value) {
            ("event" | "id", Value::String(value)) => value.clone(),
            ("data", value) => value.to_string(),
            _ => return None,
        };
        for part in [name, ": ", &value, "\n"] {
            text.push_str(part);
        }
    }
    text.push('\n');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(millis: u64, bytes: impl Into<Vec<u8>>) -> Chunk {
        Chunk {
            after: Duration::from_millis(millis),
            bytes: bytes.into(),
        }
    }

    #[test]
    fn an_event_is_one_piece_however_it_was_cut() {
        let whole = to_json(
            "text/event-stream",
            &[chunk(7, "event: a\ndata: {\"x\": 1}\n\ndata: [DONE]\n\n")],
        );
        assert_eq!(
            Value::from(whole),
            json!([[7, {"event": "a", "data": {"x": 1}}], [7, "data: [DONE]\n\n"]])
        );
        let cut = to_json(
            "text/event-stream",
            &[
                chunk(1, "event: a\nda"),
                chunk(2, "ta: {\"x\":1}\n"),
                chunk(3, "\nrest"),
            ],
        );
        assert_eq!(
            Value::from(cut),
            json!([[3, {"event": "a", "data": {"x": 1}}], [3, "rest"]])
        );
    }

    #[test]
    fn what_comes_out_is_what_went_in() {
        let chunks = [
            chunk(0, "event: a\ndata: {\"b\":1,\"a\":1.50}\n\n"),
            chunk(5, ": a comment\n\n"),
            chunk(6, "data: two\ndata: lines\n\n"),
            chunk(6, "data: {}\nevent: late\n\n"),
        ];
        let pieces = Value::from(to_json("text/event-stream", &chunks));
        assert_eq!(from_json(&pieces).unwrap(), chunks);
    }

    #[test]
    fn a_letter_is_never_in_two_pieces() {
        let pieces = to_json(
            "text/plain",
            &[chunk(1, [0xc3]), chunk(2, [0xa4]), chunk(3, "b")],
        );
        assert_eq!(Value::from(pieces), json!([[2, "ä"], [3, "b"]]));
    }

    #[test]
    fn what_is_no_text_says_so() {
        let chunks = [chunk(1, [0xff, 0]), chunk(2, "a")];
        let pieces = Value::from(to_json("application/octet-stream", &chunks));
        assert_eq!(
            pieces,
            json!([[1, {"base64": "/wA="}], [2, {"base64": "YQ=="}]])
        );
        assert_eq!(from_json(&pieces).unwrap(), chunks);
    }
}
