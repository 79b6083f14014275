//! Clients for whose connections there is no place: they are told so, as long as they are few.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse;
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use crate::http::ApiError;

/// How many are being told at once. The connections of others are closed without a word.
const TOLD_AT_ONCE: usize = 64;
/// How long telling one may take.
const TELLING: Duration = Duration::from_secs(1);

/// Tells clients that there are too many of them.
pub(super) struct TurnedAway {
    room: Arc<Semaphore>,
}

impl Default for TurnedAway {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(TOLD_AT_ONCE)),
        }
    }
}

impl TurnedAway {
    /// Answers the first request of a connection with a refusal, and closes it.
    pub(super) fn tell(
        &mut self,
        stream: TcpStream,
        tls: Option<&TlsAcceptor>,
        connections: &TaskTracker,
    ) {
        let Ok(telling) = Arc::clone(&self.room).try_acquire_owned() else {
            return;
        };
        tracing::warn!("a connection was turned away: as many are open as this server takes");
        let tls = tls.cloned();
        connections.spawn(async move {
            let _telling = telling;
            let told = async {
                match tls {
                    Some(tls) => say(tls.accept(stream).await?).await,
                    None => say(stream).await,
                }
                Ok::<_, std::io::Error>(())
            };
            let _ = tokio::time::timeout(TELLING, told).await;
        });
    }
}

/// Reads a request first: an answer to one that is still being sent may be lost.
async fn say(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(|_| async { Ok::<_, Infallible>(refusal().into_response()) });
    let told = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TELLING)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // The client may have left.
    let _ = told.await;
}

fn refusal() -> ApiError {
    let full = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "As many connections are open as this server takes, and all are in use; try again.",
    );
    full.header(RETRY_AFTER, HeaderValue::from_static("1"))
}
