//! Code that listens on a port which the code before it holds: that one leaves first.

use std::time::Duration;

use super::Supervisor;
use crate::notice::Notice;
use crate::workers::Serving;
use crate::workers::retired::retire;
use crate::workers::team::Team;

/// The last generation, which has to be gone before the next one is loaded: it holds a port that the code listens on.
pub(super) struct Leaving {
    pub(super) team: Team,
    /// How often the port was still in use afterwards: a process that it left behind may hold it for a moment.
    tries: u32,
}

/// How often code is loaded anew whose port is still in use after the last generation has left.
const MOST_TRIES: u32 = 3;
/// Between two of these.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

impl Supervisor {
    /// Lets the generation that serves leave, if its port is what is in the way. How long to wait before the next try, until that has been
    /// tried often enough.
    pub(super) fn make_room(&mut self) -> Option<Duration> {
        if let Some(leaving) = &mut self.leaving {
            leaving.tries += 1;
            return (leaving.tries <= MOST_TRIES).then_some(BETWEEN_TRIES);
        }
        let team = self.workers.current()?;
        self.workers.serving.send_replace(Serving::Starting);
        self.workers.notice(Notice::MakesRoom {
            runs: team.executing(),
        });
        for crew in team.crews() {
            retire(&self.workers, crew);
        }
        self.leaving = Some(Leaving { team, tries: 0 });
        Some(Duration::ZERO)
    }
}
