//! Whether what serves is the code as it was last saved, and waiting until that is so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::notice::ReloadFailure;

/// What serves, beside what was saved.
#[derive(Debug, Clone, Default)]
pub enum NewestCode {
    /// It is what was saved last, as far as has been seen.
    #[default]
    Serves,
    /// A save has been seen, and comes up.
    Pending,
    /// What was saved last does not load; what was there before serves.
    Failed(Arc<ReloadFailure>),
}

/// Knows it.
#[derive(Default)]
pub(super) struct SavedCode(watch::Sender<NewestCode>);

impl SavedCode {
    /// A save was seen.
    pub(super) fn pending(&self) {
        self.0.send_replace(NewestCode::Pending);
    }

    /// It does not load.
    pub(super) fn failed(&self, failure: &ReloadFailure) {
        let failure = Arc::new(failure.clone());
        self.0.send_replace(NewestCode::Failed(failure));
    }

    /// It serves, unless what was saved even later has failed already.
    pub(super) fn serves(&self) {
        self.0.send_if_modified(|state| {
            let was_pending = matches!(state, NewestCode::Pending);
            if was_pending {
                *state = NewestCode::Serves;
            }
            was_pending
        });
    }

    /// How it is now.
    pub(super) fn now(&self) -> NewestCode {
        self.0.borrow().clone()
    }

    /// Waits, for so long at most, until what was saved either serves or has failed.
    pub(super) async fn settled(&self, at_most: Duration) -> NewestCode {
        let mut state = self.0.subscribe();
        let settled = state.wait_for(|state| !matches!(state, NewestCode::Pending));
        match tokio::time::timeout(at_most, settled).await {
            // The sender is `self`: it cannot be gone while we wait.
            Ok(Ok(state)) => state.clone(),
            Ok(Err(_)) | Err(_) => NewestCode::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn what_is_pending_is_waited_for_and_no_longer_than_that() {
        let code = Arc::new(SavedCode::default());
        assert!(matches!(code.settled(LONG).await, NewestCode::Serves));
        code.pending();
        assert!(matches!(code.settled(LONG).await, NewestCode::Pending));
        let waiting = {
            let code = Arc::clone(&code);
            tokio::spawn(async move { code.settled(LONG).await })
        };
        tokio::task::yield_now().await;
        code.serves();
        assert!(matches!(waiting.await.unwrap(), NewestCode::Serves));
    }

    #[test]
    fn what_failed_stays_so_until_the_next_save() {
        let code = SavedCode::default();
        code.pending();
        code.failed(&ReloadFailure::Worker("no".to_owned()));
        // An earlier save that comes up late.
        code.serves();
        assert!(matches!(code.now(), NewestCode::Failed(_)));
        code.pending();
        code.serves();
        assert!(matches!(code.now(), NewestCode::Serves));
    }
}
