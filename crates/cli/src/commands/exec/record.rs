//! What happened on the server while a command ran: how its runs ended, and what went wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lgx_config::Severity;
use lgx_devserver::{Notice, Observer, Question};
use lgx_record::Told;

use super::cassettes::UsedCassettes;
use crate::ui::annotation::Annotation;
use crate::ui::reporter::Reporter;
use crate::ui::style;

/// A workflow of GitHub shows ten of a step.
const MOST: usize = 10;
/// Of which most are not shown, and only counted.
const MOST_HEARD: usize = 1000;

/// The observer that prints, and takes down what happens.
#[derive(Debug)]
pub(super) struct Recorder {
    reporter: Arc<Reporter>,
    record: Mutex<Record>,
}

/// What has been taken down.
#[derive(Debug, Default, Clone)]
pub(super) struct Record {
    runs: BTreeMap<&'static str, u64>,
    pub(super) wrong: Vec<Annotation>,
    /// What became of calls of models.
    pub(super) heard: Vec<Told>,
    /// How many calls of models were not answered, equal ones too.
    pub(super) unanswered: usize,
}

impl Recorder {
    /// Nothing has happened.
    pub(super) fn new(reporter: Arc<Reporter>) -> Self {
        Self {
            reporter,
            record: Mutex::default(),
        }
    }

    /// Takes down something wrong that was no notice.
    pub(super) fn add(&self, wrong: Annotation) {
        self.record().add(wrong);
    }

    /// Takes down what became of a call of a model.
    pub(super) fn hear(&self, told: Told) {
        let mut record = self.record();
        record.unanswered += usize::from(told.is_unanswered());
        if record.heard.len() < MOST_HEARD && !record.heard.contains(&told) {
            record.heard.push(told);
        }
    }

    /// What has happened so far.
    pub(super) fn so_far(&self) -> Record {
        self.record().clone()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn notice(&self, notice: Notice) {
        let status = match &notice {
            Notice::RunEnded { status, .. } => Some(*status),
            Notice::RunFailed { .. } | Notice::RunLost { .. } => Some("error"),
            _ => None,
        };
        let wrong = Annotation::of_notice(&notice);
        if status.is_some() || wrong.is_some() {
            let mut record = self.record();
            if let Some(status) = status {
                *record.runs.entry(status).or_default() += 1;
            }
            if let Some(wrong) = wrong {
                record.add(wrong);
            }
        }
        self.reporter.notice(notice);
    }

    fn ask(&self, question: Question) {
        self.reporter.ask(question);
    }

    fn questions_closed(&self) {
        self.reporter.questions_closed();
    }
}

/// How a command ended, for the summary of a job.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    /// The command, as it was written.
    pub(super) command: &'a str,
    /// With which exit code.
    pub(super) code: u8,
    /// How long the server took to be ready, if it ever was.
    pub(super) ready: Option<Duration>,
    /// How long the command ran.
    pub(super) took: Option<Duration>,
    /// The recordings of calls of models, if there was something to do with them.
    pub(super) cassettes: Option<&'a UsedCassettes>,
}

impl Record {
    fn add(&mut self, wrong: Annotation) {
        if self.wrong.len() < MOST && !self.wrong.contains(&wrong) {
            self.wrong.push(wrong);
        }
    }

    /// The summary, in Markdown.
    pub(super) fn summary(&self, ended: &Ended<'_>, root: &Path) -> String {
        let mark = if ended.code == 0 { "✅" } else { "❌" };
        let runs: Vec<_> = self
            .runs
            .iter()
            .map(|(status, count)| format!("{count} {status}"))
            .collect();
        let runs = if runs.is_empty() {
            "none".to_owned()
        } else {
            runs.join(", ")
        };
        let time = |time: Option<Duration>| time.map_or("—".to_owned(), style::duration);
        let mut text = format!(
            "### {mark} `lgx exec -- {}`\n\n| Exit code | Server ready after | Command took | Runs |\n|---|---|---|---|\n| {} | {} | {} | {runs} |\n",
            ended.command,
            ended.code,
            time(ended.ready),
            time(ended.took),
        );
        if let Some(cassettes) = ended.cassettes {
            text.push_str(&cassettes.summary(self.unanswered));
        }
        for wrong in &self.wrong {
            let word = match wrong.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let place = wrong.place(root);
            let place = place.map_or(String::new(), |place| format!(" in `{place}`"));
            let message = wrong.message.lines().next().unwrap_or_default();
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "\n- {word}{place}: {}: `{}`",
                wrong.title,
                message.replace('`', "'")
            );
        }
        text.push('\n');
        text
    }
}
