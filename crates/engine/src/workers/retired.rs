//! Crews that do not serve any more: how each is seen out, and how many may go on that block their event loops.
//!
//! Such a crew stays until the last run on it has ended. One whose event loop is blocked may stay too, because it may well be doing what it
//! should; what it has not begun on goes to one that serves. But a loop without end would stay for good and burn a core. So there are at
//! most as many of them as serve, and one; and when there is one more, the one that has been blocked the longest is ended, though not
//! before it has had [`LEAST_PATIENCE`] times the patience that one that serves gets.

use std::sync::Arc;
use std::time::Duration;

use lgx_worker::{Death, Worker};
use tokio::sync::watch;
use tokio::time::Instant;

use super::crew::Crew;
use super::process::Process;
use super::team::Team;
use super::{SHUTDOWN_GRACE, Workers};
use crate::notice::Notice;

/// How many times [`crate::Options::blocked_after`] each of them may take at least.
const LEAST_PATIENCE: u32 = 12;

/// Those that are blocked.
pub(super) struct Stuck {
    state: watch::Sender<StuckState>,
    /// How many there may be.
    most: usize,
}

#[derive(Default)]
struct StuckState {
    /// Since when each has been blocked and its number, the one that has been so the longest first.
    crews: Vec<(Instant, u64)>,
    /// How many that still serve are blocked and want to be among them.
    more: usize,
}

impl StuckState {
    fn count(&self) -> usize {
        self.crews.len() + self.more
    }
}

/// One of them, until it is dropped.
struct StuckPlace<'a> {
    stuck: &'a Stuck,
    number: u64,
}

/// The wish for places, until it is dropped.
struct Wish<'a> {
    stuck: &'a Stuck,
    places: usize,
}

impl Stuck {
    /// None so far, where so many crews serve.
    pub(super) fn for_crews(count: usize) -> Self {
        Self {
            state: watch::Sender::default(),
            most: count + 1,
        }
    }

    fn enter(&self, number: u64, since: Instant) -> StuckPlace<'_> {
        self.state.send_modify(|state| {
            // They may come in another order: several that leave together do.
            let longer = state.crews.partition_point(|(other, _)| *other <= since);
            state.crews.insert(longer, (since, number));
        });
        StuckPlace {
            stuck: self,
            number,
        }
    }

    /// Waits until so many more may be blocked.
    pub(super) async fn room(&self, places: usize) {
        self.state.send_modify(|state| state.more += places);
        let _wish = Wish {
            stuck: self,
            places,
        };
        // The sender is `self`: it cannot be gone while we wait.
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.count() <= self.most)
            .await;
    }

    /// Whether this one has to go for others.
    fn is_surplus(&self, state: &StuckState, number: u64) -> bool {
        let longest = state.crews.first().map(|(_, number)| *number);
        state.count() > self.most && longest == Some(number)
    }
}

impl StuckPlace<'_> {
    /// Waits until it has to be given up.
    async fn is_surplus(&self) {
        let _ = self
            .stuck
            .state
            .subscribe()
            .wait_for(|state| self.stuck.is_surplus(state, self.number))
            .await;
    }
}

impl Drop for StuckPlace<'_> {
    fn drop(&mut self) {
        self.stuck
            .state
            .send_modify(|state| state.crews.retain(|(_, number)| *number != self.number));
    }
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        let places = self.places;
        self.stuck.state.send_modify(|state| state.more -= places);
    }
}

/// Sees a crew out that does not serve any more: each of its workers finishes what it has and leaves.
pub(super) fn retire(workers: &Arc<Workers>, crew: &Arc<Crew>) {
    retire_those(workers, crew, |_| true);
}

/// The same, of those that do not go on in the team that serves from now on.
pub(super) fn retire_for(workers: &Arc<Workers>, crew: &Arc<Crew>, next: &Team) {
    retire_those(workers, crew, |process| !next.has_process(process));
}

/// Sees those workers of a crew out that live, after one of them has died. Of that one it has been told already.
pub(super) fn retire_survivors(workers: &Arc<Workers>, crew: &Arc<Crew>) {
    retire_those(workers, crew, |process| !process.worker().is_dead());
}

fn retire_those(workers: &Arc<Workers>, crew: &Arc<Crew>, which: impl Fn(&Arc<Process>) -> bool) {
    for process in crew.processes().filter(|process| which(process)) {
        let (its_workers, process) = (Arc::clone(workers), Arc::clone(process));
        let crew = Arc::clone(crew);
        workers.tasks.spawn(async move {
            see_out(&its_workers, &crew, &process).await;
        });
    }
}

async fn see_out(workers: &Workers, crew: &Crew, process: &Process) {
    let worker = process.worker();
    let place = workers.lingering.enter(crew.number());
    let let_go = async {
        place.is_old().await;
        crew.end_streams();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = workers.stopping.cancelled() => {}
        _ = worker.died() => {}
        () = process.drained() => {}
        () = relieve(workers, crew.number(), worker) => {}
        () = let_go => {}
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

/// Looks after a worker of a crew that leaves, whose event loop is blocked, again and again.
async fn relieve(workers: &Workers, crew: u64, worker: &Worker) {
    let patience = workers.options.blocked_after;
    let mut since = worker.silent(patience).await;
    loop {
        // Whoever waits for it in vain goes to one that serves.
        worker.withdraw();
        let place = workers.stuck.enter(crew, since);
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
        let stuck = Stuck::for_crews(1);
        let surplus = |number| stuck.is_surplus(&stuck.state.borrow(), number);
        let earlier = Instant::now();
        let later = earlier + Duration::from_secs(1);
        // Whichever comes first.
        let second = stuck.enter(2, later);
        let first = stuck.enter(4, earlier);
        assert!(!surplus(4) && !surplus(2));
        let third = stuck.enter(7, later);
        assert!(surplus(4) && !surplus(2) && !surplus(7));
        drop(first);
        assert!(!surplus(2) && !surplus(7));
        drop((second, third));
        assert!(stuck.state.borrow().crews.is_empty());
    }

    #[test]
    fn where_more_serve_more_may_be_blocked() {
        let stuck = Stuck::for_crews(3);
        let now = Instant::now();
        let places = [1, 2, 3, 4].map(|number| stuck.enter(number, now));
        assert!(!stuck.is_surplus(&stuck.state.borrow(), 1));
        let _fifth = stuck.enter(5, now);
        assert!(stuck.is_surplus(&stuck.state.borrow(), 1));
        drop(places);
    }

    #[tokio::test]
    async fn one_more_waits_for_its_place_and_lets_the_first_know() {
        let stuck = Arc::new(Stuck::for_crews(1));
        let first = stuck.enter(1, Instant::now());
        let _second = stuck.enter(2, Instant::now());
        let waiting = {
            let stuck = Arc::clone(&stuck);
            tokio::spawn(async move { stuck.room(1).await })
        };
        first.is_surplus().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        assert_eq!(stuck.state.borrow().more, 0);
    }
}
