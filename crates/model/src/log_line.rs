//! Lines that user code printed or logged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaidLine {
    /// How important it is.
    pub level: LineLevel,
    /// The logger's name.
    pub logger: Option<String>,
    /// The text: a line, or a block of lines that belong together.
    pub message: String,
    /// Where it came from.
    pub stream: LineStream,
    /// The node that wrote it, where that is known.
    pub node: Option<String>,
    /// The task that executed the node, as the steps of the run name it.
    pub task_id: Option<String>,
    /// The generation of the code that executed the run.
    pub generation: Option<u64>,
}

/// A line with its place among all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogEntry {
    /// Increases, also from one life of the server to the next.
    pub id: u64,
    /// When it came.
    pub at: Timestamp,
    /// What was said.
    #[serde(flatten)]
    pub said: SaidLine,
}

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineLevel {
    /// For who looks closely.
    Debug,
    /// As usual.
    Info,
    /// Something is odd.
    Warning,
    /// Something failed.
    Error,
    /// Nothing goes on.
    Critical,
}

impl LineLevel {
    /// Those that a project has made up are as good as the next lower one.
    pub fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "debug" | "notset" | "trace" => Self::Debug,
            "warning" | "warn" => Self::Warning,
            "error" => Self::Error,
            "critical" | "fatal" => Self::Critical,
            _ => Self::Info,
        }
    }
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineStream {
    /// `print`.
    Stdout,
    /// The error stream.
    Stderr,
    /// A logger.
    Log,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_every_spelling_are_five() {
        for (word, level) in [
            ("DEBUG", LineLevel::Debug),
            ("info", LineLevel::Info),
            ("Level 25", LineLevel::Info),
            ("WARN", LineLevel::Warning),
            ("error", LineLevel::Error),
            ("FATAL", LineLevel::Critical),
        ] {
            assert_eq!(LineLevel::of(word), level, "{word}");
        }
    }
}
