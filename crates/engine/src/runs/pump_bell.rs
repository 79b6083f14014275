//! The bell that wakes the queue's pump, and remembers how often it was rung.
//!
//! A run that finds no slot is queued, and rings. If the pump looks at once, there may still be none, of a run that is just ending; and that
//! one has seen nobody wait. So whoever frees a slot rings too if the bell was rung since it looked.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Wakes the pump: a slot is free, or a run waits for one.
#[derive(Default)]
pub(super) struct PumpBell {
    wakes: Notify,
    rung: AtomicU64,
}

impl PumpBell {
    /// Wakes the pump now, or as soon as it would sleep.
    pub(super) fn ring(&self) {
        self.rung.fetch_add(1, Ordering::AcqRel);
        self.wakes.notify_one();
    }

    /// How often it was rung.
    pub(super) fn rung(&self) -> u64 {
        self.rung.load(Ordering::Acquire)
    }

    /// Resolves when it is rung.
    pub(super) async fn heard(&self) {
        self.wakes.notified().await;
    }
}
