//! Sleeping until something is due, or for ever while nothing is: what the queue of runs, expiry, the journal and runs themselves wait with.
//!
//! Whoever waits for the next thing to be due ([`due_in`], [`look_in`]) sleeps no longer than [`LONGEST`]: timers cannot count for ever, and
//! a laptop's clock may jump while it is shut. It wakes, looks again, and sleeps on.

use std::time::Duration;

use tokio::time::Instant;

/// The longest sleep.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// When to look again for what is due in `wait`.
pub(crate) fn look_in(wait: Duration) -> Instant {
    Instant::now() + wait.min(LONGEST)
}

/// Resolves when it is time to look for what is due in `wait`; never while nothing is.
pub(crate) async fn due_in(wait: Option<Duration>) {
    due_at(wait.map(look_in)).await;
}

/// Resolves at `instant`; never without one.
pub(crate) async fn due_at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
