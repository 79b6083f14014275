//! One server of `lgx exec` with the command beside it, from the start of the one to the end of both.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use lgx_cassettes::Library;
use lgx_devserver::{Fatal, Running};
use rustix::process::Signal;
use tokio::time::timeout;

use super::group::{BY_SIGNAL, Group};
use super::record::Recorder;
use crate::commands::recorded::Recorded;
use crate::commands::served::Served;
use crate::descriptors;
use crate::env_names;
use crate::exit::Outcome;
use crate::signals::StopSignals;
use crate::ui::annotation::Annotation;
use crate::ui::reporter::Reporter;
use crate::ui::{banner, style};

/// How many signals are passed on; the next one ends what does not listen to them.
const PATIENT_SIGNALS: usize = 2;
/// How long a command whose server has gone may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// A command that can be run.
pub(super) struct Planned<'a> {
    /// The file.
    pub(super) program: PathBuf,
    /// What it was called.
    pub(super) name: &'a OsStr,
    pub(super) arguments: &'a [OsString],
    /// Its environment, without the address of the server.
    pub(super) variables: Vec<(OsString, OsString)>,
}

/// How it all ended.
pub(super) struct Finished {
    pub(super) outcome: anyhow::Result<Outcome>,
    /// How long the server took to be ready, if it ever was.
    pub(super) ready: Option<Duration>,
    /// How long the command ran, if it did.
    pub(super) took: Option<Duration>,
    /// The recordings of calls of models, if there was something to do with them.
    pub(super) library: Option<Arc<Library>>,
}

/// One server, and the command beside it.
pub(super) struct Supervisor<'a> {
    pub(super) served: Served<'a>,
    pub(super) reporter: Arc<Reporter>,
    pub(super) recorder: Arc<Recorder>,
    /// Whether the address is told: who sees only what failed has no use for it.
    pub(super) says_ready: bool,
    /// The command that records calls of models which are missing.
    pub(super) records: String,
}

impl Supervisor<'_> {
    /// Runs the command once the server is ready.
    pub(super) async fn run(&self, command: Planned<'_>) -> Finished {
        let mut finished = Finished {
            outcome: Ok(Outcome::Failure),
            ready: None,
            took: None,
            library: None,
        };
        let hears = Arc::clone(&self.recorder);
        let tell = move |told| hears.hear(told);
        let recorded = self.served.record(self.records.clone(), Arc::new(tell));
        match recorded.await {
            Ok(recorded) => {
                let outcome = self.served_to(command, &mut finished, recorded.as_ref());
                finished.outcome = outcome.await;
                if let Some(recorded) = recorded {
                    finished.library = Some(recorded.close().await);
                }
            }
            Err(error) => finished.outcome = Err(error),
        }
        finished
    }

    async fn served_to(
        &self,
        command: Planned<'_>,
        finished: &mut Finished,
        recorded: Option<&Recorded>,
    ) -> anyhow::Result<Outcome> {
        descriptors::raise_limit();
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        let started = tokio::select! {
            started = self.served.start(None, recorded) => started?,
            signal = signals.received() => return Ok(ended_by(signal)),
        };
        let Some(running) = started else {
            return Ok(Outcome::Failure);
        };
        for warning in self.served.passed_over(&running) {
            self.reporter.say(warning);
        }
        let ready = tokio::select! {
            ready = running.ready() => ready,
            signal = signals.received() => {
                running.stop().await;
                return Ok(ended_by(signal));
            }
        };
        let outcome = match ready {
            Ok(ready) => {
                finished.ready = Some(ready.took);
                if self.says_ready {
                    let url = style::place(running.url());
                    let ready = banner::ready(&ready);
                    self.reporter.say(format!("{ready} at {url}"));
                }
                let began = Instant::now();
                let outcome = self.beside(&running, command, &mut signals).await;
                finished.took = Some(began.elapsed());
                outcome
            }
            Err(fatal) => Err(self.explain(&fatal).await),
        };
        tokio::select! {
            () = running.stop() => {}
            _ = signals.received() => {}
        }
        outcome
    }

    /// Runs the command to its end, and ends it when the server cannot go on.
    async fn beside(
        &self,
        running: &Running,
        command: Planned<'_>,
        signals: &mut StopSignals,
    ) -> anyhow::Result<Outcome> {
        let mut variables = command.variables;
        variables
            .retain(|(name, _)| name != env_names::LANGGRAPH_API_URL && name != env_names::LGX_URL);
        let names = [env_names::LANGGRAPH_API_URL, env_names::LGX_URL];
        variables.extend(names.map(|name| (name.into(), running.url().into())));
        let mut group =
            match Group::start(&command.program, command.name, command.arguments, variables) {
                Ok(group) => group,
                Err(error) => return Ok(self.not_started(&command.program, &error)),
            };
        let mut received = 0;
        let outcome = loop {
            tokio::select! {
                code = group.ended() => break code.map(Outcome::Command),
                signal = signals.received() => {
                    received += 1;
                    let passed_on = received <= PATIENT_SIGNALS;
                    group.send(if passed_on { signal } else { Signal::KILL });
                }
                fatal = running.failed() => {
                    group.send(Signal::TERM);
                    let _ = timeout(GRACE, group.ended()).await;
                    break Err(self.explain(&fatal).await);
                }
            }
        };
        group.take_terminal();
        // What the command has left running has no server any more.
        group.finish();
        outcome
    }

    /// What the system says of a program that it does not run.
    fn not_started(&self, program: &std::path::Path, error: &std::io::Error) -> Outcome {
        let program = program.display();
        self.reporter.say(format!(
            "{} {program} cannot be run: {error}",
            style::error()
        ));
        Outcome::Command(match error.kind() {
            // Of the interpreter that a script names in its first line.
            std::io::ErrorKind::NotFound => super::NOT_FOUND,
            _ => super::NOT_EXECUTABLE,
        })
    }

    async fn explain(&self, fatal: &Fatal) -> anyhow::Error {
        if let Some(wrong) = Annotation::of_fatal(fatal) {
            self.recorder.add(wrong);
        }
        self.served.explain(fatal).await
    }
}

/// The end by a signal before there was a command.
fn ended_by(signal: Signal) -> Outcome {
    let number = u8::try_from(signal.as_raw()).unwrap_or(u8::MAX);
    Outcome::Command(BY_SIGNAL.saturating_add(number))
}
