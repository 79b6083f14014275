//! What a worker prints and logs, line by line.

use serde::{Deserialize, Serialize};

/// A line of output, or a block that belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The run that wrote it, when known.
    #[serde(default)]
    pub run_id: Option<String>,
    /// Where it came from.
    pub stream: LogStream,
    /// `debug`, `info`, `warning`, `error`, …
    pub level: String,
    /// The logger's name.
    #[serde(default)]
    pub logger: Option<String>,
    /// The text.
    pub text: String,
    /// Whether the last line of the text is not over: what the run writes to this stream next goes on with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// The node that wrote it, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The task that executed the node, as the steps of the run name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
}

/// Where output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogStream {
    /// `print`.
    Stdout,
    /// The error stream.
    Stderr,
    /// Python's logging.
    Logging,
    /// A debugger, to the person at its prompt.
    Terminal,
}
