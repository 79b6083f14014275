//! Prints the server's notices from a thread of its own, so that a slow terminal never slows the server.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Zoned;
use lgx_devserver::{Notice, Observer, Question};

use super::conversation::{self, Conversation, Person};
use super::entry::{Entry, WAITING};
use super::json_lines::JsonLines;
use super::keyboard::TypedInput;
use super::log_record::LogRecord;
use super::notices::{self, View};
use super::printer::Talk;
use super::screen::Screen;
use super::shown_level::ShownLevel;

/// How long the end of the command waits for a terminal that does not take its lines.
const PATIENCE: Duration = Duration::from_millis(500);

/// The observer that prints.
#[derive(Debug)]
pub(crate) struct Reporter {
    entries: Sender<Entry>,
    waiting: Arc<AtomicUsize>,
    left_out: AtomicUsize,
    level: ShownLevel,
}

/// The thread that prints.
#[derive(Debug)]
pub(crate) struct Printing {
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

impl Reporter {
    /// Starts to print on stderr. `live` is for a screen that a person looks at; `person` is who types, if there is one.
    pub(crate) fn start(
        view: View,
        live: bool,
        person: Option<Person>,
    ) -> std::io::Result<(Self, Printing)> {
        Self::start_on(Talk::new(), view, live, person)
    }

    /// The same, elsewhere.
    pub(crate) fn start_on(
        out: impl Write + Send + 'static,
        view: View,
        live: bool,
        person: Option<Person>,
    ) -> std::io::Result<(Self, Printing)> {
        let level = ShownLevel::new(view.level);
        let shown = level.clone();
        Self::start_with(level, move |received, taken| {
            let screen = Screen::new(out, live);
            let mut conversation = Conversation::new(view, shown, screen, live, person);
            while let Some(entry) = conversation.next(received) {
                taken();
                conversation.take(entry);
            }
            conversation.end();
        })
    }

    /// Starts to write lines of JSON to stderr.
    pub(crate) fn start_json(view: View) -> std::io::Result<(Self, Printing)> {
        Self::start_with(ShownLevel::new(view.level), move |received, taken| {
            JsonLines::new(std::io::stderr(), view).write_all(received, taken);
        })
    }

    /// Starts a thread that prints what is entered, to the end, and says of each that it has been taken.
    fn start_with(
        level: ShownLevel,
        print: impl FnOnce(&Receiver<Entry>, &dyn Fn()) + Send + 'static,
    ) -> std::io::Result<(Self, Printing)> {
        let (entries, received) = channel();
        let (end, ended) = sync_channel(1);
        let waiting = Arc::<AtomicUsize>::default();
        let left = Arc::clone(&waiting);
        let thread = std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                print(&received, &|| {
                    left.fetch_sub(1, Ordering::Relaxed);
                });
                // The receiver is gone when nobody waits for the end any more.
                let _ = end.send(());
            })?;
        let reporter = Self {
            entries,
            waiting,
            left_out: AtomicUsize::new(0),
            level,
        };
        Ok((reporter, Printing { thread, ended }))
    }

    /// Prints a text, after everything that came before it.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.enter(Entry::Text(text.into()));
    }

    /// Prints something that programs read too, after everything that came before it.
    pub(crate) fn record(&self, record: LogRecord) {
        if record.level() > self.level.get() {
            return;
        }
        self.enter(Entry::Record(Box::new(record), Zoned::now()));
    }

    /// Prints what is still waiting, and nothing that comes later.
    pub(crate) fn end(&self, printing: Printing) {
        self.send(Entry::End);
        if printing.ended.recv_timeout(PATIENCE).is_ok() {
            // It has just ended, so this returns at once; a panic in it has already been reported.
            let _ = printing.thread.join();
        }
    }

    /// Takes what the person has typed.
    pub(crate) fn typed(&self, typed: TypedInput) {
        self.send(Entry::Typed(typed));
    }

    /// Enters what may be left out.
    fn enter(&self, entry: Entry) {
        if self.waiting.load(Ordering::Relaxed) >= WAITING {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            self.send(Entry::Text(conversation::left_out(left_out)));
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
        if notices::passes_unseen(&notice, self.level.get()) {
            return;
        }
        self.enter(Entry::Notice(Box::new(notice), Zoned::now()));
    }

    fn ask(&self, question: Question) {
        self.send(Entry::Ask(question));
    }

    fn questions_closed(&self) {
        self.send(Entry::Sweep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::code::LogLevel;

    #[test]
    fn lines_that_find_no_place_are_counted_and_the_count_is_told() {
        let (entries, received) = channel();
        let reporter = Reporter {
            entries,
            waiting: Arc::new(AtomicUsize::new(WAITING - 2)),
            left_out: AtomicUsize::new(0),
            level: ShownLevel::new(LogLevel::Info),
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
}
