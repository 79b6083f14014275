//! What the project's files say: whether it can be served, and whether the variables are set that it asks for.

use super::examined::Examined;
use crate::check::{Level, Report, Rule, VariableState};
use crate::context::Context;

/// Who says more.
const ALL: &str = "`lgx check` tells all that is wrong, and imports the code";

/// How many names are told.
const MOST_NAMES: usize = 8;

/// Whether the configuration can be used, with the first thing that is wrong.
pub(super) fn configuration(report: &Report, context: &Context) -> Examined {
    let shown = context.shown(&report.config);
    let first = |level| report.findings.iter().find(move |it| it.level == level);
    let more = |level| match report.count(level) - 1 {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    let of_level = |level: Level| {
        let finding = first(level)?;
        let place = finding.place.as_ref();
        let place = place.and_then(|place| Some((place, place.line?)));
        let place = place.map(|(place, line)| format!("{}:{line}: ", context.shown(&place.file)));
        Some(format!(
            "{}{}{}",
            place.unwrap_or_default(),
            finding.message,
            more(level)
        ))
    };
    if let Some(message) = of_level(Level::Error) {
        return Examined::fail("project", message).hint(ALL);
    }
    let graphs = report.graphs();
    let noun = if graphs == 1 { "graph" } else { "graphs" };
    // Missing variables have a line of their own.
    let others = report
        .findings
        .iter()
        .any(|it| it.level == Level::Warning && it.rule != Rule::VariableMissing);
    match of_level(Level::Warning).filter(|_| others) {
        Some(message) => Examined::warn("project", message).hint(ALL),
        None => Examined::ok("project", format!("{shown} is valid ({graphs} {noun})")),
    }
}

/// Whether what the example of `.env` has is set. Names alone are told.
pub(super) fn variables(report: &Report, context: &Context) -> Examined {
    let missing: Vec<&str> = report
        .variables
        .iter()
        .filter(|it| it.state == VariableState::Missing)
        .map(|it| it.name.as_str())
        .collect();
    let count = report.variables.len() - missing.len();
    let noun = if count == 1 { "variable" } else { "variables" };
    let file = report.env_file.as_ref().map(|file| context.shown(file));
    let Some(example) = report.example.as_ref().map(|file| context.shown(file)) else {
        return match file {
            Some(file) => Examined::ok("env", format!("{file} sets {count} {noun}")),
            None => Examined::ok("env", format!("the project sets {count} {noun}")),
        };
    };
    if missing.is_empty() {
        return Examined::ok("env", format!("all variables of {example} are set"));
    }
    let mut named = missing
        .iter()
        .take(MOST_NAMES)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if missing.len() > MOST_NAMES {
        named.push_str(", …");
    }
    let hint = match file {
        Some(file) => format!("set them in {file}"),
        None => format!(
            "copy {example} to .env beside it, set them there, and name it as `env` in langgraph.json"
        ),
    };
    Examined::warn("env", format!("not set, and in {example}: {named}")).hint(hint)
}
