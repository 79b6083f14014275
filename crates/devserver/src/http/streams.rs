//! How many streams are open at once: events, sockets, and answers that wait for a run.
//!
//! A stream holds a connection, a task and what was not sent yet for as long as its client likes. So there are fewer of them than
//! connections, and whoever is refused one can still ask for everything else, such as the end of a run.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderValue, RETRY_AFTER};
use http::{Request, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ApiError;
use super::held_body::HeldBody;
use crate::app::App;

/// The server's room for streams.
pub(crate) struct Streams {
    most: usize,
    room: Arc<Semaphore>,
}

/// A stream that is open. All clones of it are the same stream.
#[derive(Clone)]
pub(crate) struct OpenStream {
    _room: Arc<OwnedSemaphorePermit>,
}

impl Streams {
    /// Room for so many.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            room: Arc::new(Semaphore::new(most)),
        }
    }

    /// One more.
    ///
    /// # Errors
    /// 503 when there is no room.
    pub(super) fn open(&self) -> Result<OpenStream, ApiError> {
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(room) => Ok(OpenStream {
                _room: Arc::new(room),
            }),
            Err(_) => Err(self.full()),
        }
    }

    fn full(&self) -> ApiError {
        let full = ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!(
                "{} streams are open, the most that this server keeps; close some, or try again.",
                self.most
            ),
        );
        full.header(RETRY_AFTER, HeaderValue::from_static("1"))
    }
}

/// Opens a stream for the answer of a route, and keeps it until that is over. A handler that takes over the connection keeps it itself.
pub(super) async fn bounded(
    State(app): State<Arc<App>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    // What came through the project's own app is counted already.
    let known = request.extensions().get::<OpenStream>().cloned();
    let open = match known.map_or_else(|| app.streams.open(), Ok) {
        Ok(open) => open,
        Err(full) => return full.into_response(),
    };
    request.extensions_mut().insert(open.clone());
    let response = next.run(request).await;
    response.map(|body| Body::new(HeldBody::new(body, open)))
}
