//! What a project depends on: whether it is installed, and what it had better not depend on.

mod node;
mod python;

use std::path::Path;

use lgx_config::{Config, Runtime};

use super::finding::{Finding, Level, Rule};
use super::place::FoundAt;
use super::report::Report;
use crate::context::Context;
use crate::interpreter::Interpreters;
use crate::remedy;
use crate::trial::environment;

/// What is the official server, or a piece of it.
const OFFICIAL: [&str; 4] = [
    "langgraph-api",
    "langgraph-runtime",
    "langgraph-runtime-inmem",
    "@langchain/langgraph-api",
];

/// A package that a project asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dependency {
    /// The package.
    name: String,
    /// Where it is asked for.
    place: FoundAt,
    /// Whether it is needed wherever the project runs.
    always: bool,
}

/// Tells of packages that a project has no use for.
pub(super) fn find_mistakes(config: &Config, report: &mut Report) {
    let mut dependencies = python::asked_for(config);
    dependencies.extend(node::asked_for(&config.root));
    for Dependency { name, place, .. } in dependencies {
        if OFFICIAL.contains(&name.as_str()) {
            let message = format!(
                "the project depends on {name}, which is the official server; lgx serves it without"
            );
            let hint = "take it out, unless the project's own code imports it";
            let finding = Finding::new(Rule::OfficialServer, Level::Warning, message).hint(hint);
            report.add(finding.or_at(place));
        }
    }
}

/// Tells of packages that are not installed.
pub(super) async fn find_missing(
    config: &Config,
    interpreters: &Interpreters,
    context: &Context,
    report: &mut Report,
) {
    let runtimes = config.runtimes();
    if let (true, Ok(found)) = (runtimes.contains(&Runtime::Python), &interpreters.python) {
        let asked_for = needed(python::asked_for(config));
        let mut variables = environment(interpreters, context);
        variables.extend(
            (config.env.iter()).map(|(name, value)| (name.clone().into(), value.clone().into())),
        );
        let names: Vec<_> = asked_for.iter().map(|it| it.name.clone()).collect();
        let missing = python::missing(&found.path, &names, variables).await;
        let python = context.shown(&found.path);
        let hint = format!("install it for {python}, for example with the project");
        tell(asked_for, |it| missing.contains(&it.name), &hint, report);
    }
    if runtimes.contains(&Runtime::Node) {
        let asked_for = needed(node::asked_for(&config.root));
        let command = remedy::node::for_project(&config.root, context);
        let hint = format!("install what the project needs: {command}");
        let is_missing = |it: &Dependency| !node::is_installed(&it.name, &config.root);
        tell(asked_for, is_missing, &hint, report);
    }
}

fn needed(mut dependencies: Vec<Dependency>) -> Vec<Dependency> {
    dependencies.retain(|it| it.always);
    dependencies
}

fn tell(
    dependencies: Vec<Dependency>,
    is_missing: impl Fn(&Dependency) -> bool,
    hint: &str,
    report: &mut Report,
) {
    for dependency in dependencies.into_iter().filter(is_missing) {
        let message = format!(
            "the project depends on {}, which is not installed",
            dependency.name
        );
        let finding = Finding::new(Rule::DependencyMissing, Level::Warning, message);
        report.add(finding.hint(hint).or_at(dependency.place));
    }
}

/// The first line that has a text in it.
fn line_with(text: &str, part: &str) -> Option<u32> {
    let index = text.lines().position(|line| line.contains(part))?;
    u32::try_from(index + 1).ok()
}

fn at(file: &Path, text: &str, part: &str) -> FoundAt {
    FoundAt::line(file, line_with(text, part))
}
