//! A report for people: what the project is made of, then each finding as `lgx dev` tells it, then how many there are.

use lgx_devserver::TrialPart;

use super::super::finding::{Evidence, Finding, Level};
use super::super::place::FoundAt;
use super::super::report::{CheckedPart, PartState, Report, UsedInterpreter, VariableState};
use super::counted;
use crate::context::Context;
use crate::ui::{diagnostic, project, style};

/// The report.
pub(super) fn write(report: &Report, context: &Context) -> String {
    let mut blocks = Vec::new();
    let overview = overview(report, context);
    if !overview.is_empty() {
        blocks.push(overview.join("\n"));
    }
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.level);
    blocks.extend(findings.into_iter().map(|it| finding(it, context)));
    blocks.push(verdict(report, context));
    blocks.join("\n\n")
}

fn overview(report: &Report, context: &Context) -> Vec<String> {
    let interpreters = report.interpreters.iter();
    let mut lines: Vec<String> = interpreters.map(|it| interpreter(it, context)).collect();
    lines.extend(report.parts.iter().map(part));
    lines.extend(variables(report, context));
    lines
}

fn interpreter(used: &UsedInterpreter, context: &Context) -> String {
    let UsedInterpreter {
        runtime,
        path,
        reason,
        version,
    } = used;
    let version = version.as_ref().map(|version| format!(" {version}"));
    let path = context.shown(path);
    format!(
        "  {runtime}{} {} {}",
        version.unwrap_or_default(),
        style::place(path),
        style::quiet(format_args!("({reason})"))
    )
}

fn part(checked: &CheckedPart) -> String {
    let CheckedPart {
        part,
        target,
        state,
        took,
        ..
    } = checked;
    let mark = match state {
        PartState::NotImported => "-".to_owned(),
        PartState::Loaded => style::success("✓"),
        PartState::Failed => style::failure("✗"),
    };
    let name = match part {
        TrialPart::Auth => "auth".to_owned(),
        TrialPart::Embeddings => "embeddings".to_owned(),
        TrialPart::App => "app".to_owned(),
        TrialPart::Graph(id) => format!("graph {id}"),
    };
    let took = took.map(|took| style::quiet(format_args!(" {}", style::duration(took))));
    let took = took.unwrap_or_default();
    format!("{mark} {name} {}{took}", style::place(target))
}

fn variables(report: &Report, context: &Context) -> Option<String> {
    let missing = report.variables.iter();
    let missing = missing.filter(|it| it.state == VariableState::Missing);
    let missing = missing.count();
    let there = report.variables.len() - missing;
    let there = match &report.env_file {
        Some(file) => format!("{} ({})", context.shown(file), counted(there, "variable")),
        None if report.variables.is_empty() => return None,
        None => counted(there, "variable"),
    };
    let of_example = match (&report.example, missing) {
        (None, _) => String::new(),
        (Some(example), 0) => format!(", all of {}", context.shown(example)),
        (Some(example), _) => format!(", {missing} of {} missing", context.shown(example)),
    };
    Some(format!("  env {there}{of_example}"))
}

fn finding(finding: &Finding, context: &Context) -> String {
    let word = match finding.level {
        Level::Error => style::error(),
        Level::Warning => style::warning(),
        Level::Note => style::strong("note:"),
    };
    match &finding.evidence {
        Evidence::Problem(problem) => project::config(problem, &context.cwd),
        Evidence::Failure(failure) => format!(
            "{word} {}\n{}",
            finding.message,
            diagnostic::render(failure, &context.cwd)
        ),
        Evidence::None => {
            let mut lines = vec![format!("{word} {}", finding.message)];
            let place = finding.place.as_ref();
            // The configuration as a whole is no place to look at.
            let place = place.and_then(|place| Some((place, place.line?)));
            if let Some((FoundAt { file, .. }, line)) = place {
                let place = format!("{}:{line}", context.shown(file));
                lines.push(format!("  {}", style::place(place)));
            }
            if let Some(hint) = &finding.hint {
                lines.push(format!("  {} {hint}", style::help()));
            }
            lines.join("\n")
        }
    }
}

fn verdict(report: &Report, context: &Context) -> String {
    let config = context.shown(&report.config);
    let of = |level| report.count(level);
    let counts = [
        (of(Level::Error), "error"),
        (of(Level::Warning), "warning"),
        (of(Level::Note), "note"),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, what)| counted(count, what)).collect();
    let told = told.join(", ");
    match (report.is_good(), told.as_str()) {
        (false, _) => format!("{} {config}: {told}", style::failure("✗")),
        (true, "") => format!("{} {}", style::success("✓"), good(report, &config)),
        (true, _) => format!("{} {}: {told}", style::success("✓"), good(report, &config)),
    }
}

fn good(report: &Report, config: &str) -> String {
    let graphs = counted(report.graphs(), "graph");
    if report.imported {
        format!("{config} can be served ({graphs})")
    } else {
        format!("{config} is valid ({graphs} found)")
    }
}
