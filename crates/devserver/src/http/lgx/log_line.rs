//! A line that user code printed or logged, as the page and scripts are told.

use lgx_engine::announcements::log_ring::LoggedLine;
use lgx_engine::announcements::ring::Announced;
use lgx_model::{RunId, ThreadId, Timestamp};
use lgx_worker::LogStream;
use schemars::JsonSchema;
use serde::Serialize;

/// One line.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LogLineView {
    /// Increases within one life of the server.
    pub(super) id: u64,
    at: Timestamp,
    level: LineLevel,
    logger: Option<String>,
    message: String,
    stream: LineStream,
    /// The run that wrote it, where one did.
    run_id: Option<RunId>,
    pub(super) thread_id: Option<ThreadId>,
    /// The node that wrote it, where that is known.
    node: Option<String>,
    /// The task that executed the node, as the steps of the run name it.
    task_id: Option<String>,
    /// The generation of the code that executed the run.
    generation: Option<u64>,
}

/// How important it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LineLevel {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl LineLevel {
    /// Those that a project has made up are as good as the next lower one.
    fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "debug" | "notset" | "trace" => Self::Debug,
            "warning" | "warn" => Self::Warning,
            "error" => Self::Error,
            "critical" | "fatal" => Self::Critical,
            _ => Self::Info,
        }
    }
}

/// Where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LineStream {
    Stdout,
    Stderr,
    Log,
}

impl LogLineView {
    /// How it is shown.
    pub(super) fn of(announced: &Announced<LoggedLine>) -> Self {
        let LoggedLine {
            line,
            run,
            generation,
        } = &announced.what;
        Self {
            id: announced.id,
            at: announced.at,
            level: LineLevel::of(&line.level),
            logger: line.logger.clone(),
            message: line.text.clone(),
            stream: match line.stream {
                LogStream::Stdout | LogStream::Terminal => LineStream::Stdout,
                LogStream::Stderr => LineStream::Stderr,
                LogStream::Logging => LineStream::Log,
            },
            run_id: run.map(|(run_id, _)| run_id),
            thread_id: run.map(|(_, thread_id)| thread_id),
            node: line.node.clone(),
            task_id: line.task_id.clone(),
            generation: *generation,
        }
    }
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
