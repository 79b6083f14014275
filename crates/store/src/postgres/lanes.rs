//! Lanes: what is asked of a thread's state happens in the order in which it was asked.
//!
//! Connections are many, and each does one thing at a time, so two writes that were begun one after the other could happen the other way
//! round. A graph writes its checkpoints without waiting for each of them, and its reads and the end of its run stand behind them: so
//! all that has to do with a thread takes a place in the thread's lane first, which costs nothing, and then waits for its turn. Different
//! threads do not wait for each other. What concerns several takes a place in all of their lanes at once, under one lock, so that no two
//! of these can wait for each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lgx_model::ThreadId;
use tokio::sync::oneshot;

/// The lanes of one server.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    /// The last place of each lane that has any.
    of_thread: HashMap<ThreadId, LastPlace>,
    /// How many places were given.
    given: u64,
}

#[derive(Debug)]
struct LastPlace {
    number: u64,
    has_passed: oneshot::Receiver<()>,
}

/// A place in the lanes of some threads. Those behind it have their turn when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    lanes: Arc<Lanes>,
    number: u64,
    before: Vec<oneshot::Receiver<()>>,
    behind: Vec<(ThreadId, oneshot::Sender<()>)>,
}

impl Lanes {
    /// Takes the next place of these threads' lanes.
    pub(crate) fn place(self: &Arc<Self>, threads: impl IntoIterator<Item = ThreadId>) -> Place {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.given += 1;
        let number = last.given;
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        for thread_id in threads {
            if behind.iter().any(|(taken, _)| *taken == thread_id) {
                continue;
            }
            let (passed, has_passed) = oneshot::channel();
            let place = LastPlace { number, has_passed };
            before.extend(
                last.of_thread
                    .insert(thread_id, place)
                    .map(|place| place.has_passed),
            );
            behind.push((thread_id, passed));
        }
        Place {
            lanes: Arc::clone(self),
            number,
            before,
            behind,
        }
    }
}

impl Place {
    /// Waits until all that was before it has passed.
    pub(crate) async fn turn(&mut self) {
        for passed in self.before.drain(..) {
            // It is never sent: that the other end is gone says it.
            let _ = passed.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut last = self.lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (thread_id, _) in &self.behind {
            if last.of_thread.get(thread_id).map(|place| place.number) == Some(self.number) {
                last.of_thread.remove(thread_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn has_turn(place: &mut Place) -> bool {
        let turn = tokio::time::timeout(Duration::ZERO, place.turn());
        turn.await.is_ok()
    }

    #[tokio::test]
    async fn whoever_has_a_place_waits_for_those_before_and_for_nobody_else() {
        let lanes = Arc::<Lanes>::default();
        let [one, two] = [ThreadId::fresh(), ThreadId::fresh()];
        let mut first = lanes.place([one]);
        let mut both = lanes.place([one, two, one]);
        let mut last = lanes.place([two]);
        let mut other = lanes.place([ThreadId::fresh()]);
        assert!(has_turn(&mut first).await && has_turn(&mut other).await);
        assert!(!has_turn(&mut both).await && !has_turn(&mut last).await);
    }

    #[tokio::test]
    async fn a_place_that_is_given_up_does_not_hold_up_those_behind() {
        let lanes = Arc::<Lanes>::default();
        let thread = ThreadId::fresh();
        let first = lanes.place([thread]);
        let second = lanes.place([thread]);
        let mut third = lanes.place([thread]);
        drop(first);
        assert!(!has_turn(&mut third).await);
        drop(second);
        third.turn().await;
        drop(third);
        assert!(lanes.0.lock().unwrap().of_thread.is_empty());
    }
}
