//! The beginning of a connection to a port that speaks TLS. Who speaks in the clear there is told where to go.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::response::IntoResponse;
use http::StatusCode;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::http::ApiError;

/// The first byte of a conversation in TLS.
const HANDSHAKE: u8 = 0x16;
/// How long telling may take.
const TELLING: Duration = Duration::from_secs(1);

/// What a client has begun with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstWord {
    /// A handshake.
    Tls,
    /// Anything else.
    Clear,
    /// It has left again.
    Nothing,
}

/// Waits for the first byte, and leaves it where it is.
pub(super) async fn first_word(stream: &TcpStream) -> io::Result<FirstWord> {
    let mut first = [0];
    Ok(match stream.peek(&mut first).await? {
        0 => FirstWord::Nothing,
        _ if first[0] == HANDSHAKE => FirstWord::Tls,
        _ => FirstWord::Clear,
    })
}

/// Answers a request in the clear with where it would have to go.
pub(super) async fn tell_to_use_tls(stream: TcpStream, url: &str) {
    let service = service_fn(|_| async {
        let said = format!("This port speaks HTTPS: use {url}.");
        let answer = ApiError::new(StatusCode::BAD_REQUEST, said).into_response();
        Ok::<_, Infallible>(answer)
    });
    // The request is read first: an answer to one that is still being sent may be lost.
    let told = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TELLING)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let _ = tokio::time::timeout(TELLING, told).await;
}
