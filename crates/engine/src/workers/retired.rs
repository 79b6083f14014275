//! Old generations: how each is seen out, and how many may go on that block their event loops.
//!
//! A generation that no longer serves stays until the last run on it has ended. One whose event loop is blocked may stay too, because it
//! may well be doing what it should; what it has not begun on goes to the generation that serves. But a loop without end would stay
//! for good and burn a core. So at most [`MOST_STUCK`] of them are kept, and when there is one more, the one that has been blocked
//! the longest is ended, though not before it has had [`LEAST_PATIENCE`] times the patience that a generation that serves gets.

use std::sync::Arc;
use std::time::Duration;

use lgx_worker::{Death, Worker};
use tokio::sync::watch;

use super::{Generation, SHUTDOWN_GRACE, Workers};
use crate::notice::Notice;

/// How many old generations may be blocked at a time.
const MOST_STUCK: usize = 2;
/// How many times [`crate::Options::blocked_after`] each of them may take at least.
const LEAST_PATIENCE: u32 = 12;

/// The old generations that are blocked.
#[derive(Default)]
pub(super) struct Stuck {
    state: watch::Sender<StuckState>,
}

#[derive(Default)]
struct StuckState {
    /// Their numbers, the one that has been blocked the longest first.
    generations: Vec<u64>,
    /// The generation that serves is blocked and wants to be one of them.
    one_more: bool,
}

impl StuckState {
    /// Whether this one has to go for others.
    fn is_surplus(&self, number: u64) -> bool {
        let count = self.generations.len() + usize::from(self.one_more);
        count > MOST_STUCK && self.generations.first() == Some(&number)
    }
}

/// One of them, until it is dropped.
struct StuckPlace<'a> {
    stuck: &'a Stuck,
    number: u64,
}

/// The wish for a place, until it is dropped.
struct Wish<'a>(&'a Stuck);

impl Stuck {
    fn enter(&self, number: u64) -> StuckPlace<'_> {
        self.state
            .send_modify(|state| state.generations.push(number));
        StuckPlace {
            stuck: self,
            number,
        }
    }

    /// Waits until one more may be blocked.
    pub(super) async fn room(&self) {
        self.state.send_modify(|state| state.one_more = true);
        let _wish = Wish(self);
        // The sender is `self`: it cannot be gone while we wait.
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.generations.len() < MOST_STUCK)
            .await;
    }
}

impl StuckPlace<'_> {
    /// Waits until it has to be given up.
    async fn is_surplus(&self) {
        let _ = self
            .stuck
            .state
            .subscribe()
            .wait_for(|state| state.is_surplus(self.number))
            .await;
    }
}

impl Drop for StuckPlace<'_> {
    fn drop(&mut self) {
        self.stuck
            .state
            .send_modify(|state| state.generations.retain(|number| *number != self.number));
    }
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.one_more = false);
    }
}

/// Sees a generation out that does not serve any more: each of its workers finishes what it has and leaves.
pub(super) fn retire(workers: &Arc<Workers>, generation: &Arc<Generation>) {
    retire_those(workers, generation, |_| true);
}

/// Sees those workers of a generation out that live, after one of them has died. Of that one it has been told already.
pub(super) fn retire_survivors(workers: &Arc<Workers>, generation: &Arc<Generation>) {
    retire_those(workers, generation, |worker| !worker.is_dead());
}

fn retire_those(
    workers: &Arc<Workers>,
    generation: &Arc<Generation>,
    which: impl Fn(&Worker) -> bool,
) {
    for worker in generation.workers().all().filter(|worker| which(worker)) {
        let (its_workers, worker) = (Arc::clone(workers), worker.clone());
        let generation = Arc::clone(generation);
        workers.tasks.spawn(async move {
            see_out(&its_workers, &generation, &worker).await;
        });
    }
}

async fn see_out(workers: &Workers, generation: &Generation, worker: &Worker) {
    tokio::select! {
        () = workers.stopping.cancelled() => {}
        _ = worker.died() => {}
        () = generation.drained() => {}
        () = relieve(workers, generation.number(), worker) => {}
    }
    worker.shutdown(SHUTDOWN_GRACE).await;
    let death = worker.died().await;
    // One that leaves when it is told to, with nothing to do, is no news. One that is ended because of a run is, though it
    // may have been let go before it was dead.
    if death.by_server || !death.runs.is_empty() {
        notice_death(workers, death);
    }
}

/// Tells of the end of a worker that did not serve; when the server stops, they all end.
fn notice_death(workers: &Workers, death: Death) {
    if !workers.stopping.is_cancelled() {
        workers.notice(Notice::WorkerDied { death, pause: None });
    }
}

/// Looks after a worker of an old generation whose event loop is blocked, again and again.
async fn relieve(workers: &Workers, generation: u64, worker: &Worker) {
    let patience = workers.options.blocked_after;
    let mut since = worker.silent(patience).await;
    loop {
        // Whoever waits for it in vain goes to the generation that serves.
        worker.withdraw();
        let place = workers.stuck.enter(generation);
        let over = async {
            place.is_surplus().await;
            tokio::time::sleep_until(since + patience * LEAST_PATIENCE).await;
            place.is_surplus().await;
        };
        tokio::select! {
            () = over => {
                // Of several runs it is not known which one it is.
                let because_of = match &*worker.executing() {
                    [run] => Some(run.run_id),
                    _ => None,
                };
                worker.end(too_long(since.elapsed()), because_of);
            }
            () = worker.turns() => {}
        }
        drop(place);
        since = worker.silent(patience).await;
    }
}

fn too_long(time: Duration) -> String {
    format!(
        "it blocked its event loop for {} s, and newer ones are blocked too",
        time.as_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_has_been_blocked_the_longest_goes_when_there_are_too_many() {
        let stuck = Stuck::default();
        let surplus = |number| stuck.state.borrow().is_surplus(number);
        let first = stuck.enter(4);
        let second = stuck.enter(2);
        assert!(!surplus(4) && !surplus(2));
        let third = stuck.enter(7);
        assert!(surplus(4) && !surplus(2) && !surplus(7));
        drop(first);
        assert!(!surplus(2) && !surplus(7));
        drop((second, third));
        assert!(stuck.state.borrow().generations.is_empty());
    }

    #[tokio::test]
    async fn one_more_waits_for_its_place_and_lets_the_first_know() {
        let stuck = Arc::new(Stuck::default());
        let first = stuck.enter(1);
        let _second = stuck.enter(2);
        let waiting = {
            let stuck = Arc::clone(&stuck);
            tokio::spawn(async move { stuck.room().await })
        };
        first.is_surplus().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        assert!(!stuck.state.borrow().one_more);
    }
}
