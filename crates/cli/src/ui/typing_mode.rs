//! How the terminal hands over what is typed: key by key while the server listens for keys, by the line and with the line editing of the
//! terminal itself while code of the project asks.
//!
//! Only how keys are read is changed; what is printed goes out as ever. The kernel keeps the settings when a process ends, so whoever
//! changes them puts them back: before the process is stopped with Ctrl-Z or ended with Ctrl-\ (both come as keys), and when
//! [`PutBack`] is dropped. In the background nothing is changed: the terminal is somebody else's then.

use std::io::{self, Stdin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Signal, getpgrp, kill_current_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};

/// A special character that no key stands for.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// How what is typed is handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Typing {
    /// By the line, as the terminal was found.
    #[default]
    Lines,
    /// Each key at once, and unseen.
    Keys,
}

/// The terminal that is typed on, for all that have to do with it.
#[derive(Debug, Default)]
pub(crate) struct TypingMode {
    /// None where there is none, as in tests.
    terminal: Option<Stdin>,
    state: Mutex<ModeState>,
}

#[derive(Debug, Default)]
struct ModeState {
    /// How it was when this process first had it.
    found: Option<Termios>,
    wanted: Typing,
    is: Typing,
    /// It has been put back for good.
    over: bool,
}

/// Puts the terminal back when it is dropped.
#[derive(Debug)]
pub(crate) struct PutBack(Arc<TypingMode>);

impl TypingMode {
    /// The one that stdin is.
    pub(crate) fn of_stdin() -> (Arc<Self>, PutBack) {
        let mode = Arc::new(Self {
            terminal: Some(io::stdin()),
            state: Mutex::default(),
        });
        (Arc::clone(&mode), PutBack(mode))
    }

    /// Has what is typed from now on handed over like this.
    pub(crate) fn want(&self, typing: Typing) {
        self.change(typing, OptionalActions::Now);
    }

    /// The same, without what has been typed and not been taken yet: it was meant for somebody who is gone.
    pub(crate) fn want_anew(&self, typing: Typing) {
        self.change(typing, OptionalActions::Flush);
    }

    /// Sets the terminal as it is wanted, after somebody else may have had it.
    pub(crate) fn resume(&self) {
        self.apply(&mut self.state(), OptionalActions::Now);
    }

    /// How what is typed is handed over now.
    pub(crate) fn typing(&self) -> Typing {
        self.state().is
    }

    /// Whether this process may read: a terminal that is not the controlling one has no foreground, and stops nobody.
    pub(crate) fn is_in_front(&self) -> bool {
        let terminal = self.terminal.as_ref();
        terminal.is_some_and(|it| tcgetpgrp(it).map_or(true, |front| front == getpgrp()))
    }

    /// Does what the terminal itself does at such a key: stops or ends this process and what was started with it, having put it back.
    pub(crate) fn send_as_terminal(&self, signal: Signal) {
        self.put_back(&mut self.state());
        // Nobody is left to tell.
        let _ = kill_current_process_group(signal);
    }

    fn change(&self, typing: Typing, when: OptionalActions) {
        let mut state = self.state();
        state.wanted = typing;
        self.apply(&mut state, when);
    }

    fn apply(&self, state: &mut ModeState, when: OptionalActions) {
        if state.over || !self.is_in_front() {
            return;
        }
        let Some(terminal) = &self.terminal else {
            return;
        };
        if state.found.is_none() {
            state.found = tcgetattr(terminal).ok();
        }
        let Some(found) = &state.found else {
            return;
        };
        let settings = match state.wanted {
            Typing::Lines => found.clone(),
            Typing::Keys => by_key(found),
        };
        if tcsetattr(terminal, when, &settings).is_ok() {
            state.is = state.wanted;
        }
    }

    fn put_back(&self, state: &mut ModeState) {
        if let (Typing::Keys, Some(terminal), Some(found)) =
            (state.is, &self.terminal, &state.found)
            && self.is_in_front()
        {
            // The terminal may be gone.
            let _ = tcsetattr(terminal, OptionalActions::Now, found);
        }
        state.is = Typing::Lines;
    }

    fn state(&self) -> MutexGuard<'_, ModeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PutBack {
    fn drop(&mut self) {
        let mut state = self.0.state();
        self.0.put_back(&mut state);
        state.over = true;
    }
}

/// These settings, but each key comes at once and is not shown, and the keys that stop and end a process come as well.
fn by_key(found: &Termios) -> Termios {
    let mut settings = found.clone();
    settings
        .local_modes
        .remove(LocalModes::ICANON | LocalModes::ECHO);
    settings.special_codes[SpecialCodeIndex::VMIN] = 1;
    settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    settings.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
    settings.special_codes[SpecialCodeIndex::VQUIT] = DISABLED;
    settings
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::OwnedFd;

    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// A terminal, and its other side.
    fn terminal() -> (OwnedFd, File) {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let program = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        (program, File::from(person))
    }

    #[test]
    fn only_how_keys_are_read_is_changed() {
        let (terminal, _person) = terminal();
        let found = tcgetattr(&terminal).unwrap();

        let changed = by_key(&found);

        assert_eq!(changed.output_modes, found.output_modes);
        assert_eq!(changed.input_modes, found.input_modes);
        let gone = found.local_modes - changed.local_modes;
        assert_eq!(gone, LocalModes::ICANON | LocalModes::ECHO);
        assert!(
            changed.local_modes.contains(LocalModes::ISIG),
            "Ctrl-C is a signal still"
        );
    }

    #[test]
    fn without_a_terminal_nothing_happens() {
        let mode = TypingMode::default();
        mode.want(Typing::Keys);
        assert_eq!(mode.typing(), Typing::Lines);
    }
}
