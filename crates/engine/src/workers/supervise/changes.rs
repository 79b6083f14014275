//! What a change of the project brings about.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Supervisor;
use super::coming::Reason;
use crate::notice::{Notice, ReloadFailure};
use crate::workers::Change;
use crate::workers::restarts::Restarts;
use crate::workers::timeline::since_saved;

impl Supervisor {
    pub(super) fn changed(&mut self, change: Change) {
        let workers = &self.workers;
        let saved = since_saved(&change.files);
        self.saved.add(&change.files);
        if self.news.wrote(&change.files, Instant::now()) {
            workers.notice(Notice::Reloading {
                changed: change.files,
            });
        }
        workers.saved_code.pending();
        match workers.options.load_config() {
            Ok(loaded) => {
                for warning in workers.config_warnings.new_among(loaded.warnings) {
                    workers.notice(Notice::Config(warning));
                }
                self.restarts = Restarts::default();
                self.bring_up(Reason::Change, Arc::new(loaded.config), Duration::ZERO);
                if let Some(coming) = &mut self.coming {
                    coming.saved = saved;
                }
            }
            // What was being brought up before goes on: it is as good as it was.
            Err(error) => {
                workers.watcher(|watcher| watcher.failing(true));
                let failure = ReloadFailure::Config(error.problems);
                workers.saved_code.failed(&failure);
                self.tell_of_save(Notice::ReloadFailed(failure));
            }
        }
    }

    /// Tells what came of a save, unless another write of the same files may still follow.
    pub(super) fn tell_of_save(&mut self, outcome: Notice) {
        if let Some(outcome) = self.news.came_of_it(outcome, Instant::now()) {
            self.workers.notice(outcome);
        }
    }
}
