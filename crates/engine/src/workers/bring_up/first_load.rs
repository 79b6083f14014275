//! How the first of several crews comes on: of it is told how it loads, of the others only what is not the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lgx_worker::Diagnostic;
use tokio::sync::watch;
use tokio::time::Instant;

/// What the others have to know of it.
#[derive(Default)]
pub(super) struct FirstLoad {
    /// When it had loaded the project.
    loaded: watch::Sender<Option<Instant>>,
    /// Whether it has been told that another one is still at it.
    told: AtomicBool,
}

impl FirstLoad {
    /// It has loaded the project.
    pub(super) fn is_over(&self) {
        self.loaded.send_replace(Some(Instant::now()));
    }

    /// Waits until another crew, which has taken too long and was here, is still not there so long after the first one was. Where it is,
    /// to be told, if nobody else has been.
    pub(super) async fn left_behind(
        &self,
        place: Diagnostic,
        after: Duration,
    ) -> Option<Diagnostic> {
        let mut loaded = self.loaded.subscribe();
        // The sender is `self`: it cannot be gone while we wait.
        let loaded = *loaded.wait_for(Option::is_some).await.ok()?;
        tokio::time::sleep_until(loaded? + after).await;
        let is_first = !self.told.swap(true, Ordering::Relaxed);
        is_first.then(|| Diagnostic {
            hint: Some(LEFT_BEHIND.to_owned()),
            ..place
        })
    }
}

/// The help for a worker that does not get loaded although another one has been.
const LEFT_BEHIND: &str = "another worker has loaded the project and this one has not: it may wait for what only one process can have, such \
                           as a lock or a file; start with --workers 1, or take it where the code is used and not where it is imported";
