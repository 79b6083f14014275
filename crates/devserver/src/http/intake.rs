//! Reading request bodies: how large one may be, how long it may stand still, and how much of all of them is held at once.
//!
//! Bodies are read before anybody knows who sent them, as handlers of the project's auth may want to see them. So what they may take is
//! bounded for all clients together; small bodies are let in all the same, so that large ones never keep ordinary requests out.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ApiError;

/// The largest request body taken, in bytes: what fits in one frame to the worker, with room around it.
pub(crate) const MOST_BODY: usize = 48 * MIB;
/// How long a body may bring nothing new.
const IDLE: Duration = Duration::from_secs(30);
/// How many bytes of bodies are held at once.
const ROOM: usize = 256 * MIB;
/// What every body may have of them without asking.
const SMALL: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// The server's room for request bodies.
pub(crate) struct Intake {
    /// A permit a byte.
    room: Arc<Semaphore>,
    idle: Duration,
}

impl Default for Intake {
    fn default() -> Self {
        Self::with(ROOM, IDLE)
    }
}

/// What a body takes of the room; free again when this and its clones are dropped.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    _permits: Option<Arc<OwnedSemaphorePermit>>,
}

/// A body that has been read before its handler gets the request, in whose extensions it is then.
#[derive(Debug, Clone)]
pub(crate) struct ReadBody {
    bytes: Bytes,
    held: Held,
}

impl ReadBody {
    /// All of it.
    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// All of it, and what it takes of the room.
    pub(super) fn into_parts(self) -> (Bytes, Held) {
        (self.bytes, self.held)
    }
}

/// Refuses a body that is announced as too large, before anything of it has come. A body that comes by way of the project's own app has
/// no length of its own.
///
/// # Errors
/// 413.
pub(crate) fn check_announced(headers: &HeaderMap) -> Result<(), ApiError> {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > MOST_BODY as u64 => Err(too_large()),
        _ => Ok(()),
    }
}

impl Intake {
    fn with(room: usize, idle: Duration) -> Self {
        Self {
            room: Arc::new(Semaphore::new(room)),
            idle,
        }
    }

    /// Reads a body to its end, and says what it takes until it is of no use any more.
    ///
    /// # Errors
    /// 413 when it is too large, 503 when there is no room, 408 when it stands still, 400 when the connection breaks off.
    pub(crate) async fn read(&self, mut body: Body) -> Result<(Bytes, Held), ApiError> {
        let announced = body.size_hint().lower();
        if announced > MOST_BODY as u64 {
            return Err(too_large());
        }
        let mut bytes = BytesMut::new();
        let mut room = None;
        loop {
            let frame = match tokio::time::timeout(self.idle, body.frame()).await {
                Err(_) => return Err(self.stalled()),
                Ok(None) => break,
                Ok(Some(Err(_))) => {
                    return Err(ApiError::bad_request("The request body could not be read."));
                }
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if data.len() > MOST_BODY - bytes.len() {
                return Err(too_large());
            }
            let beyond_small = (bytes.len() + data.len()).saturating_sub(bytes.len().max(SMALL));
            self.take(beyond_small, &mut room)?;
            bytes.extend_from_slice(&data);
        }
        let held = Held {
            _permits: room.map(Arc::new),
        };
        Ok((bytes.freeze(), held))
    }

    /// The same, for a request that goes on.
    ///
    /// # Errors
    /// As [`Intake::read`].
    pub(super) async fn read_whole(&self, body: Body) -> Result<ReadBody, ApiError> {
        let (bytes, held) = self.read(body).await?;
        Ok(ReadBody { bytes, held })
    }

    /// Adds to the room that a body has.
    fn take(&self, more: usize, room: &mut Option<OwnedSemaphorePermit>) -> Result<(), ApiError> {
        let Ok(more @ 1..) = u32::try_from(more) else {
            return Ok(());
        };
        let taken = Arc::clone(&self.room)
            .try_acquire_many_owned(more)
            .map_err(|_| no_room())?;
        match room {
            Some(room) => room.merge(taken),
            None => *room = Some(taken),
        }
        Ok(())
    }

    fn stalled(&self) -> ApiError {
        let idle = self.idle.as_secs();
        let stalled = ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("Nothing of the request body came for {idle} seconds."),
        );
        stalled.header(CONNECTION, HeaderValue::from_static("close"))
    }
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "The request body is larger than {} MiB ({MOST_BODY} bytes), the most that is taken.",
            MOST_BODY / MIB
        ),
    )
}

fn no_room() -> ApiError {
    let busy = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The server is busy with other large requests; try again.",
    );
    busy.header(RETRY_AFTER, HeaderValue::from_static("1"))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A body that comes in chunks of these sizes.
    fn chunks(sizes: &[usize]) -> Body {
        let chunks = sizes.iter().map(|size| Bytes::from(vec![b'x'; *size]));
        let chunks: Vec<_> = chunks.map(Ok::<_, Infallible>).collect();
        Body::from_stream(stream::iter(chunks))
    }

    async fn refusal(intake: &Intake, body: Body) -> ApiError {
        intake.read(body).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_body_comes_as_it_was_sent() {
        let intake = Intake::with(MIB, LONG);
        for sizes in [&[][..], &[1, 2, 3], &[SMALL, 1], &[SMALL - 1, 2, SMALL]] {
            let (body, _held) = intake.read(chunks(sizes)).await.unwrap();
            assert_eq!(body.len(), sizes.iter().sum::<usize>());
        }
        assert_eq!(
            intake.room.available_permits(),
            MIB,
            "all room is free again"
        );
    }

    #[tokio::test]
    async fn large_bodies_share_the_room_and_small_ones_always_have_some() {
        let intake = Intake::with(100, LONG);
        let first = intake.read(chunks(&[SMALL, 60, 20])).await.unwrap();
        assert_eq!(intake.room.available_permits(), 20);
        let refused = refusal(&intake, chunks(&[SMALL, 21])).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers.unwrap()[RETRY_AFTER], "1");
        assert_eq!(
            intake.room.available_permits(),
            20,
            "a refused one has none"
        );
        intake.read(chunks(&[SMALL])).await.unwrap();
        drop(first);
        intake.read(chunks(&[SMALL, 100])).await.unwrap();
    }

    #[tokio::test]
    async fn a_body_that_stands_still_is_given_up_and_its_room_is_free_again() {
        let intake = Intake::with(MIB, Duration::from_millis(1));
        let begins = stream::iter([Ok::<_, Infallible>(Bytes::from(vec![b'x'; 2 * SMALL]))]);
        let never_ends = Body::from_stream(begins.chain(stream::pending()));
        let refused = refusal(&intake, never_ends).await;
        assert_eq!(refused.status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(intake.room.available_permits(), MIB);
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_told_the_limit_before_it_has_come() {
        let intake = Intake::with(MOST_BODY, LONG);
        for body in [
            Body::from(vec![b'x'; MOST_BODY + 1]),
            chunks(&[MOST_BODY, 1]),
        ] {
            let refused = refusal(&intake, body).await;
            assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
            assert!(refused.detail.contains("48 MiB"), "{}", refused.detail);
        }
    }
}
