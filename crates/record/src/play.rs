//! A recording as an answer.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use lgx_cassettes::{Body, Recording};

use crate::answer::{Outgoing, whole};

/// How long to wait before another try, in the form of one SDK and of all.
const WAITS: [&str; 2] = ["retry-after", "retry-after-ms"];

/// The answer, all of it at once: a stream in the pieces in which it came. Whoever is told to wait waits for nothing.
pub(crate) fn play(recording: Recording) -> Response<Outgoing> {
    let recorded = recording.response;
    let body = match recorded.body() {
        Body::Whole(bytes) => whole(bytes.clone()),
        Body::Chunks(chunks) => pieces(chunks.iter().map(|chunk| chunk.bytes.clone().into())),
    };
    let mut response = Response::new(body);
    let status = StatusCode::from_u16(recorded.status());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in recorded.headers() {
        let named = HeaderName::try_from(name).ok();
        if let (Some(name), Ok(value)) = (named, HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    if matches!(recorded.status(), 429 | 500..) {
        for name in WAITS {
            headers.remove(name);
        }
        // The OpenAI and Anthropic SDKs go by this one, and would wait for half a second without any.
        headers.insert(
            HeaderName::from_static(WAITS[1]),
            HeaderValue::from_static("1"),
        );
    }
    response
}

fn pieces(pieces: impl Iterator<Item = Bytes>) -> Outgoing {
    let frames: Vec<_> = pieces
        .map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)))
        .collect();
    let body = StreamBody::new(stream::iter(frames));
    body.map_err(|never| match never {}).boxed_unsync()
}
