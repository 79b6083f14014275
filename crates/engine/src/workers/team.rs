//! The crews that serve side by side, all of one generation, and which of them takes the next run or call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use lgx_worker::{Death, ExecutingRun};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::Generation;
use super::crew::Crew;
use super::process::Process;

/// One crew or more of a generation. Never changed: another team takes its place.
#[derive(Clone)]
pub(super) struct Team {
    first: Arc<Crew>,
    others: Vec<Arc<Crew>>,
}

/// Which crew a run or a call wants.
pub(super) struct Wanted {
    /// Not the one of this number.
    pub(super) not: u64,
    /// Rather one whose event loop has not stood still for this long.
    pub(super) patience: Duration,
    /// Whose turn it is, of those that are as busy as each other.
    pub(super) turn: usize,
}

/// Where a run goes.
pub(super) enum Seat {
    /// To this crew.
    Free(Arc<Crew>, OwnedSemaphorePermit),
    /// To the first of these that has room.
    Full(Vec<Arc<Crew>>),
}

/// Whose turn it is.
#[derive(Default)]
pub(super) struct Turns {
    runs: AtomicUsize,
    calls: AtomicU32,
}

impl Turns {
    /// The turn of the next run: one crew after the other.
    pub(super) fn next_run(&self) -> usize {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }

    /// The turn of the next call. Not one crew after the other: a request may make several calls, and the same one of each request would
    /// always go to the same crew.
    pub(super) fn next_call(&self) -> usize {
        // The golden ratio, by which multiples are spread most evenly, whatever the step between them.
        const SPREAD: u32 = 0x9E37_79B9;
        let turn = self.calls.fetch_add(1, Ordering::Relaxed);
        (turn.wrapping_mul(SPREAD) >> 16) as usize
    }
}

impl Team {
    /// This one and others, which have loaded the same.
    pub(super) const fn new(first: Arc<Crew>, others: Vec<Arc<Crew>>) -> Self {
        Self { first, others }
    }

    /// What all of them have loaded.
    pub(super) fn generation(&self) -> &Arc<Generation> {
        self.first.generation()
    }

    /// One of them.
    pub(super) const fn first(&self) -> &Arc<Crew> {
        &self.first
    }

    /// All of them.
    pub(super) fn crews(&self) -> impl Iterator<Item = &Arc<Crew>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How many they are.
    pub(super) const fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Whether this one is one of them.
    pub(super) fn has(&self, crew: &Crew) -> bool {
        self.crews().any(|own| own.number() == crew.number())
    }

    /// Lets what they use of what is installed be imported ahead by the workers that come after them.
    pub(super) fn prepare_next(&self) {
        self.first.prepare_next();
    }

    /// Whether this is a process of one of them.
    pub(super) fn has_process(&self, process: &Arc<Process>) -> bool {
        self.crews().any(|crew| crew.has(process))
    }

    /// The runs that go on with processes which are not of `next`, the oldest first.
    pub(super) fn left_behind_by(&self, next: &Self) -> Vec<ExecutingRun> {
        let processes = self.crews().flat_map(|crew| crew.processes());
        let left = processes.filter(|process| !next.has_process(process));
        let mut runs: Vec<_> = left
            .flat_map(|process| process.worker().executing())
            .collect();
        runs.sort_by_key(|run| run.run_id);
        runs
    }

    /// The others, if there are any.
    pub(super) fn without(&self, crew: &Crew) -> Option<Self> {
        let mut others = self.crews().filter(|own| own.number() != crew.number());
        Some(Self {
            first: Arc::clone(others.next()?),
            others: others.cloned().collect(),
        })
    }

    /// Those of another team of the same generation too.
    pub(super) fn with(mut self, more: &Self) -> Self {
        self.others.extend(more.crews().cloned());
        self
    }

    /// The crew for a call: the least busy one. None if none takes calls.
    pub(super) fn for_call(&self, wanted: &Wanted) -> Option<&Arc<Crew>> {
        self.best(wanted, Crew::uses, |_| true)
    }

    /// The crew for a run: the one with the fewest runs. None if none takes calls.
    pub(super) fn for_run(&self, wanted: &Wanted) -> Option<Seat> {
        // A place that somebody else has taken meanwhile is looked for anew.
        while let Some(crew) = self.best(wanted, Crew::runs, Crew::has_room) {
            if let Some(permit) = crew.try_place() {
                return Some(Seat::Free(Arc::clone(crew), permit));
            }
        }
        let full: Vec<_> = self
            .crews()
            .filter(|crew| crew.number() != wanted.not && crew.takes_calls())
            .cloned()
            .collect();
        (!full.is_empty()).then_some(Seat::Full(full))
    }

    fn best(
        &self,
        wanted: &Wanted,
        busy: impl Fn(&Crew) -> usize,
        suits: impl Fn(&Crew) -> bool,
    ) -> Option<&Arc<Crew>> {
        if self.others.is_empty() {
            // Whoever it does not serve waits for the next one anyway.
            let crew = &self.first;
            return (crew.number() != wanted.not && suits(crew)).then_some(crew);
        }
        let willing = self.crews().enumerate();
        let willing = willing
            .filter(|(_, crew)| crew.number() != wanted.not && crew.takes_calls() && suits(crew))
            .map(|(index, crew)| (index, crew.is_silent_for(wanted.patience), busy(crew)));
        let best = best_of(willing, wanted.turn, self.count())?;
        self.crews().nth(best)
    }

    /// The runs that they execute, the oldest first.
    pub(super) fn executing(&self) -> Vec<ExecutingRun> {
        let mut runs: Vec<_> = self.crews().flat_map(|crew| crew.executing()).collect();
        runs.sort_by_key(|run| run.run_id);
        runs
    }

    /// Resolves when a worker of one of them has ended.
    pub(super) async fn died(&self) -> (Arc<Crew>, Death) {
        let ends = self
            .crews()
            .map(|crew| Box::pin(async move { (Arc::clone(crew), crew.died().await) }));
        select_all(ends).await.0
    }

    /// Resolves when all of them have ended.
    pub(super) async fn gone(&self) {
        join_all(self.crews().map(|crew| crew.gone())).await;
    }

    /// Waits until one of them that is newer than the one of this number is blocked for `patience`; see [`Crew::blocked`].
    pub(super) async fn blocked(&self, patience: Duration, newer: u64) -> (Arc<Crew>, Instant) {
        let relievable = self.crews().filter(|crew| crew.number() > newer);
        let blocks: Vec<_> = relievable
            .map(|crew| Box::pin(async move { (Arc::clone(crew), crew.blocked(patience).await) }))
            .collect();
        if blocks.is_empty() {
            return std::future::pending().await;
        }
        select_all(blocks).await.0
    }

    /// Ends all of them, kindly first.
    pub(super) async fn dismiss(&self) {
        join_all(self.crews().map(|crew| crew.dismiss())).await;
    }
}

/// Which of these is the best: each with its index of `count`, whether its event loop stands still, and how busy it is. Those that are as
/// good as others take turns.
fn best_of(
    candidates: impl Iterator<Item = (usize, bool, usize)>,
    turn: usize,
    count: usize,
) -> Option<usize> {
    let rank = |(index, is_slow, busy): &(usize, bool, usize)| {
        let waits = (index + count - turn % count) % count;
        (*is_slow, *busy, waits)
    };
    candidates.min_by_key(rank).map(|(index, ..)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_busy_one_is_taken_and_one_that_stands_still_only_if_all_do() {
        for (candidates, expected) in [
            (vec![(0, false, 2), (1, false, 1), (2, false, 3)], Some(1)),
            (vec![(0, true, 0), (1, false, 9)], Some(1)),
            (vec![(0, true, 2), (1, true, 1)], Some(1)),
            (vec![(2, false, 5)], Some(2)),
            (vec![], None),
        ] {
            let best = best_of(candidates.iter().copied(), 0, 3);
            assert_eq!(best, expected, "{candidates:?}");
        }
    }

    #[test]
    fn calls_are_spread_evenly_however_many_a_request_makes() {
        for crews in [2, 3, 8] {
            for calls in 1..=4 {
                let turns = Turns::default();
                let mut taken = vec![0_usize; crews];
                for _ in 0..1000 {
                    taken[turns.next_call() % crews] += 1;
                    for _ in 1..calls {
                        turns.next_call();
                    }
                }
                let fewest = taken.iter().min();
                assert!(fewest >= Some(&(800 / crews)), "{calls} {taken:?}");
            }
        }
    }

    #[test]
    fn those_that_are_as_busy_as_each_other_take_turns() {
        let idle = [(0, false, 0), (1, false, 0), (2, false, 0)];
        let turns = (0..6).map(|turn| best_of(idle.into_iter(), turn, 3));
        assert_eq!(
            turns.collect::<Vec<_>>(),
            [0, 1, 2, 0, 1, 2].map(Some).to_vec()
        );
        // The second one does not serve.
        let turns = (0..3).map(|turn| best_of([idle[0], idle[2]].into_iter(), turn, 3));
        assert_eq!(turns.collect::<Vec<_>>(), [0, 2, 2].map(Some).to_vec());
    }
}
