//! Where what a run says goes: data to stdout, talk to stderr, each line of the one apart from the other where both are one screen.

use std::io::{self, Write as _};

use serde_json::Value;

use super::transcript::Said;
use crate::client::events::StreamedEvent;
use crate::context::Terminal;
use crate::ui::printer;

/// The two channels, and where the cursor is.
#[derive(Debug)]
pub(crate) struct Outlet {
    terminal: Terminal,
    quiet: bool,
    in_line: bool,
}

impl Outlet {
    /// For these terminals; a quiet one says nothing of what happens.
    pub(crate) const fn new(terminal: Terminal, quiet: bool) -> Self {
        Self {
            terminal,
            quiet,
            in_line: false,
        }
    }

    /// Shows a piece of a transcript. Words are data where they are the answer.
    pub(super) fn show(&mut self, said: &Said, words_are_data: bool) -> io::Result<()> {
        match said {
            Said::Words(words) if words_are_data => self.words(words),
            Said::EndOfWords if words_are_data => self.end_words(),
            Said::Line(line) => {
                self.line(line);
                Ok(())
            }
            Said::Words(_) | Said::EndOfWords => Ok(()),
        }
    }

    /// Words of an answer.
    pub(super) fn words(&mut self, words: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.terminal.stdout {
            // A model is not to clear the screen, or worse.
            let is_shown =
                |character: &char| matches!(character, '\n' | '\t') || !character.is_control();
            let shown: String = words.chars().filter(is_shown).collect();
            out.write_all(shown.as_bytes())?;
        } else {
            out.write_all(words.as_bytes())?;
        }
        self.in_line = !words.ends_with('\n');
        out.flush()
    }

    /// The end of a message.
    pub(super) fn end_words(&mut self) -> io::Result<()> {
        self.in_line = false;
        let mut out = io::stdout().lock();
        out.write_all(b"\n")?;
        out.flush()
    }

    /// A line of data.
    fn data(&mut self, line: &str) -> io::Result<()> {
        self.in_line = false;
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// A value as JSON: for a person in lines, for a program in one.
    pub(crate) fn value(&mut self, value: &Value) -> io::Result<()> {
        let lines = self
            .terminal
            .stdout
            .then(|| serde_json::to_string_pretty(value));
        let text = match lines {
            Some(lines) => lines?,
            None => value.to_string(),
        };
        self.data(&text)
    }

    /// An event as a line of JSON.
    pub(super) fn event(&mut self, event: &StreamedEvent) -> io::Result<()> {
        let name = Value::from(event.name.as_str());
        let data = in_one_line(&event.data);
        self.data(&format!("{{\"event\":{name},\"data\":{data}}}"))
    }

    /// The data of an event as a line of JSON.
    pub(super) fn event_data(&mut self, event: &StreamedEvent) -> io::Result<()> {
        self.data(&in_one_line(&event.data))
    }

    /// A line about what happens.
    pub(crate) fn line(&mut self, line: &str) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// A line that is told in any case.
    pub(crate) fn say(&mut self, line: &str) {
        if self.in_line && self.terminal.stdout && self.terminal.stderr {
            printer::say("");
            self.in_line = false;
        }
        printer::say(line);
    }
}

/// The end of a line within JSON is white space between its parts.
fn in_one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}
