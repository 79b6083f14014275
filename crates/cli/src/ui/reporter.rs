//! Prints the server's notices from a thread of its own, so that a slow terminal never slows the server.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Local};
use lgx_devserver::{LogStream, Notice, Observer};

use super::desk::Desk;
use super::loading::LoadingLine;
use super::notices::{self, View};
use super::screen::{Screen, Source};
use super::{diagnostic, style};

/// How many lines may wait for the terminal; more are counted and left out.
const WAITING: usize = 4096;

/// How long the end of the command waits for a terminal that does not take its lines.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is to be printed.
#[derive(Debug)]
enum Entry {
    Notice(Box<Notice>, DateTime<Local>),
    Text(String),
    End,
}

/// The observer that prints.
#[derive(Debug)]
pub(crate) struct Reporter {
    entries: Sender<Entry>,
    waiting: Arc<AtomicUsize>,
    left_out: AtomicUsize,
}

/// The thread that prints.
#[derive(Debug)]
pub(crate) struct Printing {
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

impl Reporter {
    /// Starts to print. `live` is for a screen that a person looks at.
    pub(crate) fn start(view: View, live: bool) -> std::io::Result<(Self, Printing)> {
        let (entries, received) = channel();
        let (end, ended) = sync_channel(1);
        let waiting = Arc::<AtomicUsize>::default();
        let left = Arc::clone(&waiting);
        let thread = std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                let mut printer = Printer::new(view, Screen::new(anstream::stderr(), live), live);
                while let Some(entry) = printer.next(&received) {
                    left.fetch_sub(1, Ordering::Relaxed);
                    printer.take(entry);
                }
                printer.end();
                // The receiver is gone when nobody waits for the end any more.
                let _ = end.send(());
            })?;
        let reporter = Self {
            entries,
            waiting,
            left_out: AtomicUsize::new(0),
        };
        Ok((reporter, Printing { thread, ended }))
    }

    /// Prints a text, after everything that came before it.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.enter(Entry::Text(text.into()));
    }

    /// Prints what is still waiting, and nothing that comes later.
    pub(crate) fn end(&self, printing: Printing) {
        self.send(Entry::End);
        if printing.ended.recv_timeout(PATIENCE).is_ok() {
            // It has just ended, so this returns at once; a panic in it has already been reported.
            let _ = printing.thread.join();
        }
    }

    /// Enters what may be left out.
    fn enter(&self, entry: Entry) {
        if self.waiting.load(Ordering::Relaxed) >= WAITING {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            self.send(Entry::Text(format!(
                "{} {left_out} lines are not shown: they came too fast",
                style::caution("warning:")
            )));
        }
        self.send(entry);
    }

    fn send(&self, entry: Entry) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // Nobody is left to print it when the thread has ended.
        let _ = self.entries.send(entry);
    }
}

impl Observer for Reporter {
    fn notice(&self, notice: Notice) {
        self.enter(Entry::Notice(Box::new(notice), Local::now()));
    }
}

/// What the thread works with.
struct Printer<W> {
    desk: Desk,
    screen: Screen<W>,
    loading: LoadingLine,
}

impl<W: Write> Printer<W> {
    /// `live` is for a screen that a person looks at.
    fn new(view: View, screen: Screen<W>, live: bool) -> Self {
        Self {
            desk: Desk::new(view),
            screen,
            loading: LoadingLine::new(live),
        }
    }

    /// The next entry; none after the last one. What takes long, and what was counted, is shown while there is none.
    fn next(&mut self, entries: &Receiver<Entry>) -> Option<Entry> {
        loop {
            let due = self.loading.due().into_iter().chain(self.desk.due()).min();
            let next = match due {
                Some(due) => entries.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => entries.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(Entry::End) | Err(RecvTimeoutError::Disconnected) => return None,
                Ok(entry) => return Some(entry),
                Err(RecvTimeoutError::Timeout) => self.pass(Instant::now()),
            }
        }
    }

    /// Nothing has come until now.
    fn pass(&mut self, now: Instant) {
        self.tell_counted(now);
        if self.loading.due().is_some_and(|due| due <= now) {
            self.screen.break_line();
            self.loading.show();
        }
    }

    fn tell_counted(&mut self, now: Instant) {
        if let Some(text) = self.desk.counted(now) {
            self.loading.step_aside(now);
            self.screen.say(&format!("{} {text}", time(Local::now())));
        }
    }

    fn take(&mut self, entry: Entry) {
        self.tell_counted(Instant::now());
        match entry {
            Entry::End => {}
            Entry::Text(text) => {
                self.loading.step_aside(Instant::now());
                self.screen.say(&text);
            }
            Entry::Notice(notice, at) => match *notice {
                Notice::Loading { what } => self.loading.begin(&what, Instant::now()),
                Notice::LoadingEnded => self.loading.end(),
                notice => self.tell(&notice, at),
            },
        }
    }

    fn end(&mut self) {
        self.loading.end();
        self.screen.end();
    }

    fn tell(&mut self, notice: &Notice, at: DateTime<Local>) {
        match notice {
            Notice::Log(line) if line.stream != LogStream::Logging => {
                self.loading.step_aside(Instant::now());
                let tag = format!("{} {}", time(at), notices::tag(line));
                let text = diagnostic::indented_lines(&line.text, "  ");
                self.screen.print(Source::of(line), &tag, &text, line.open);
            }
            _ => {
                if let Some(text) = self.desk.text(notice, Instant::now()) {
                    self.loading.step_aside(Instant::now());
                    match notice {
                        // What is wrong with the project is wrong at any time.
                        Notice::Config(_)
                        | Notice::GraphFailed { .. }
                        | Notice::GraphNotice { .. } => self.screen.say(&text),
                        _ => self.screen.say(&format!("{} {text}", time(at))),
                    }
                }
            }
        }
    }
}

fn time(at: DateTime<Local>) -> String {
    style::quiet(at.format("%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use chrono::TimeZone;
    use lgx_devserver::LogLine;

    use super::*;
    use crate::args::serve::LogLevel;

    #[test]
    fn lines_that_find_no_place_are_counted_and_the_count_is_told() {
        let (entries, received) = channel();
        let reporter = Reporter {
            entries,
            waiting: Arc::new(AtomicUsize::new(WAITING - 2)),
            left_out: AtomicUsize::new(0),
        };
        for line in ["one", "two", "three", "four"] {
            reporter.say(line);
        }
        let texts = || {
            received
                .try_iter()
                .map(|entry| format!("{entry:?}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts().len(), 2);
        reporter.waiting.store(0, Ordering::Relaxed);

        reporter.say("five");

        let later = texts();
        assert!(
            later[0].contains("2 lines are not shown") && later[1].contains("five"),
            "{later:?}"
        );
    }

    #[test]
    fn what_happens_while_serving_is_told_with_its_time() {
        let log = |text: &str, open| {
            Notice::Log(LogLine {
                run_id: Some("0199-0442ab".to_owned()),
                stream: LogStream::Stdout,
                level: "info".to_owned(),
                logger: None,
                text: text.to_owned(),
                open,
            })
        };
        let at = Local
            .with_ymd_and_hms(2026, 1, 2, 3, 4, 5)
            .single()
            .unwrap();
        let entries = [
            log("to", true),
            log("ken", true),
            Notice::Reloading {
                changed: vec![PathBuf::from("/p/a.py")],
            },
            log("two\nlines", false),
        ]
        .map(|notice| Entry::Notice(Box::new(notice), at));
        let view = View {
            level: LogLevel::Info,
            root: PathBuf::from("/p"),
            shows_runs: true,
        };
        let mut out = Vec::new();
        let mut printer = Printer::new(view, Screen::new(&mut out, true), true);
        for entry in entries {
            printer.take(entry);
        }
        printer.end();

        let shown = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown).to_string(), @r"
        03:04:05 [run 0442ab] token
        03:04:05 Reloading: a.py
        03:04:05 [run 0442ab] two
          lines
        ");
    }
}
