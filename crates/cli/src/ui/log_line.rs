//! How a line reads that the project's code prints or logs.

use lgx_devserver::{LogLine, LogStream};

use super::diagnostic::indented;
use super::{runs, style};

/// Who writes.
pub(super) fn tag(line: &LogLine) -> String {
    runs::tag(line.run_id.as_deref())
}

/// A line, with who writes it.
pub(super) fn text(line: &LogLine) -> String {
    let tag = tag(line);
    let said = indented(&line.text, "  ");
    if line.stream != LogStream::Logging {
        return format!("{tag} {said}");
    }
    let logger = line.logger.as_deref().unwrap_or("root");
    let level = line.level.to_ascii_lowercase();
    let level = match level.as_str() {
        "error" | "critical" | "fatal" => style::failure(level),
        "warning" | "warn" => style::caution(level),
        "info" => style::success(level),
        _ => style::quiet(level),
    };
    format!("{tag} {level} {logger}: {said}")
}
