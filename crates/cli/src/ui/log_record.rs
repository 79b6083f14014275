//! What a program reads of something that happened: one object, with a name for what it is and each thing on its own.

use lgx_devserver::{Diagnostic, LogLine, LogStream, Notice};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::notices::{self, View};
use super::runs::short_id;
use super::style;
use crate::args::code::LogLevel;

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogRecord {
    #[serde(serialize_with = "as_name")]
    level: LogLevel,
    event: &'static str,
    message: String,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl LogRecord {
    /// Something of this name, and in words.
    pub(crate) fn new(level: LogLevel, event: &'static str, message: impl AsRef<str>) -> Self {
        let message = anstream::adapter::strip_str(message.as_ref()).to_string();
        Self {
            level,
            event,
            message: without_word(&message).to_owned(),
            fields: Map::new(),
        }
    }

    /// With something that it is about.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// How grave it is.
    pub(super) const fn level(&self) -> LogLevel {
        self.level
    }

    /// As a person reads it.
    pub(super) fn text(&self) -> String {
        let message = &self.message;
        match self.level {
            LogLevel::Error => format!("{} {message}", style::error()),
            LogLevel::Warning => format!("{} {message}", style::warning()),
            LogLevel::Info | LogLevel::Debug => message.clone(),
        }
    }

    /// What a notice tells, if somebody wants to see it.
    pub(super) fn of_notice(notice: &Notice, view: &View) -> Option<Self> {
        let whole = view.render(notice)?;
        let level = level(notice);
        let record = |message: &str| Self::new(level, name(notice), message);
        Some(match notice {
            Notice::Log(line) => Self::of_line(line, level),
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => record(&format!(
                "the graph `{graph_id}` cannot be loaded: {}",
                briefly(diagnostic)
            ))
            .with("graph_id", graph_id.as_str())
            .failed(diagnostic),
            Notice::RunFailed { run_id, diagnostic } => record(&format!(
                "run {} failed: {}",
                short_id(run_id),
                briefly(diagnostic)
            ))
            .with("run_id", run_id.as_str())
            .failed(diagnostic),
            Notice::RequestFailed {
                request,
                diagnostic,
            } => record(&format!("{request} failed: {}", briefly(diagnostic)))
                .with("request", request.as_str())
                .failed(diagnostic),
            Notice::RunEnded {
                run_id,
                graph_id,
                status,
                took,
            } => record(&whole)
                .with("run_id", run_id.as_str())
                .with("graph_id", graph_id.as_str())
                .with("status", *status)
                .with("duration_ms", milliseconds(*took)),
            Notice::RunLost { run_id, .. } | Notice::WebhookFailed { run_id, .. } => {
                record(&whole).with("run_id", run_id.as_str())
            }
            Notice::RunPlaced { run_id, pid } => record(&whole)
                .with("run_id", run_id.as_str())
                .with("pid", *pid),
            Notice::Request {
                method,
                path,
                status,
                took,
                headers,
                ..
            } => {
                let record = record(&whole)
                    .with("method", method.as_str())
                    .with("path", path.as_str())
                    .with("status", *status)
                    .with("duration_ms", milliseconds(*took));
                if headers.is_empty() {
                    return Some(record);
                }
                let headers = headers.iter();
                let headers = headers.map(|(name, value)| (name.clone(), json!(value)));
                record.with("headers", headers.collect::<Map<_, _>>())
            }
            _ => record(&whole),
        })
    }

    /// What code printed or logged.
    pub(super) fn of_line(line: &LogLine, level: LogLevel) -> Self {
        let mut record = Self::new(level, "log", "");
        // As it was written, whatever it looks like.
        line.text
            .trim_end_matches(['\r', '\n'])
            .clone_into(&mut record.message);
        let of = |name: &str, value: Option<&str>, record: Self| match value {
            Some(value) => record.with(name, value),
            None => record,
        };
        let record = of("run_id", line.run_id.as_deref(), record);
        let record = of("node", line.node.as_deref(), record);
        match line.stream {
            LogStream::Logging => of("logger", line.logger.as_deref(), record),
            LogStream::Stderr => record.with("stream", "stderr"),
            LogStream::Stdout | LogStream::Terminal => record.with("stream", "stdout"),
        }
    }

    /// With what was raised, and where.
    fn failed(self, diagnostic: &Diagnostic) -> Self {
        self.with("error", json!(diagnostic))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn as_name<S: Serializer>(level: &LogLevel, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match level {
        LogLevel::Error => "error",
        LogLevel::Warning => "warning",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    })
}

/// How grave it is. What code prints is shown at every level, and is no failure for that.
fn level(notice: &Notice) -> LogLevel {
    match notice {
        Notice::Log(line) if line.stream != LogStream::Logging => LogLevel::Info,
        other => notices::level(other),
    }
}

/// A text without the word that says how grave it is, which stands on its own.
fn without_word(text: &str) -> &str {
    let words = ["error: ", "warning: ", "Note: "];
    let without = words.iter().find_map(|word| text.strip_prefix(word));
    without.unwrap_or(text)
}

fn briefly(diagnostic: &Diagnostic) -> String {
    let message = diagnostic.message.lines().next().unwrap_or_default();
    if message.is_empty() {
        return diagnostic.kind.clone();
    }
    format!("{}: {message}", diagnostic.kind)
}

/// With a fraction, as most requests take less than a few.
fn milliseconds(time: std::time::Duration) -> Value {
    let thousandths = (time.as_secs_f64() * 1e6).round() / 1e3;
    json!(thousandths)
}

/// What it is, for who looks for all of its kind.
fn name(notice: &Notice) -> &'static str {
    match notice {
        Notice::Config(_) => "config",
        Notice::OtherRuntime { .. } => "other_runtime",
        Notice::GraphFailed { .. } => "graph_failed",
        Notice::GraphNotice { .. } => "graph_notice",
        Notice::NotRecorded { .. } => "not_recorded",
        Notice::Loading { .. } => "loading",
        Notice::LoadsLong(_) => "loads_long",
        Notice::Debugger(_) => "debugger",
        Notice::LoadingEnded => "loaded",
        Notice::MakesRoom { .. } => "makes_room",
        Notice::Polling(_) => "polling",
        Notice::Reloading { .. } => "reloading",
        Notice::Reloaded { .. } => "reloaded",
        Notice::ReloadFailed(_) => "reload_failed",
        Notice::WorkerDied { .. } => "worker_died",
        Notice::WorkerBlocked { .. } => "worker_blocked",
        Notice::WorkerRelieved { .. } => "worker_relieved",
        Notice::RestartFailed(_) => "restart_failed",
        Notice::ReliefFailed(_) => "relief_failed",
        Notice::ReinforcementFailed(_) => "reinforcement_failed",
        Notice::OtherCode { .. } => "other_code",
        Notice::Log(_) => "log",
        Notice::RunPlaced { .. } => "run_placed",
        Notice::RunEnded { .. } => "run_ended",
        Notice::RunFailed { .. } => "run_failed",
        Notice::RunLost { .. } => "run_lost",
        Notice::State(_) => "state",
        Notice::RequestFailed { .. } => "request_failed",
        Notice::UiUnavailable { .. } => "ui_unavailable",
        Notice::UiFailed { .. } => "ui_failed",
        Notice::UiBuilt { .. } => "ui_built",
        Notice::WebhookFailed { .. } => "webhook_failed",
        Notice::Traces(_) => "traces",
        Notice::AuthChanged { .. } => "auth_changed",
        Notice::Request { .. } => "request",
        Notice::OutOfDescriptors { .. } => "out_of_descriptors",
        Notice::OriginRefused { .. } => "origin_refused",
        Notice::HostRefused { .. } => "host_refused",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seen(notice: &Notice) -> Value {
        let view = View {
            level: LogLevel::Debug,
            root: "/p".into(),
            shows_runs: true,
        };
        json!(LogRecord::of_notice(notice, &view).expect("it is shown"))
    }

    fn line(stream: LogStream, level: &str, text: &str) -> Notice {
        Notice::Log(LogLine {
            run_id: Some("0199".to_owned()),
            stream,
            level: level.to_owned(),
            logger: Some("agent".to_owned()),
            text: text.to_owned(),
            open: false,
            node: None,
            task_id: None,
        })
    }

    #[test]
    fn what_code_writes_is_the_message_as_it_is() {
        assert_eq!(
            seen(&line(LogStream::Stdout, "info", "error: no\n  two\n")),
            json!({"level": "info", "event": "log", "message": "error: no\n  two", "run_id": "0199", "stream": "stdout"})
        );
        assert_eq!(
            seen(&line(LogStream::Logging, "WARNING", "careful")),
            json!({"level": "warning", "event": "log", "message": "careful", "run_id": "0199", "logger": "agent"})
        );
    }

    #[test]
    fn a_request_is_told_with_its_headers() {
        let request = Notice::Request {
            method: "GET".to_owned(),
            path: "/threads".to_owned(),
            status: 200,
            took: Duration::from_micros(1234),
            detail: None,
            told: false,
            headers: vec![("x-region".to_owned(), "eu".to_owned())],
        };
        assert_eq!(
            seen(&request),
            json!({
                "level": "debug", "event": "request", "message": "GET /threads 200 1 ms x-region=eu", "method": "GET", "path": "/threads",
                "status": 200, "duration_ms": 1.234, "headers": {"x-region": "eu"}
            })
        );
    }

    #[test]
    fn a_failure_is_one_line_and_all_of_it_beside() {
        let diagnostic = Diagnostic {
            kind: "ValueError".to_owned(),
            message: "no\nsuch city".to_owned(),
            file: Some("/p/graph.py".to_owned()),
            line: Some(3),
            column: None,
            source: None,
            function: Some("act".to_owned()),
            traceback: "long".to_owned(),
            hint: None,
        };
        let failed = seen(&Notice::RunFailed {
            run_id: "01a218e2-943e-728f-b5e0-a04dc4fe46a1".to_owned(),
            diagnostic,
        });
        assert_eq!(
            (&failed["level"], &failed["message"]),
            (&json!("error"), &json!("run fe46a1 failed: ValueError: no"))
        );
        assert_eq!(failed["error"]["type"], "ValueError");
        assert_eq!(failed["error"]["line"], 3);
        assert_eq!(failed["error"]["traceback"], "long");
    }

    #[test]
    fn how_grave_it_is_is_said_once() {
        let record = LogRecord::new(LogLevel::Warning, "state", "\x1b[33mwarning:\x1b[0m full");
        assert_eq!(
            json!(record.with("bytes", 7)),
            json!({"level": "warning", "event": "state", "message": "full", "bytes": 7})
        );
    }
}
