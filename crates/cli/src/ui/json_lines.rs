//! What a server tells, as lines of JSON: each thing that happens is one line, with its time.

use std::io::Write;
use std::sync::mpsc::Receiver;

use jiff::Timestamp;
use lgx_devserver::{LogLine, LogStream, Notice};
use serde::Serialize;

use super::entry::Entry;
use super::log_record::LogRecord;
use super::notices::View;
use crate::args::code::LogLevel;

/// The beginning of a line is not kept beyond this many bytes: it is then told as if it were a line.
const LONGEST_BEGINNING: usize = 64 * 1024;
/// In UTC, with milliseconds, as every program reads it.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";

/// Where the lines are written.
pub(super) struct JsonLines<W> {
    out: W,
    view: View,
    /// What has been printed of lines that are not over.
    begun: Vec<(LogLine, Timestamp)>,
}

/// A line.
#[derive(Serialize)]
struct Timed<'a> {
    time: String,
    #[serde(flatten)]
    record: &'a LogRecord,
}

impl<W: Write> JsonLines<W> {
    /// None has been written yet.
    pub(super) const fn new(out: W, view: View) -> Self {
        Self {
            out,
            view,
            begun: Vec::new(),
        }
    }

    /// Writes all that comes, until the end; `taken` is called for each.
    pub(super) fn write_all(&mut self, entries: &Receiver<Entry>, taken: impl Fn()) {
        while let Ok(entry) = entries.recv() {
            if matches!(entry, Entry::End) {
                break;
            }
            taken();
            self.take(entry);
        }
        self.end_lines(|_| true);
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Notice(notice, at) => self.notice(*notice, at.timestamp()),
            Entry::Record(record, at) => self.write(&record, at.timestamp()),
            Entry::Text(text) => {
                let record = LogRecord::new(LogLevel::Info, "message", text);
                self.write(&record, Timestamp::now());
            }
            // Dropped, a question is answered: nobody is there.
            Entry::Ask(_) | Entry::Sweep | Entry::Typed(_) | Entry::End => {}
        }
    }

    fn notice(&mut self, notice: Notice, at: Timestamp) {
        match notice {
            Notice::Log(line) if line.stream != LogStream::Logging => {
                return self.printed(line, at);
            }
            Notice::RunEnded { ref run_id, .. }
            | Notice::RunFailed { ref run_id, .. }
            | Notice::RunLost { ref run_id, .. } => {
                self.end_lines(|line| line.run_id.as_ref() == Some(run_id));
            }
            _ => {}
        }
        if let Some(record) = LogRecord::of_notice(&notice, &self.view) {
            self.write(&record, at);
        }
    }

    /// A run or the project has printed something. Token by token it is told as the line that it becomes.
    fn printed(&mut self, mut line: LogLine, at: Timestamp) {
        let mut begun_at = at;
        let is_its = |begun: &LogLine| begun.stream == line.stream && begun.run_id == line.run_id;
        if let Some(place) = self.begun.iter().position(|(begun, _)| is_its(begun)) {
            let (begun, since) = self.begun.remove(place);
            line.text.insert_str(0, &begun.text);
            begun_at = since;
        }
        if line.open && line.text.len() <= LONGEST_BEGINNING {
            self.begun.push((line, begun_at));
        } else {
            self.line(&line, begun_at);
        }
    }

    /// Tells beginnings of lines as lines, because nothing more comes.
    fn end_lines(&mut self, of: impl Fn(&LogLine) -> bool) {
        let begun = std::mem::take(&mut self.begun).into_iter();
        let (over, rest): (Vec<_>, Vec<_>) = begun.partition(|(line, _)| of(line));
        self.begun = rest;
        for (line, at) in over {
            self.line(&line, at);
        }
    }

    fn line(&mut self, line: &LogLine, at: Timestamp) {
        self.write(&LogRecord::of_line(line, LogLevel::Info), at);
    }

    fn write(&mut self, record: &LogRecord, at: Timestamp) {
        let time = at.strftime(TIME).to_string();
        if let Ok(mut line) = serde_json::to_vec(&Timed { time, record }) {
            line.push(b'\n');
            // There is nobody to tell when it fails.
            let _ = self.out.write_all(&line);
            let _ = self.out.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::mpsc::channel;

    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    use super::*;

    fn printed(run_id: &str, text: &str, open: bool) -> Notice {
        Notice::Log(LogLine {
            run_id: Some(run_id.to_owned()),
            stream: LogStream::Stdout,
            level: "info".to_owned(),
            logger: None,
            text: text.to_owned(),
            open,
            node: None,
            task_id: None,
        })
    }

    fn written(notices: impl IntoIterator<Item = Notice>) -> Vec<Value> {
        let (send, entries) = channel();
        let at = date(2026, 1, 2).at(3, 4, 5, 6_789_000);
        for notice in notices {
            let at = at.to_zoned(TimeZone::UTC).unwrap();
            send.send(Entry::Notice(Box::new(notice), at)).unwrap();
        }
        send.send(Entry::End).unwrap();
        let view = View {
            level: LogLevel::Info,
            root: PathBuf::from("/p"),
            shows_runs: true,
        };
        let mut out = Vec::new();
        JsonLines::new(&mut out, view).write_all(&entries, || {});
        let text = String::from_utf8(out).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn each_thing_is_a_line_with_its_time() {
        let lines = written([printed("a1", "one\ntwo \u{1b}[31mred\n", false)]);
        assert_eq!(
            lines,
            [
                json!({"time": "2026-01-02T03:04:05.006Z", "level": "info", "event": "log", "message": "one\ntwo \u{1b}[31mred", "run_id": "a1", "stream": "stdout"})
            ]
        );
    }

    #[test]
    fn what_is_printed_token_by_token_is_one_line() {
        let lines = written([
            printed("a1", "to", true),
            printed("b2", "other", true),
            printed("a1", "ken", true),
            printed("a1", " by token\n", false),
            Notice::RunEnded {
                run_id: "b2".to_owned(),
                graph_id: "agent".to_owned(),
                status: "success",
                took: std::time::Duration::ZERO,
            },
            printed("c3", "left", true),
        ]);
        let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
        let ended = "run b2 agent success 0 ms";
        assert_eq!(messages, ["token by token", "other", ended, "left"]);
    }
}
