//! Requests and answers for tests.

use std::time::Duration;

use lgx_cassettes::{Body, Chunk, Library, Mode, Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A question to a model.
pub(crate) fn asking(text: &str) -> Request {
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]});
    chat(&body)
}

/// A request with this body.
pub(crate) fn chat(body: &Value) -> Request {
    Request::new(
        "POST",
        "api.openai.com",
        "/v1/chat/completions",
        body.to_string(),
    )
}

/// An answer with this text.
pub(crate) fn saying(text: &str) -> Response {
    let body = json!({
        "choices": [{"message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3},
    });
    whole(200, &body)
}

/// An answer with this status and body.
pub(crate) fn whole(status: u16, body: &Value) -> Response {
    Response::new(
        status,
        [("Content-Type", "application/json")],
        Body::Whole(body.to_string().into_bytes()),
    )
}

/// A stream of events, each a millisecond after the one before.
pub(crate) fn streaming(events: &[&str]) -> Response {
    let chunks = (0..).zip(events).map(|(millis, event)| Chunk {
        after: Duration::from_millis(millis),
        bytes: event.as_bytes().to_vec(),
    });
    Response::new(
        200,
        [("content-type", "text/event-stream; charset=utf-8")],
        Body::Chunks(chunks.collect()),
    )
}

/// A run of lgx with the recordings of a folder.
pub(crate) fn library(folder: &TempDir, mode: Mode) -> Library {
    Library::open(folder.path().join("cassettes"), mode)
}

/// What a library plays for a request: status and body.
pub(crate) fn played(library: &Library, request: &Request) -> Option<(u16, Value)> {
    let recording = library.find(request).unwrap()?;
    let body = recording.response.body().bytes();
    Some((
        recording.response.status(),
        serde_json::from_slice(&body).unwrap(),
    ))
}
