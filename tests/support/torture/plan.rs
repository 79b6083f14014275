//! What is killed next, and when.

use crate::Random;

/// What a kill hits. All of them are SIGKILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    /// lgx alone; what it started has to go by itself.
    Server,
    /// lgx and all of its processes.
    Everything,
    /// lgx, and the next one while it starts.
    Starts,
    /// One of the workers, the one that serves or the one that is kept ready.
    Worker,
    /// All processes that lgx started.
    Workers,
    /// The process that workers are forked from.
    Zygote,
}

impl Victim {
    /// As the summary calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Server => "lgx alone",
            Self::Everything => "lgx and all its processes",
            Self::Starts => "lgx, and again while it started",
            Self::Worker => "one worker",
            Self::Workers => "all processes of lgx",
            Self::Zygote => "what workers are forked from",
        }
    }
}

/// A kill to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kill {
    pub(super) victim: Victim,
    /// After how many more requests.
    pub(super) after: u64,
    /// Which of several it hits, or, in thousandths of a second, when it hits a start.
    pub(super) number: u64,
}

impl Kill {
    pub(super) fn next(random: &mut Random) -> Self {
        use Victim::{Everything, Server, Starts, Worker, Workers, Zygote};
        let victims = [
            Server, Server, Server, Everything, Everything, Starts, Worker, Worker, Worker,
            Workers, Workers, Zygote,
        ];
        Self {
            victim: random.pick(&victims),
            // Now and then at once, so that a run is cut off again before it came far.
            after: if random.percent(20) {
                1 + random.below(10)
            } else {
                50 + random.below(400)
            },
            number: random.below(1200),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        let plan = |seed| {
            let mut random = Random::new(seed);
            [(); 50].map(|()| Kill::next(&mut random))
        };
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }
}
