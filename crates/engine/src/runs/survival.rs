//! What becomes of a run whose worker has died while it executed; pure.
//!
//! The run goes on from its last checkpoint, and it may have been the reason: then it takes every worker along that it gets. So it is
//! executed [`MOST_ATTEMPTS`] times at most, and it gets a worker of its own as soon as nobody else can have been the reason, and for its
//! last attempt at any rate. Whoever shared two dead workers with such a run is alone in its third, and comes to its end; the one that is
//! the reason ends alone.

use std::collections::BTreeSet;

use lgx_model::{RunError, RunId};
use lgx_store::runs::MOST_ATTEMPTS;
use lgx_worker::Death;

/// How many of the last lines of a dead worker its run's error shows.
const LAST_WORDS: usize = 5;
/// How many runs are named.
const NAMED: usize = 3;

/// How far a run has come in its present attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Which attempt it is, from 1.
    pub(crate) attempt: u32,
    /// Whether there is a checkpoint of its own, from which it can go on.
    pub(crate) has_checkpoint: bool,
    /// Whether a client may have got an event of its stream beyond its beginning.
    pub(crate) has_streamed: bool,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is executed again, from its last checkpoint or from its input.
    GoesOn,
    /// It ends as an error.
    Ends(WhyNot),
}

/// Why a run is not executed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyNot {
    /// The server ended its worker because of it.
    AtFault,
    /// It would have to begin anew, and its clients have got events that cannot be taken back.
    Streamed,
    /// It has had all its attempts.
    NoAttemptLeft,
}

/// Which worker a run is executed on next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The one that serves, beside others.
    Shared,
    /// One of its own.
    Alone,
}

/// Decides.
pub(crate) fn fate(run_id: RunId, standing: Standing, death: &Death) -> Fate {
    if death.because_of == Some(run_id) {
        Fate::Ends(WhyNot::AtFault)
    } else if standing.has_streamed && !standing.has_checkpoint {
        Fate::Ends(WhyNot::Streamed)
    } else if counts(death) && standing.attempt >= MOST_ATTEMPTS {
        Fate::Ends(WhyNot::NoAttemptLeft)
    } else {
        Fate::GoesOn
    }
}

/// Whether a death counts as an attempt of the runs that it cut off: not if it is known that another run was the reason.
pub(super) const fn counts(death: &Death) -> bool {
    death.because_of.is_none()
}

/// With whom a run has shared the workers that died under it.
#[derive(Debug)]
pub(super) struct PastDeaths {
    run_id: RunId,
    /// The other runs of each of them.
    beside: Vec<BTreeSet<RunId>>,
}

impl PastDeaths {
    /// None so far.
    pub(super) const fn of(run_id: RunId) -> Self {
        Self {
            run_id,
            beside: Vec::new(),
        }
    }

    /// One more, of which it may be the reason.
    pub(super) fn add(&mut self, death: &Death) {
        let runs = death.runs.iter().map(|run| run.run_id);
        self.beside
            .push(runs.filter(|run_id| *run_id != self.run_id).collect());
    }

    /// Where the run goes after the last of them, which was its attempt of this number.
    pub(super) fn place(&self, last_attempt: u32) -> Place {
        let was_alone = self.beside.last().is_some_and(BTreeSet::is_empty);
        let is_suspect = was_alone || last_attempt + 1 >= MOST_ATTEMPTS;
        if is_suspect && !self.beside.is_empty() {
            Place::Alone
        } else {
            Place::Shared
        }
    }

    /// The other runs that were there each time, so that they may be the reason as well.
    fn common(&self) -> BTreeSet<RunId> {
        let mut deaths = self.beside.iter().cloned();
        let first = deaths.next().unwrap_or_default();
        deaths.fold(first, |common, beside| &common & &beside)
    }

    /// Which run is most likely the reason, in words.
    fn likely_cause(&self) -> String {
        let others = self.common();
        if self.beside.last().is_some_and(BTreeSet::is_empty) {
            return "nothing else ran in it, so that this run is the likely cause".to_owned();
        }
        if others.is_empty() {
            return "no other run was there each time, so that this one is the likely cause"
                .to_owned();
        }
        let mut names: Vec<String> = others.iter().take(NAMED).map(RunId::to_string).collect();
        match others.len().saturating_sub(NAMED) {
            0 => {}
            more => names.push(format!("{more} more")),
        }
        format!(
            "the likely cause is this run, or one of those beside it: {}",
            names.join(", ")
        )
    }
}

/// The end of a run that is not executed again.
pub(super) struct Loss {
    /// What happened and why that is the end, without what the worker wrote.
    pub(super) reason: String,
    /// The last lines of the worker.
    last_words: Vec<String>,
}

impl Loss {
    /// The end of a run after these deaths, of which the last one is `death`.
    pub(super) fn of(why: WhyNot, death: &Death, past: &PastDeaths) -> Self {
        let by = if death.by_server {
            "lgx ended the process that executed the run"
        } else {
            "the process that executed the run ended"
        };
        let how = &death.how;
        let reason = match why {
            WhyNot::AtFault => format!("{by}: {how}"),
            WhyNot::Streamed => format!(
                "{by}: {how}; the run has no checkpoint to go on from, and it does not begin anew because clients have its events already; {}",
                past.likely_cause()
            ),
            WhyNot::NoAttemptLeft => format!(
                "{by} in the last of its {MOST_ATTEMPTS} attempts: {how}; {}",
                past.likely_cause()
            ),
        };
        let lines = death.stderr.iter().filter(|line| !line.trim().is_empty());
        let lines: Vec<String> = lines.cloned().collect();
        let from = lines.len().saturating_sub(LAST_WORDS);
        Self {
            reason,
            last_words: lines[from..].to_vec(),
        }
    }

    /// As its clients are told; `redact` leaves out what the worker wrote.
    pub(super) fn error(&self, redact: bool) -> RunError {
        let mut message = self.reason.clone();
        if !self.last_words.is_empty() && !redact {
            message.push_str("; it last wrote: ");
            message.push_str(&self.last_words.join("\n"));
        }
        RunError::new("WorkerDied", message)
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::ThreadId;
    use lgx_worker::ExecutingRun;

    use super::*;

    fn death(how: &str, runs: &[RunId]) -> Death {
        let runs = runs.iter().map(|&run_id| ExecutingRun {
            run_id,
            thread_id: ThreadId::fresh(),
        });
        Death {
            runs: runs.collect(),
            ..Death::with_cause(how)
        }
    }

    fn standing(attempt: u32, has_checkpoint: bool, has_streamed: bool) -> Standing {
        Standing {
            attempt,
            has_checkpoint,
            has_streamed,
        }
    }

    #[test]
    fn a_run_goes_on_unless_it_is_at_fault_or_cannot_or_has_had_its_attempts() {
        let [run, other] = [RunId::fresh(), RunId::fresh()];
        let died = death("exit code 1", &[run, other]);
        let ended_for = |because_of| Death {
            by_server: true,
            because_of: Some(because_of),
            ..died.clone()
        };
        for (standing, death, expected) in [
            (standing(1, true, true), &died, Fate::GoesOn),
            (standing(2, false, false), &died, Fate::GoesOn),
            (
                standing(3, true, false),
                &died,
                Fate::Ends(WhyNot::NoAttemptLeft),
            ),
            (
                standing(1, false, true),
                &died,
                Fate::Ends(WhyNot::Streamed),
            ),
            // It is known not to be its fault.
            (standing(3, true, true), &ended_for(other), Fate::GoesOn),
            (
                standing(1, true, false),
                &ended_for(run),
                Fate::Ends(WhyNot::AtFault),
            ),
        ] {
            assert_eq!(fate(run, standing, death), expected, "{standing:?}");
        }
    }

    #[test]
    fn who_alone_can_be_the_reason_is_alone_next_and_so_is_everybody_in_the_last_attempt() {
        let [run, other] = [RunId::fresh(), RunId::fresh()];
        let mut past = PastDeaths::of(run);
        assert_eq!(
            past.place(2),
            Place::Shared,
            "the server ended, not a worker"
        );
        past.add(&death("exit code 1", &[run, other]));
        assert_eq!(past.place(1), Place::Shared);
        assert_eq!(past.place(2), Place::Alone);
        past.add(&death("exit code 1", &[run]));
        assert_eq!(past.place(1), Place::Alone);
    }

    #[test]
    fn the_likely_cause_is_who_was_there_each_time() {
        let [run, one, two] = [(); 3].map(|()| RunId::fresh());
        let mut past = PastDeaths::of(run);
        past.add(&death("exit code 1", &[run, one, two]));
        past.add(&death("exit code 1", &[run, one]));
        assert_eq!(
            past.likely_cause(),
            format!("the likely cause is this run, or one of those beside it: {one}")
        );
        past.add(&death("exit code 1", &[run, two]));
        assert!(past.likely_cause().starts_with("no other run was there"));
        past.add(&death("exit code 1", &[run]));
        assert!(past.likely_cause().starts_with("nothing else ran in it"));
    }

    #[test]
    fn the_error_has_the_last_words_unless_they_are_nobodys_business() {
        let run = RunId::fresh();
        let mut past = PastDeaths::of(run);
        let last = Death {
            stderr: vec!["first".into(), String::new(), "last".into()],
            ..death("signal 11 (SIGSEGV)", &[run])
        };
        past.add(&last);
        let loss = Loss::of(WhyNot::NoAttemptLeft, &last, &past);
        assert_eq!(
            loss.error(false),
            RunError::new(
                "WorkerDied",
                "the process that executed the run ended in the last of its 3 attempts: signal 11 (SIGSEGV); nothing else ran in it, so \
                 that this run is the likely cause; it last wrote: first\nlast"
            )
        );
        assert!(!loss.error(true).message.contains("wrote"));
    }
}
