//! What an instance knows of itself without asking: when the others last heard of it, and which threads are at home here.
//!
//! It counts as dead once nobody has heard of it for some time by the clock of the database, and stops acting as if it were not a good
//! while before that by its own, which nobody sets. So nothing is done in the belief that a thread is at home here after it has moved; what is
//! on its way then is refused by the rows.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lgx_model::ThreadId;
use tokio::sync::watch;
use uuid::Uuid;

use crate::instances::Instance;

/// How long an instance may act without having been heard of.
const ACTS_FOR: Duration = Duration::from_secs(10);
/// How many threads are remembered to be at home here. Of those that are forgotten the rows know.
const MOST_REMEMBERED: usize = 100_000;

/// One of several instances, as it knows itself.
pub(crate) struct Membership {
    pub(crate) instance: Instance,
    heard: Mutex<Heard>,
    /// Whether it is its turn to do what one does for all.
    pub(crate) on_duty: watch::Sender<bool>,
}

#[derive(Default)]
struct Heard {
    /// When the last sign of life set out that has arrived.
    last: Option<Instant>,
    homes: HashSet<ThreadId>,
    is_leaving: bool,
}

impl Membership {
    pub(crate) fn of(instance: Instance) -> Self {
        Self {
            instance,
            heard: Mutex::default(),
            on_duty: watch::Sender::new(false),
        }
    }

    /// Its id, as statements take it.
    pub(crate) const fn id(&self) -> Uuid {
        self.instance.instance_id.uuid()
    }

    /// A sign of life that set out at this moment has arrived. One that is new has no home yet.
    pub(crate) fn was_heard(&self, at: Instant, is_new: bool) {
        let mut heard = self.heard();
        if is_new {
            heard.homes.clear();
        }
        heard.last = Some(at);
    }

    /// Whether it may act as one that is alive.
    pub(crate) fn is_in_force(&self) -> bool {
        self.heard().is_in_force()
    }

    /// Whether a thread is known to be at home here.
    pub(crate) fn is_home_of(&self, thread_id: ThreadId) -> bool {
        let heard = self.heard();
        heard.is_in_force() && !heard.is_leaving && heard.homes.contains(&thread_id)
    }

    /// A thread is at home here, as its row says.
    pub(crate) fn is_home(&self, thread_id: ThreadId) {
        let mut heard = self.heard();
        if heard.is_leaving {
            return;
        }
        if heard.homes.len() >= MOST_REMEMBERED {
            heard.homes.clear();
        }
        heard.homes.insert(thread_id);
    }

    /// It is about to leave: others may take its homes.
    pub(crate) fn leaves(&self) {
        let mut heard = self.heard();
        heard.is_leaving = true;
        heard.homes.clear();
    }

    /// Nothing is at home here any more, as far as is known.
    pub(crate) fn forget_homes(&self) {
        self.heard().homes.clear();
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn is_in_force(&self) -> bool {
        self.last.is_some_and(|last| last.elapsed() < ACTS_FOR)
    }
}
