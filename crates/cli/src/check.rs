//! What `lgx check` finds in a project, and how it is written down.

mod code;
mod dependencies;
mod finding;
pub(crate) mod format;
mod place;
mod report;
mod variables;

use std::path::Path;

use lgx_config::{Config, Loaded, Problem, Severity};

use self::finding::Finding;
pub(crate) use self::finding::{Level, Rule};
pub(crate) use self::report::{Report, VariableState};
use crate::context::Context;
use crate::interpreter::{self, AskedFor, Interpreters};
use crate::project;
use crate::settings::check::CheckSettings;

/// Checks the project of a configuration.
///
/// # Errors
/// When lgx itself cannot do its work; what is wrong with the project is in the report.
pub(crate) async fn check(
    config_file: &Path,
    settings: &CheckSettings,
    context: &Context,
) -> anyhow::Result<Report> {
    let mut report = Report::new(config_file);
    let asked_for = AskedFor {
        python: settings.python.as_deref(),
        node: settings.node.as_deref(),
    };
    // What only reads does without one.
    let level = match settings.imports {
        Some(_) => Level::Error,
        None => Level::Note,
    };
    let directory = project::directory_of(config_file);
    let interpreters = match interpreter::for_project(directory, asked_for, context) {
        Ok(interpreters) => Some(interpreters),
        Err(error) => {
            report.add(Finding::advised(Rule::Interpreter, level, &error));
            None
        }
    };
    // `langgraph validate` fails for what a deployment refuses. Code that is imported here runs here, wherever else it would.
    let refused = match settings.imports {
        Some(_) => Level::Note,
        None => Level::Error,
    };
    let config = read_into(&mut report, refused, context);
    let (Some(config), Some(interpreters)) = (config, interpreters) else {
        return Ok(report);
    };
    let config = with_interpreters(config, &interpreters, level, &mut report);
    if let Some(imports) = settings.imports {
        dependencies::find_missing(&config, &interpreters, context, &mut report).await;
        code::try_out(&config, imports, &interpreters, context, &mut report).await?;
    }
    Ok(report)
}

/// What the files of a project say: what is wrong or odd there, and the configuration if it can be served.
/// `refused` is how bad it is what a deployment refuses.
pub(crate) fn read(
    config_file: &Path,
    refused: Level,
    context: &Context,
) -> (Report, Option<Config>) {
    let mut report = Report::new(config_file);
    let config = read_into(&mut report, refused, context);
    (report, config)
}

fn read_into(report: &mut Report, refused: Level, context: &Context) -> Option<Config> {
    let config = configuration(refused, report, context)?;
    report.describe(&config);
    variables::compare(&config, context, report);
    dependencies::find_mistakes(&config, report);
    Some(config)
}

/// A report of a project that has no configuration to look at.
pub(crate) fn without_configuration(config_file: &Path, error: &anyhow::Error) -> Report {
    let mut report = Report::new(config_file);
    report.add(Finding::of_error(Rule::Configuration, error));
    report
}

/// What the file says, if it can be served; all that is wrong or odd in it is told.
fn configuration(level: Level, report: &mut Report, context: &Context) -> Option<Config> {
    let lookup = |name: &str| Some(context.env.get(name)?.to_str()?.to_owned());
    let (config, problems) = match lgx_config::load(&report.config, &lookup) {
        Ok(Loaded { config, warnings }) => (Some(config), warnings),
        Err(error) => (None, error.problems),
    };
    let refused = lgx_config::what_a_deployment_refuses(&report.config);
    for problem in problems {
        if !refused.iter().any(|other| is_of_one_place(other, &problem)) {
            report.add(of_problem(problem, &report.config));
        }
    }
    for problem in refused {
        report.add(Finding::of_problem(Rule::Deployment, level, problem));
    }
    config
}

/// Whether both are about the same value, which need not be told twice.
fn is_of_one_place(one: &Problem, other: &Problem) -> bool {
    (&one.file, one.line, one.column) == (&other.file, other.line, other.column)
}

fn of_problem(problem: Problem, config_file: &Path) -> Finding {
    let rule = if problem.file == config_file {
        Rule::Configuration
    } else {
        Rule::Environment
    };
    let level = match problem.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    Finding::of_problem(rule, level, problem)
}

/// The project without what there is no interpreter for.
fn with_interpreters(
    mut config: Config,
    interpreters: &Interpreters,
    level: Level,
    report: &mut Report,
) -> Config {
    for runtime in config.runtimes() {
        match interpreters.of(runtime) {
            Ok(found) => report.uses(runtime, found),
            Err(error) => {
                let advised = interpreter::what_to_do(error);
                report.add(Finding::advised(Rule::Interpreter, level, &advised));
                config.leave_out_runtime(runtime);
            }
        }
    }
    config
}
