//! The terminal while a question is open: each key comes at once, Ctrl-C among them.
//!
//! Whoever asks reads key by key, and sets the terminal for each. So a Ctrl-C between the question and the first key, or between two keys,
//! would be the signal, which is caught here so that it does not leave the terminal without a cursor: it would do nothing.

use std::io::{self, IsTerminal as _};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal as it was. It is so again when this is dropped.
pub(super) struct QuestionMode {
    before: Termios,
}

impl QuestionMode {
    /// Sets the terminal on stdin, if there is one.
    pub(super) fn enter() -> io::Result<Option<Self>> {
        let terminal = io::stdin();
        if !terminal.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&terminal)?;
        let mut keys = before.clone();
        keys.make_raw();
        // Lines that are written begin on the left all the same.
        keys.output_modes = before.output_modes;
        tcsetattr(&terminal, OptionalActions::Drain, &keys)?;
        Ok(Some(Self { before }))
    }
}

impl Drop for QuestionMode {
    fn drop(&mut self) {
        // A terminal that is gone needs no setting.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}
