//! Which runs wait on which thread, in the order in which they will begin: their places are told whenever one leaves.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::{RunId, ThreadId, Timestamp};

use super::run_state::{RunFacts, RunState};

/// All runs that wait.
#[derive(Default)]
pub(super) struct Queues(Mutex<WaitingRuns>);

/// The earlier one of a thread is the next: the one that is due first, and of those the one that came first.
type Order = (Timestamp, u64);

#[derive(Default)]
struct WaitingRuns {
    by_run: HashMap<RunId, (Arc<RunFacts>, Order)>,
    by_thread: HashMap<ThreadId, BTreeMap<Order, RunId>>,
    /// How many have come.
    came: u64,
}

impl Queues {
    /// A run waits from now on. Gives its place on its thread.
    pub(super) fn enter(&self, facts: &Arc<RunFacts>) -> u64 {
        let mut waiting = self.lock();
        waiting.came += 1;
        let order = (facts.created_at, waiting.came);
        let entry = (Arc::clone(facts), order);
        waiting.by_run.insert(facts.run_id, entry);
        let thread = waiting.by_thread.entry(facts.thread_id).or_default();
        thread.insert(order, facts.run_id);
        place(thread, order)
    }

    /// A run waits no longer. Gives it and the place that it had, if it waited.
    pub(super) fn leave(&self, run_id: RunId) -> Option<(Arc<RunFacts>, u64)> {
        let mut waiting = self.lock();
        let (facts, order) = waiting.by_run.remove(&run_id)?;
        let thread = waiting.by_thread.get_mut(&facts.thread_id)?;
        let place = place(thread, order);
        thread.remove(&order);
        if thread.is_empty() {
            waiting.by_thread.remove(&facts.thread_id);
        }
        Some((facts, place))
    }

    /// Nothing waits on a thread any more.
    pub(super) fn forget(&self, thread_id: ThreadId) {
        let mut waiting = self.lock();
        let gone = waiting.by_thread.remove(&thread_id);
        for run_id in gone.unwrap_or_default().values() {
            waiting.by_run.remove(run_id);
        }
    }

    /// Those that wait on a thread from this place on, `most` of them at most.
    pub(super) fn from(&self, thread_id: ThreadId, place: u64, most: usize) -> Vec<RunState> {
        let waiting = self.lock();
        let Some(thread) = waiting.by_thread.get(&thread_id) else {
            return Vec::new();
        };
        let before = usize::try_from(place.saturating_sub(1)).unwrap_or(usize::MAX);
        let behind = (place..).zip(thread.values().skip(before)).take(most);
        let states = behind.filter_map(|(place, run_id)| {
            let (facts, _) = waiting.by_run.get(run_id)?;
            Some(RunState::waiting(Arc::clone(facts), place))
        });
        states.collect()
    }

    fn lock(&self) -> MutexGuard<'_, WaitingRuns> {
        // Changed by code alone that cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the one of this order, from 1.
fn place(thread: &BTreeMap<Order, RunId>, order: Order) -> u64 {
    u64::try_from(thread.range(..order).count() + 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn facts(thread_id: ThreadId, due: i64) -> Arc<RunFacts> {
        let mut run = sample::run(thread_id);
        run.created_at = Timestamp::from_micros(due);
        RunFacts::of(&run)
    }

    #[test]
    fn places_are_by_time_and_then_by_coming() {
        let (queues, thread) = (Queues::default(), ThreadId::fresh());
        let (late, first, second) = (facts(thread, 9), facts(thread, 5), facts(thread, 5));
        assert_eq!(queues.enter(&late), 1);
        assert_eq!(queues.enter(&first), 1);
        assert_eq!(queues.enter(&second), 2);
        assert_eq!(queues.enter(&facts(ThreadId::fresh(), 1)), 1);

        let (left, place) = queues.leave(first.run_id).unwrap();
        assert_eq!((left.run_id, place), (first.run_id, 1));
        let moved: Vec<_> = queues
            .from(thread, place, 16)
            .iter()
            .map(RunState::summary)
            .map(|run| (run.run_id, run.queue_position))
            .collect();
        assert_eq!(moved, [(second.run_id, Some(1)), (late.run_id, Some(2))]);
        assert_eq!(queues.from(thread, 1, 1).len(), 1);

        assert!(queues.leave(first.run_id).is_none());
        queues.leave(second.run_id);
        queues.leave(late.run_id);
        assert!(queues.from(thread, 1, 16).is_empty());
    }
}
