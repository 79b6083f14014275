//! What becomes of a crew that has ended or is blocked, and who takes over from it.

use std::sync::Arc;
use std::time::Duration;

use lgx_worker::Death;
use tokio::time::Instant;

use super::Supervisor;
use super::coming::Reason;
use crate::notice::{Notice, ReloadFailure};
use crate::workers::bring_up::Fatal;
use crate::workers::crew::Crew;
use crate::workers::restarts::Restart;
use crate::workers::retired::{retire, retire_survivors};

impl Supervisor {
    pub(super) fn died(&mut self, crew: &Arc<Crew>, death: Death) {
        let others = self.workers.dismiss(crew);
        retire_survivors(&self.workers, crew);
        crew.tell_held_output();
        self.carry_on_without(crew);
        // A change that is being loaded, or a relief, or what another one that has just ended is replaced with.
        let coming = self.coming.as_ref().map(|coming| coming.reason);
        let restart = match coming {
            _ if death.by_server => Restart::After(Duration::ZERO),
            // Several that end at a time have done so once.
            Some(Reason::Reinforcement) => Restart::After(Duration::ZERO),
            _ => self
                .restarts
                .ended(crew.lived(), death.runs.len(), death.is_kill()),
        };
        let how = death.how.clone();
        let pause = match restart {
            Restart::After(pause) => Some(pause).filter(|_| coming.is_none()),
            Restart::GiveUp => None,
        };
        self.workers.notice(Notice::WorkerDied { death, pause });
        match restart {
            _ if coming.is_some() => {}
            Restart::After(pause) if others.is_some() => self.reinforce(pause),
            Restart::After(pause) => self.restart(pause),
            // Those that are left serve without it. If they end too, that is the end.
            Restart::GiveUp if others.is_some() => {
                let failure = ReloadFailure::Worker(Fatal::KeepsDying(how).to_string());
                self.workers.notice(Notice::ReinforcementFailed(failure));
            }
            Restart::GiveUp => self.workers.fail(Fatal::KeepsDying(how)),
        }
    }

    /// What was to take processes over from a crew that is gone begins anew, without them.
    fn carry_on_without(&mut self, crew: &Crew) {
        let Some(coming) = self.coming.take_if(|coming| coming.carries_on) else {
            return;
        };
        tracing::debug!(
            "crew {} has ended while code came up that was to go on with it",
            crew.number()
        );
        self.bring_up(coming.reason, coming.config, Duration::ZERO);
        if let Some(begun) = &mut self.coming {
            begun.saved = coming.saved;
        }
    }

    pub(super) fn blocked(&mut self, crew: &Arc<Crew>, since: Instant) {
        self.workers.notice(Notice::WorkerBlocked {
            time: since.elapsed(),
            runs: crew.executing(),
        });
        let others = self.workers.current().and_then(|team| team.without(crew));
        // Those that are about to be blocked as well cannot take over.
        let time = self.workers.options.blocked_after / 2;
        if others.is_some_and(|others| others.crews().any(|other| !other.is_silent_for(time))) {
            self.workers.dismiss(crew);
            retire(&self.workers, crew);
            self.relieved = Some(Arc::clone(crew));
            self.reinforce(Duration::ZERO);
        } else {
            let config = Arc::clone(crew.generation().config());
            self.bring_up(Reason::Relief, config, Duration::ZERO);
        }
    }
}
