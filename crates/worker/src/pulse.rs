//! Whether a worker's event loop turns: it answers a PING, unless user code blocks it.
//!
//! While calls wait, one PING after the other is sent, a second apart; a worker that nobody asks anything is left alone. A PONG comes from
//! the event loop itself, so its absence means that nothing else that waits there goes on either, though the process lives and may well
//! be doing what it should: the silence says nothing about for how long. And while a debugger is attached it says nothing at all: a person
//! may stand at a breakpoint.

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
    debuggers: watch::Sender<Debuggers>,
}

/// Those that are attached.
#[derive(Default)]
struct Debuggers {
    count: usize,
    /// When the last one left.
    left: Option<Instant>,
}

impl Pulse {
    /// The answer to a PING has come.
    pub(crate) fn turned(&self, id: u64) {
        if id == self.last.load(Ordering::Relaxed) {
            self.unanswered.send_replace(None);
        }
    }

    /// A debugger attaches.
    pub(crate) fn attached(&self) {
        self.debuggers.send_modify(|debuggers| debuggers.count += 1);
    }

    /// One has left. Until now the event loop may have stood still because of it.
    pub(crate) fn detached(&self) {
        self.unanswered.send_modify(|unanswered| {
            *unanswered = unanswered.map(|_| Instant::now());
        });
        self.debuggers.send_modify(|debuggers| {
            debuggers.count -= 1;
            debuggers.left = Some(Instant::now());
        });
    }

    /// Whether a debugger is attached.
    pub(crate) fn is_debugged(&self) -> bool {
        self.debuggers.borrow().count > 0
    }

    /// Whether one has been that recently.
    pub(crate) fn was_debugged_within(&self, time: Duration) -> bool {
        let debuggers = self.debuggers.borrow();
        debuggers.count > 0 || debuggers.left.is_some_and(|left| left.elapsed() <= time)
    }

    /// Waits until a debugger is attached.
    pub(crate) async fn debugged(&self) {
        // The sender is `self`: it cannot be gone while we wait.
        let _ = self
            .debuggers
            .subscribe()
            .wait_for(|debuggers| debuggers.count > 0)
            .await;
    }

    /// Whether the event loop has not turned for `time`, as far as has been asked.
    pub(crate) fn silent_for(&self, time: Duration) -> bool {
        let since = *self.unanswered.borrow();
        !self.is_debugged() && since.is_some_and(|since| since.elapsed() >= time)
    }

    /// Waits until the event loop has not turned for `patience`. Gives since when.
    pub(crate) async fn silent(&self, patience: Duration) -> Instant {
        let mut unanswered = self.unanswered.subscribe();
        let mut debuggers = self.debuggers.subscribe();
        loop {
            let is_debugged = debuggers.borrow_and_update().count > 0;
            let since = unanswered.borrow_and_update().filter(|_| !is_debugged);
            tokio::select! {
                () = until(since.map(|since| since + patience)) => if let Some(since) = since { return since },
                // The sender is `self`: it cannot be gone while we wait.
                _ = unanswered.changed() => {}
                _ = debuggers.changed() => {}
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
            () = connection.pulse().debugged() => {}
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn whoever_stands_at_a_breakpoint_is_not_silent() {
        let pulse = Pulse::default();
        pulse.unanswered.send_replace(Some(Instant::now()));
        pulse.attached();
        let silent = tokio::time::timeout(PATIENCE * 10, pulse.silent(PATIENCE));
        assert!(silent.await.is_err() && !pulse.silent_for(PATIENCE));
        // What follows is the code's own doing.
        let left = Instant::now();
        pulse.detached();
        assert!(!pulse.silent_for(PATIENCE));
        assert_eq!(pulse.silent(PATIENCE).await, left);
        assert_eq!(left.elapsed(), PATIENCE);
        assert!(pulse.silent_for(PATIENCE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_debugger_that_attaches_to_one_that_stands_still_puts_it_off() {
        let pulse = Pulse::default();
        pulse.unanswered.send_replace(Some(Instant::now()));
        let attaches = async {
            tokio::time::sleep(PATIENCE / 2).await;
            pulse.attached();
            tokio::time::sleep(PATIENCE).await;
            pulse.detached();
        };
        let began = Instant::now();
        tokio::join!(pulse.silent(PATIENCE), attaches);
        assert_eq!(began.elapsed(), PATIENCE / 2 + PATIENCE + PATIENCE);
    }
}
