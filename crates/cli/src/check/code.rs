//! The code of a project: it is loaded as a start would load it, and what does not load is told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use lgx_config::{Config, line_of};
use lgx_devserver::{Blocking, EngineOptions, Notice, Observer, Trial, TrialPart, TriedPart};

use super::finding::{Finding, Level, Rule};
use super::place::FoundAt;
use super::report::Report;
use crate::commands::dev::fatal;
use crate::context::Context;
use crate::disk::Disk;
use crate::interpreter::{self, Interpreters};
use crate::settings::check::ImportSettings;
use crate::ui::progress::Progress;
use crate::ui::project::not_as_wanted;

/// Nothing runs for so long in a check.
const LONG: Duration = Duration::from_secs(60 * 60);

/// Loads it, in a state of its own that goes with the check.
pub(super) async fn try_out(
    config: &Config,
    imports: ImportSettings,
    interpreters: &Interpreters,
    context: &Context,
    report: &mut Report,
) -> anyhow::Result<()> {
    passed_over(config, interpreters, report);
    let state = tempfile::tempdir().context("cannot make a folder for the state of the check")?;
    let options = EngineOptions {
        config: config.path.clone(),
        state_dir: Some(state.path().join("state")),
        cache_dir: context.env.cache_dir(),
        strict: false,
        workers: 1,
        jobs: 1,
        load_timeout: imports.load_timeout,
        blocked_after: LONG,
        redact_errors: false,
        traces: true,
        blocking: Blocking::Allow,
        spare: false,
        keep_events_for: LONG,
        overlay: None,
        interpreters: lgx_devserver::Interpreters {
            python: interpreters.python.as_ref().ok().map(|it| it.path.clone()),
            node: interpreters.node.as_ref().ok().map(|it| it.path.clone()),
        },
        environment: environment(interpreters, context),
        version: env!("CARGO_PKG_VERSION"),
    };
    let listening = Arc::new(Listening::new(context));
    let observer = Arc::clone(&listening) as Arc<dyn Observer>;
    let tried = lgx_devserver::try_out(&options, config, &observer).await;
    let heard = listening.end();
    let trial = tried.context("cannot keep the state of the check")?;
    report.tried(&trial);
    tell(&trial, config, interpreters, context, report).await;
    for notice in heard {
        if let Some(finding) = of_notice(notice) {
            report.add(finding);
        }
    }
    Ok(())
}

/// What the project's code gets, with the environment of its Python activated.
pub(super) fn environment(
    interpreters: &Interpreters,
    context: &Context,
) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    let present = context.env.all();
    match &interpreters.python {
        Ok(python) => interpreter::activated(&python.path, present, &Disk),
        Err(_) => present,
    }
}

/// The places that should have had an interpreter and did not.
fn passed_over(config: &Config, interpreters: &Interpreters, report: &mut Report) {
    let used = config.runtimes().into_iter();
    let used = used.filter_map(|runtime| interpreters.of(runtime).ok());
    for place in used.flat_map(|interpreter| &interpreter.passed_over) {
        report.add(Finding::new(Rule::Interpreter, Level::Warning, place));
    }
}

/// What came of the trial.
async fn tell(
    trial: &Trial,
    config: &Config,
    interpreters: &Interpreters,
    context: &Context,
    report: &mut Report,
) {
    for fatal in &trial.fatal {
        let error = fatal::explain(fatal, &config.path, interpreters, context).await;
        let rule = match **fatal {
            lgx_devserver::Fatal::Worker(_) => Rule::Interpreter,
            _ => Rule::Loading,
        };
        report.add(Finding::of_error(rule, &error));
    }
    let failed = |tried: &&TriedPart| tried.failure.is_some();
    let (failed, loaded): (Vec<_>, Vec<_>) = trial.parts.iter().partition(failed);
    for tried in failed.into_iter().chain(loaded) {
        for finding in of_part(tried) {
            report.add(finding.or_at(written_at(&tried.part, config)));
        }
    }
}

fn of_part(tried: &TriedPart) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(failure) = &tried.failure {
        let (rule, what) = match &tried.part {
            TrialPart::Auth => (Rule::Auth, "the auth handlers cannot be loaded".to_owned()),
            TrialPart::Embeddings => (
                Rule::Embeddings,
                "the embeddings of `store.index` cannot be loaded".to_owned(),
            ),
            TrialPart::App => (
                Rule::App,
                "the app of `http.app` cannot be loaded".to_owned(),
            ),
            TrialPart::Graph(id) => (Rule::Graph, format!("the graph `{id}` cannot be loaded")),
        };
        let finding = Finding::of_failure(rule, Level::Error, what, failure.clone());
        findings.push(finding);
    }
    let TrialPart::Graph(id) = &tried.part else {
        return findings;
    };
    if let Some(failure) = &tried.no_schemas {
        let what = format!("there are no schemas of the graph `{id}`");
        let finding = Finding::of_failure(Rule::Schemas, Level::Warning, what, failure.clone());
        findings.push(finding);
    }
    for text in &tried.notices {
        let message = format!("graph `{id}`: {text}");
        findings.push(Finding::new(Rule::OwnPersistence, Level::Warning, message));
    }
    let about = |finding: Finding| finding.about_graph(id);
    findings.into_iter().map(about).collect()
}

/// The line of langgraph.json that names a part.
fn written_at(part: &TrialPart, config: &Config) -> FoundAt {
    let keys: &[&str] = match part {
        TrialPart::Auth => &["auth", "path"],
        TrialPart::Embeddings => &["store", "index", "embed"],
        TrialPart::App => &["http", "app"],
        TrialPart::Graph(id) => &["graphs", id],
    };
    FoundAt::line(&config.path, line_of(&config.path, keys))
}

/// What was told beside what became of each part.
fn of_notice(notice: Notice) -> Option<Finding> {
    match notice {
        Notice::OtherRuntime {
            runtime,
            wanted_by,
            wanted,
            found,
        } => {
            let (message, advice) = not_as_wanted(runtime, wanted_by, &wanted, &found);
            Some(Finding::new(Rule::Interpreter, Level::Warning, message).hint(advice))
        }
        Notice::NotRecorded { what, lack } => {
            let message =
                format!("the {what} of runs are not recorded: {lack}. They run all the same");
            Some(Finding::new(Rule::NotRecorded, Level::Note, message))
        }
        _ => None,
    }
}

/// Hears what is told while the project is loaded; on a screen it shows what is being loaded.
struct Listening {
    progress: Mutex<Option<Progress>>,
    heard: Mutex<Vec<Notice>>,
}

impl Listening {
    fn new(context: &Context) -> Self {
        let progress = (context.is_seen()).then(|| Progress::begin("Loading the project", true));
        Self {
            progress: Mutex::new(progress),
            heard: Mutex::default(),
        }
    }

    /// Takes the progress off the screen, and gives what was heard.
    fn end(&self) -> Vec<Notice> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = progress.take() {
            progress.failed();
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *heard)
    }
}

impl Observer for Listening {
    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Loading { what } => {
                let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(progress) = &*progress {
                    progress.relabel(format!("Loading {what}"));
                }
            }
            Notice::OtherRuntime { .. } | Notice::NotRecorded { .. } => {
                let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push(notice);
            }
            _ => {}
        }
    }
}
