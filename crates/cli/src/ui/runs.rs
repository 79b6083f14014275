//! How the end of a run reads that did not fail in the project's code.

use std::time::Duration;

use super::diagnostic::indented;
use super::notices::{caution, duration, short_id};
use super::style;

/// It is over.
pub(super) fn ended(run_id: &str, graph_id: &str, status: &str, took: Duration) -> String {
    let status = match status {
        "success" => style::success(status),
        "paused" | "interrupted" => style::caution(status),
        _ => style::failure(status),
    };
    let took = style::quiet(duration(took));
    format!("run {} {graph_id} {status} {took}", short_id(run_id))
}

/// Its webhook does not hear of it.
pub(super) fn webhook_failed(run_id: &str, reason: &str) -> String {
    format!(
        "{} the webhook of run {} was not delivered: {}",
        caution(),
        short_id(run_id),
        indented(reason, "  ")
    )
}
