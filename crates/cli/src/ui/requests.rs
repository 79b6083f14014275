//! How a request reads that was answered or refused, and what decides about that.

use std::time::Duration;

use super::diagnostic::indented;
use super::notices::{caution, duration};
use super::style;

/// It was answered. `detail` is what the client was not told; of a refusal, the reason.
pub(super) fn answered(
    method: &str,
    path: &str,
    status: u16,
    took: Duration,
    detail: Option<&str>,
) -> String {
    if let (401 | 403, Some(reason)) = (status, detail) {
        let word = style::caution("refused:");
        return format!(
            "{word} {method} {path} {status}: {}",
            indented(reason, "  ")
        );
    }
    let status = if status >= 500 {
        style::failure(status)
    } else {
        status.to_string()
    };
    let line = format!("{method} {path} {status} {}", style::quiet(duration(took)));
    match detail {
        Some(detail) => format!("{line}\n  {}", indented(detail, "  ")),
        None => line,
    }
}

/// Other auth is in effect than before.
pub(super) fn auth_changed(auth: Option<&str>) -> String {
    match auth {
        Some(auth) => format!("{} {auth} decides who may do what", style::place("Auth:")),
        None => format!(
            "{} langgraph.json names no `auth` any more: every request is let in",
            caution()
        ),
    }
}
