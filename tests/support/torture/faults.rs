//! What several instances meet next, and when.

use crate::Random;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// An instance is killed alone (SIGKILL).
    Killed,
    /// An instance is killed with all its processes.
    KilledWhole,
    /// An instance stands still for longer than the others wait for it (SIGSTOP), and then goes on (SIGCONT).
    Frozen,
    /// The same with all of its processes.
    FrozenWhole,
    /// The database falls, and rises again.
    DatabaseFell,
    /// An instance is told to stop (SIGTERM), and another takes its place.
    Drained,
    /// The workers of an instance are killed.
    Workers,
}

impl Fault {
    /// As the summary calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Killed => "an instance alone was killed",
            Self::KilledWhole => "an instance and all its processes were killed",
            Self::Frozen => "an instance alone stood still, and went on",
            Self::FrozenWhole => "an instance and all its processes stood still, and went on",
            Self::DatabaseFell => "the database fell, and rose again",
            Self::Drained => "an instance was drained and replaced",
            Self::Workers => "the workers of an instance were killed",
        }
    }
}

/// A fault to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blow {
    pub(super) fault: Fault,
    /// After how many more requests.
    pub(super) after: u64,
    /// Which of the instances it hits.
    pub(super) number: u64,
}

impl Blow {
    /// The next one of a plan; the first few are one of each kind that matters most.
    pub(super) fn next(random: &mut Random, before: usize) -> Self {
        use Fault::{DatabaseFell, Drained, Frozen, FrozenWhole, Killed, KilledWhole, Workers};
        let first = [Killed, FrozenWhole, DatabaseFell, Drained];
        let any = [
            Killed,
            Killed,
            Killed,
            KilledWhole,
            KilledWhole,
            Frozen,
            FrozenWhole,
            DatabaseFell,
            DatabaseFell,
            Drained,
            Drained,
            Workers,
        ];
        let drawn = random.pick(&any);
        Self {
            fault: first.get(before).copied().unwrap_or(drawn),
            after: 30 + random.below(200),
            number: random.below(u64::from(u32::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan_and_the_first_faults_are_of_all_kinds() {
        let plan = |seed| {
            let mut random = Random::new(seed);
            let mut before = 0..;
            [(); 50].map(|()| Blow::next(&mut random, before.next().unwrap_or_default()))
        };
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        let first = plan(7).map(|blow| blow.fault);
        let kinds = [
            Fault::Killed,
            Fault::FrozenWhole,
            Fault::DatabaseFell,
            Fault::Drained,
        ];
        assert_eq!(first[..4], kinds);
    }
}
