//! A report as annotations: commands that a workflow of GitHub takes out of what a step prints.

use super::super::finding::{Finding, Level};
use super::super::place::named_from;
use super::super::report::Report;
use super::counted;
use crate::ui::workflow_command::workflow_command;

/// The report.
pub(super) fn write(report: &Report) -> String {
    let findings = report.findings.iter();
    let mut lines: Vec<String> = findings.map(|it| annotation(it, report)).collect();
    let count = |level, what| counted(report.count(level), what);
    lines.push(format!(
        "{}: {}, {}",
        named_from(&report.config, &report.root),
        count(Level::Error, "error"),
        count(Level::Warning, "warning")
    ));
    lines.join("\n")
}

fn annotation(finding: &Finding, report: &Report) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let place = finding.place.as_ref();
    let line = place.and_then(|place| place.line);
    let column = place.and_then(|place| place.column);
    let properties = [
        (
            "file",
            place.map(|place| named_from(&place.file, &report.root)),
        ),
        ("line", line.map(|line| line.to_string())),
        (
            "col",
            column.filter(|_| line.is_some()).map(|it| it.to_string()),
        ),
        ("title", Some(format!("lgx {}", finding.rule.id()))),
    ];
    workflow_command(command, properties, &finding.in_words())
}
