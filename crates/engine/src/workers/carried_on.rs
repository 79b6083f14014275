//! Processes that new code takes over from the code before it, as a save was of another language than theirs.

use std::sync::Arc;

use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::Secret;

use super::Workers;
use super::load_request::load_request;
use super::process::Process;
use super::saved_files::SavedFiles;
use super::team::Team;

/// What of a team goes on in the next one.
#[derive(Default)]
pub(super) struct CarriedOn {
    /// By crew.
    crews: Vec<Vec<Arc<Process>>>,
    /// What shows that a request was made by one of its graphs, as the processes that go on know it.
    secret: Option<Secret>,
}

impl CarriedOn {
    /// What of `team` goes on with this configuration after these saves. Never everything: then nobody would have loaded anything.
    pub(super) fn of(
        workers: &Workers,
        team: &Team,
        config: &Arc<Config>,
        saved: &SavedFiles,
    ) -> Self {
        let generation = team.generation();
        let all = config.runtimes();
        let kept: Vec<_> = all
            .iter()
            .filter(|runtime| saved.leave_alone(**runtime))
            .collect();
        if kept.is_empty() || kept.len() == all.len() || **generation.config() != **config {
            return Self::default();
        }
        let secret = generation.secret();
        // One that is about to be blocked has to be relieved.
        let patience = workers.options.blocked_after / 2;
        let goes_on = |process: &&Arc<Process>| {
            let request = |runtime| load_request(workers, config, runtime, secret.clone(), None);
            kept.contains(&&process.runtime())
                && process.is_as_good_as_new(&request(process.runtime()), patience)
        };
        let crews = team.crews();
        let crews = crews.map(|crew| crew.processes().filter(goes_on).cloned().collect());
        Self {
            crews: crews.collect(),
            secret: Some(secret.clone()),
        }
    }

    /// Whether nothing goes on.
    pub(super) fn is_nothing(&self) -> bool {
        self.crews.iter().all(Vec::is_empty)
    }

    /// What shows that a request was made by a graph of the new code.
    pub(super) fn secret(&self) -> Secret {
        let goes_on = self.secret.clone().filter(|_| !self.is_nothing());
        goes_on.unwrap_or_else(Secret::fresh)
    }

    /// The process of a runtime that goes on in a crew, counted from 0.
    pub(super) fn process(&self, crew: usize, runtime: Runtime) -> Option<&Arc<Process>> {
        let crew = self.crews.get(crew)?;
        crew.iter().find(|process| process.runtime() == runtime)
    }
}
