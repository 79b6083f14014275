//! What follows from what was brought up: it serves from now on, or it did not come up.

use std::sync::Arc;
use std::time::Duration;

use lgx_worker::ExecutingRun;

use super::Supervisor;
use super::coming::{BringUp, Reason};
use crate::announcements::server_event::ServerEvent;
use crate::notice::Notice;
use crate::workers::Timeline;
use crate::workers::bring_up::BringUpError;
use crate::workers::restarts::Restart;
use crate::workers::saved_files::SavedFiles;
use crate::workers::team::Team;

impl Supervisor {
    pub(super) fn came_up(&mut self, bring_up: &BringUp, team: &Team) {
        let old_runs = self
            .workers
            .current()
            .map(|current| current.left_behind_by(team))
            .unwrap_or_default();
        let took = bring_up.began.elapsed();
        let timeline = Timeline {
            saved: bring_up.saved,
            served: took,
            ..team.generation().timeline().clone()
        };
        self.unrelieved = 0;
        self.took = if bring_up.carries_on {
            // It has loaded a part of the project.
            self.took.max(timeline.load_took())
        } else {
            timeline.load_took()
        };
        self.saved = SavedFiles::default();
        self.leaving = None;
        self.workers.set_config(Arc::clone(&bring_up.config));
        let generation = team.generation().number();
        self.workers.switch_to(team);
        self.workers.saved_code.serves();
        match bring_up.reason {
            Reason::Change => self.tell_of_save(Notice::Reloaded {
                timeline,
                generation,
                old_runs,
            }),
            Reason::Relief => {
                self.announce(generation, took, &old_runs);
                self.workers
                    .notice(Notice::WorkerRelieved { took, old_runs });
            }
            Reason::Renewal => {
                self.tell_of_relief(took);
                self.workers.notice(Notice::Reloaded {
                    timeline,
                    generation,
                    old_runs,
                });
            }
            Reason::Start | Reason::Restart | Reason::Reinforcement => {
                self.announce(generation, took, &old_runs);
            }
        }
        self.relieved = None;
    }

    /// Announces code that serves, of which no notice tells.
    fn announce(&self, generation: u64, took: Duration, old_runs: &[ExecutingRun]) {
        self.workers.announcements.tell(ServerEvent::Reloaded {
            generation,
            took,
            old_runs: old_runs.iter().map(|run| run.run_id).collect(),
        });
    }

    /// Crews have come up that the generation that serves lacked.
    pub(super) fn joined(&mut self, bring_up: &BringUp, more: Team) {
        self.workers.join(more);
        self.tell_of_relief(bring_up.began.elapsed());
        // What has ended meanwhile.
        self.reinforce(Duration::ZERO);
    }

    /// Tells that the crew that was blocked has left, if that is why others have come up.
    fn tell_of_relief(&mut self, took: Duration) {
        if let Some(relieved) = self.relieved.take() {
            self.workers.notice(Notice::WorkerRelieved {
                took,
                old_runs: relieved.executing(),
            });
        }
    }

    pub(super) fn failed(&mut self, bring_up: &BringUp, error: BringUpError) {
        self.workers.watcher(|watcher| watcher.failing(true));
        if bring_up.reason == Reason::Change
            && error.is_port_in_use()
            && let Some(pause) = self.make_room()
        {
            let config = Arc::clone(&bring_up.config);
            self.bring_up(Reason::Change, config, pause);
            return;
        }
        let current = self.workers.current();
        match (bring_up.reason, error) {
            (Reason::Start, BringUpError::Fatal(fatal)) => self.workers.fail(fatal),
            (Reason::Change, error) if current.is_some() => {
                let failure = error.into_reload_failure();
                self.workers.saved_code.failed(&failure);
                self.tell_of_save(Notice::ReloadFailed(failure));
            }
            (Reason::Relief, error) if current.is_some() => {
                let newest = current
                    .iter()
                    .flat_map(Team::crews)
                    .map(|crew| crew.number());
                self.unrelieved = newest.max().unwrap_or_default();
                let failure = error.into_reload_failure();
                self.workers.notice(Notice::ReliefFailed(failure));
            }
            (Reason::Reinforcement, BringUpError::OtherCode(changed)) => {
                self.workers.notice(Notice::OtherCode { changed });
                let config = Arc::clone(&bring_up.config);
                self.bring_up(Reason::Renewal, config, Duration::ZERO);
            }
            (Reason::Reinforcement | Reason::Renewal, error) if current.is_some() => {
                self.relieved = None;
                let was_killed = error.is_kill();
                let failure = error.into_reload_failure();
                self.workers.notice(Notice::ReinforcementFailed(failure));
                if let Restart::After(pause) = self.restarts.did_not_start(was_killed) {
                    self.reinforce(pause);
                }
                return;
            }
            // Nothing serves.
            (_, error) => match (self.restarts.did_not_start(error.is_kill()), error) {
                (Restart::After(pause), error) => {
                    let failure = error.into_reload_failure();
                    self.workers.saved_code.failed(&failure);
                    self.workers.notice(Notice::RestartFailed(failure));
                    self.restart(pause);
                }
                (Restart::GiveUp, BringUpError::Fatal(fatal)) => {
                    self.workers.fail_until_changed(fatal);
                }
                // Without a predecessor nothing counts as broken: the next one serves, with what loads.
                (Restart::GiveUp, BringUpError::Broken(_) | BringUpError::OtherCode(_)) => {
                    self.restart(Duration::ZERO);
                }
            },
        }
        // What has ended meanwhile.
        self.reinforce(Duration::ZERO);
    }
}
