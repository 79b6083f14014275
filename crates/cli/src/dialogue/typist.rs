//! Lines that a person types, with moves in the line and what was typed before; kept in no file.

use anyhow::Context as _;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Behavior, Config, Editor};

/// What a person typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the end of what is piped in.
    End,
}

/// Reads lines.
pub(crate) struct Typist {
    editor: Editor<(), MemHistory>,
}

impl Typist {
    /// A reader of stdin. The prompt never goes into a pipe: where stdout is one, the terminal itself is asked.
    pub(crate) fn new(stdout_is_terminal: bool) -> anyhow::Result<Self> {
        let behavior = if stdout_is_terminal {
            Behavior::Stdio
        } else {
            Behavior::PreferTerm
        };
        let config = Config::builder().behavior(behavior).build();
        let editor = Editor::with_history(config, MemHistory::default());
        Ok(Self {
            editor: editor.context("cannot read from the terminal")?,
        })
    }

    /// The next line, with a text in it that may be changed.
    pub(crate) fn line(&mut self, prompt: &str, initial: &str) -> anyhow::Result<Typed> {
        match self.editor.readline_with_initial(prompt, (initial, "")) {
            Ok(line) => {
                if !line.trim().is_empty() {
                    self.editor.add_history_entry(&line)?;
                }
                Ok(Typed::Line(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Interrupt),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(error) => Err(error).context("cannot read from the terminal"),
        }
    }
}
