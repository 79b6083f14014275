//! How a run is named in the terminal, and how its end reads.

use std::path::Path;
use std::time::Duration;

use lgx_devserver::Diagnostic;

use super::diagnostic::{self, indented};
use super::style;

/// It is over.
pub(super) fn ended(run_id: &str, graph_id: &str, status: &str, took: Duration) -> String {
    let status = match status {
        "success" => style::success(status),
        "paused" | "interrupted" => style::caution(status),
        _ => style::failure(status),
    };
    let took = style::quiet(style::duration(took));
    format!("run {} {graph_id} {status} {took}", short_id(run_id))
}

/// It goes to one of several processes.
pub(super) fn placed(run_id: &str, pid: u32) -> String {
    format!("run {} goes to process {pid}", short_id(run_id))
}

/// It failed in the project's code.
pub(super) fn failed(run_id: &str, diagnostic: &Diagnostic, root: &Path) -> String {
    format!(
        "{} run {run_id} failed\n{}",
        style::error(),
        diagnostic::render(diagnostic, root)
    )
}

/// It ended because its process did, and is not executed again.
pub(super) fn lost(run_id: &str, reason: &str) -> String {
    format!(
        "{} run {run_id} ended as an error: {reason}",
        style::error()
    )
}

/// Its webhook does not hear of it.
pub(super) fn webhook_failed(run_id: &str, reason: &str) -> String {
    format!(
        "{} the webhook of run {} was not delivered: {}",
        style::warning(),
        short_id(run_id),
        indented(reason, "  ")
    )
}

/// Who wrote: a run, or the code while none runs.
pub(super) fn tag(run_id: Option<&str>) -> String {
    style::quiet(match run_id {
        None => "[project]".to_owned(),
        Some(run) => format!("[run {}]", short_id(run)),
    })
}

/// The end of a run's id: ids begin with the time, and so they begin alike.
pub(super) fn short_id(id: &str) -> &str {
    const TOLD: usize = 6;
    let from = id.char_indices().rev().nth(TOLD - 1);
    &id[from.map_or(0, |(at, _)| at)..]
}
