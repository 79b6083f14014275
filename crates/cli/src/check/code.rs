//! The code of a project: it is loaded as a start would load it, and what does not load is told.

use lgx_config::{Config, line_of};
use lgx_devserver::{Inquiry, Notice, Trial, TrialPart, TriedPart};

use super::finding::{Finding, Level, Rule};
use super::place::FoundAt;
use super::report::Report;
use crate::commands::fatal;
use crate::context::Context;
use crate::interpreter::Interpreters;
use crate::settings::check::ImportSettings;
use crate::trial::Ground;
use crate::ui::project::not_as_wanted;

/// Loads it, and asks each graph for its schemas.
pub(super) async fn try_out(
    config: &Config,
    imports: ImportSettings,
    interpreters: &Interpreters,
    context: &Context,
    report: &mut Report,
) -> anyhow::Result<()> {
    passed_over(config, interpreters, report);
    let ground = Ground {
        config,
        interpreters,
        load_timeout: imports.load_timeout,
        context,
    };
    let (trial, heard) = ground.try_out(Inquiry::Schemas).await?;
    report.tried(&trial);
    tell(&trial, config, interpreters, context, report).await;
    for notice in heard {
        if let Some(finding) = of_notice(notice) {
            report.add(finding);
        }
    }
    Ok(())
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
    if let Some(Err(failure)) = &tried.answer {
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
