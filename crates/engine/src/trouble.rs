//! Telling the person what keeps the state from being saved: once, however many requests and runs meet it.

use std::sync::Arc;
use std::time::Duration;

use lgx_store::{Store, Unavailable};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::notice::{Notice, Observer, StateNotice};

/// A trouble that comes back within this time is the same one: on a full disk what is small enough still finds a place.
const SAME_FOR: Duration = Duration::from_secs(60);

/// Tells of each trouble of the store until `stopping`.
pub(crate) async fn report_trouble(
    store: Store,
    observer: Arc<dyn Observer>,
    stopping: CancellationToken,
) {
    let mut trouble = store.trouble();
    let mut last = LastTrouble::default();
    loop {
        let present = trouble.borrow_and_update().clone();
        if let Some(unavailable) = present
            && last.is_news(&unavailable, Instant::now())
        {
            observer.notice(Notice::State(StateNotice::Unavailable(unavailable)));
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = trouble.changed() => if changed.is_err() { return },
        }
    }
}

/// What was told last, and when it was last met.
#[derive(Default)]
struct LastTrouble(Option<(Unavailable, Instant)>);

impl LastTrouble {
    /// Whether this has to be told now.
    fn is_news(&mut self, trouble: &Unavailable, now: Instant) -> bool {
        let known = self
            .0
            .as_ref()
            .is_some_and(|(told, met)| told == trouble && now.duration_since(*met) < SAME_FOR);
        self.0 = Some((trouble.clone(), now));
        !known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_once_until_it_has_been_over_for_a_while() {
        let mut last = LastTrouble::default();
        let start = Instant::now();
        for (trouble, seconds, news) in [
            (Unavailable::DiskFull, 0, true),
            (Unavailable::DiskFull, 50, false),
            (Unavailable::DiskFull, 100, false),
            (Unavailable::Locked, 101, true),
            (Unavailable::DiskFull, 102, true),
            (Unavailable::DiskFull, 162, true),
        ] {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(last.is_news(&trouble, now), news, "{trouble} at {seconds}");
        }
    }
}
