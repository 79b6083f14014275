//! How a report is written down: a form for people, and three for programs.

mod github;
mod json;
mod sarif;
mod text;

use super::Report;
use crate::args::check::ReportFormat;
use crate::context::Context;

/// The report in this form, without a line end.
pub(crate) fn write(report: &Report, format: ReportFormat, context: &Context) -> String {
    match format {
        ReportFormat::Text => text::write(report, context),
        ReportFormat::Github => github::write(report),
        ReportFormat::Sarif => sarif::write(report),
        ReportFormat::Json => json::write(report),
    }
}

/// `2 errors`, `1 warning`.
fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
