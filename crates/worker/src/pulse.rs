//! Whether a worker's event loop turns: it answers a PING, unless user code blocks it.
//!
//! While calls wait, one PING after the other is sent, a second apart; a worker that nobody asks anything is left alone. A PONG comes from
//! the event loop itself, so its absence means that nothing else that waits there goes on either, though the process lives and may well
//! be doing what it should: the silence says nothing about for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::connection::Connection;
use crate::frame::{Frame, Kind};

/// Between a PONG and the next PING.
const BEAT: Duration = Duration::from_secs(1);

/// What is known of the event loop.
#[derive(Default)]
pub(crate) struct Pulse {
    /// When the PING was sent that has not been answered.
    unanswered: watch::Sender<Option<Instant>>,
    last: AtomicU64,
}

impl Pulse {
    /// The answer to a PING has come.
    pub(crate) fn turned(&self, id: u64) {
        if id == self.last.load(Ordering::Relaxed) {
            self.unanswered.send_replace(None);
        }
    }

    /// Whether the event loop has not turned for `time`, as far as has been asked.
    pub(crate) fn silent_for(&self, time: Duration) -> bool {
        self.unanswered
            .borrow()
            .is_some_and(|since| since.elapsed() >= time)
    }

    /// Waits until the event loop has not turned for `patience`. Gives since when.
    pub(crate) async fn silent(&self, patience: Duration) -> Instant {
        let mut unanswered = self.unanswered.subscribe();
        loop {
            let since = *unanswered.borrow_and_update();
            tokio::select! {
                () = until(since.map(|since| since + patience)) => if let Some(since) = since { return since },
                // The sender is `self`: it cannot be gone while we wait.
                _ = unanswered.changed() => {}
            }
        }
    }

    /// Waits until the event loop turns.
    pub(crate) async fn turns(&self) {
        let _ = self.unanswered.subscribe().wait_for(Option::is_none).await;
    }
}

/// Asks while calls wait, until the worker has ended.
pub(crate) async fn beat(connection: Arc<Connection>) {
    let pulse = connection.pulse();
    let asking = async {
        loop {
            connection.calls().any().await;
            let id = pulse.last.fetch_add(1, Ordering::Relaxed) + 1;
            pulse.unanswered.send_replace(Some(Instant::now()));
            connection.send(Frame::bare(Kind::Ping, id)).await;
            pulse.turns().await;
            tokio::time::sleep(BEAT).await;
        }
    };
    tokio::select! {
        () = asking => {}
        _ = connection.died() => {}
    }
}

/// Waits until the event loop has not turned for `patience` while a call waits that another worker could answer. Gives since when.
pub(crate) async fn blocked(connection: &Connection, patience: Duration) -> Instant {
    loop {
        let since = connection.pulse().silent(patience).await;
        tokio::select! {
            () = connection.calls().any_to_move() => return since,
            () = connection.pulse().turns() => {}
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
