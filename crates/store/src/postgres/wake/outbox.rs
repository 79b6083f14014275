//! The hints that wait to be sent: each once, and not more than can be told.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::instances::Hint;

/// So many at most; whoever would be told more has more to do with each than with a look at everything.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Outbox {
    waiting: Mutex<BTreeSet<Hint>>,
    filled: Notify,
}

impl Outbox {
    /// Adds hints.
    pub(super) fn put(&self, hints: impl IntoIterator<Item = Hint>) {
        let mut waiting = self.waiting();
        waiting.extend(hints);
        if waiting.len() > MOST {
            *waiting = BTreeSet::from([Hint::LookAgain]);
        }
        if !waiting.is_empty() {
            self.filled.notify_one();
        }
    }

    /// All that there are, once there are any, but not before `earliest`.
    pub(super) async fn take(&self, earliest: Instant) -> BTreeSet<Hint> {
        loop {
            if !self.waiting().is_empty() {
                sleep_until(earliest).await;
                return self.take_now();
            }
            self.filled.notified().await;
        }
    }

    /// All that there are now.
    pub(super) fn take_now(&self) -> BTreeSet<Hint> {
        std::mem::take(&mut *self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<Hint>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lgx_model::RunId;

    use super::*;

    #[tokio::test]
    async fn hints_are_taken_together_and_each_once() {
        let outbox = Outbox::default();
        let ended = Hint::Ended(RunId::fresh());
        outbox.put([ended, Hint::Work]);
        let began = Instant::now();
        let earliest = began + Duration::from_millis(10);
        let taken = async {
            let taken = outbox.take(earliest).await;
            (taken, began.elapsed())
        };
        let put = async { outbox.put([ended, Hint::LookAgain]) };
        let ((taken, after), ()) = tokio::join!(taken, put);
        let all = BTreeSet::from([ended, Hint::Work, Hint::LookAgain]);
        assert_eq!(taken, all);
        assert!(after >= Duration::from_millis(10), "{after:?}");
        assert!(outbox.take_now().is_empty());
    }

    #[test]
    fn more_than_can_be_told_is_a_look_at_everything() {
        let outbox = Outbox::default();
        outbox.put((0..MOST).map(|_| Hint::Ended(RunId::fresh())));
        assert_eq!(outbox.waiting().len(), MOST);
        outbox.put([Hint::Work]);
        assert_eq!(outbox.take_now(), BTreeSet::from([Hint::LookAgain]));
    }
}
