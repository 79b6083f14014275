//! Prints the server's notices from a thread of its own, so that a slow terminal never slows the server.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use lgx_devserver::{Notice, Observer};

use super::notices::View;
use super::{printer, style};

/// How many lines may wait for the terminal; more are counted and left out.
const WAITING: usize = 4096;

/// How many refused origins and hosts are remembered, so that each is told once.
const REMEMBERED: usize = 100;

/// How long the end of the command waits for a terminal that does not take its lines.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is to be printed.
#[derive(Debug)]
enum Entry {
    Notice(Notice),
    Text(String),
    End,
}

/// The observer that prints.
#[derive(Debug)]
pub(crate) struct Reporter {
    entries: SyncSender<Entry>,
    left_out: AtomicUsize,
}

/// The thread that prints.
#[derive(Debug)]
pub(crate) struct Printing {
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

impl Reporter {
    /// Starts to print.
    pub(crate) fn start(view: View) -> std::io::Result<(Self, Printing)> {
        let (entries, waiting) = sync_channel(WAITING);
        let (end, ended) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                print_all(&waiting, &view);
                // The receiver is gone when nobody waits for the end any more.
                let _ = end.send(());
            })?;
        Ok((
            Self {
                entries,
                left_out: AtomicUsize::new(0),
            },
            Printing { thread, ended },
        ))
    }

    /// Prints a text, after everything that came before it.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.enter(Entry::Text(text.into()));
    }

    /// Prints what is still waiting, and nothing that comes later.
    pub(crate) fn end(&self, printing: Printing) {
        // A full channel means a terminal that takes nothing: the wait below is then all it gets.
        let _ = self.entries.try_send(Entry::End);
        if printing.ended.recv_timeout(PATIENCE).is_ok() {
            // It has just ended, so this returns at once; a panic in it has already been reported.
            let _ = printing.thread.join();
        }
    }

    fn enter(&self, entry: Entry) {
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            let text = format!(
                "{} {left_out} lines are not shown: they came too fast",
                style::caution("warning:")
            );
            if self.entries.try_send(Entry::Text(text)).is_err() {
                self.left_out.fetch_add(left_out, Ordering::Relaxed);
            }
        }
        if let Err(TrySendError::Full(_)) = self.entries.try_send(entry) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Observer for Reporter {
    fn notice(&self, notice: Notice) {
        self.enter(Entry::Notice(notice));
    }
}

fn print_all(entries: &Receiver<Entry>, view: &View) {
    let mut refused = HashSet::new();
    for entry in entries {
        match entry {
            Entry::End => return,
            Entry::Text(text) => printer::say(text),
            Entry::Notice(notice) => {
                if is_news(&notice, &mut refused)
                    && let Some(text) = view.render(&notice)
                {
                    printer::say(text);
                }
            }
        }
    }
}

/// A refusal is told once for each origin and host: browsers try again and again.
fn is_news(notice: &Notice, refused: &mut HashSet<String>) -> bool {
    match notice {
        Notice::OriginRefused { origin: from } | Notice::HostRefused { host: from } => {
            refused.len() < REMEMBERED && refused.insert(from.clone())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_page_is_told_once() {
        let mut refused = HashSet::new();
        let notice = |origin: &str| Notice::OriginRefused {
            origin: origin.to_owned(),
        };

        assert!(is_news(&notice("https://a"), &mut refused));
        assert!(!is_news(&notice("https://a"), &mut refused));
        assert!(is_news(&notice("https://b"), &mut refused));
    }

    #[test]
    fn lines_that_find_no_place_are_counted_and_the_count_is_told() {
        let (entries, waiting) = sync_channel(2);
        let reporter = Reporter {
            entries,
            left_out: AtomicUsize::new(0),
        };
        for line in ["one", "two", "three", "four"] {
            reporter.say(line);
        }
        let texts = || {
            waiting
                .try_iter()
                .map(|entry| format!("{entry:?}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts().len(), 2);

        reporter.say("five");

        let later = texts();
        assert!(
            later[0].contains("2 lines are not shown") && later[1].contains("five"),
            "{later:?}"
        );
    }
}
