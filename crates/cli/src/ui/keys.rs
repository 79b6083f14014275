//! What a person can have the server do by pressing a key.

use super::style;

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Open Studio.
    Open,
    /// Say where the server is.
    Urls,
    /// Load the code again.
    Reload,
    /// Clear the screen.
    Clear,
    /// Say more, or less.
    LogLevel,
    /// Show the last failure again.
    Traceback,
    /// Cancel the runs that execute or wait.
    Cancel,
    /// Stop the server.
    Quit,
    /// Say which keys there are.
    Help,
}

const KEYS: [(char, Key, &str); 9] = [
    ('o', Key::Open, "open Studio in the browser"),
    ('u', Key::Urls, "show the addresses of the server"),
    ('r', Key::Reload, "bring up the code anew"),
    ('c', Key::Clear, "clear the screen"),
    ('l', Key::LogLevel, "say more, or less: the next log level"),
    (
        't',
        Key::Traceback,
        "show the last failure again, with its traceback",
    ),
    ('k', Key::Cancel, "cancel the runs that execute or wait"),
    ('q', Key::Quit, "stop the server"),
    ('h', Key::Help, "show this"),
];

impl Key {
    /// The key that this is. One that came with Enter is the same; several are none: a command that somebody pastes into the wrong
    /// window must neither cancel runs nor stop the server.
    pub(crate) fn of(typed: &str) -> Option<Self> {
        let mut characters = typed.trim().chars();
        let typed = characters.next()?.to_ascii_lowercase();
        if characters.next().is_some() {
            return None;
        }
        let mut keys = KEYS.iter();
        let key = keys.find(|(letter, ..)| *letter == typed || (*letter == 'h' && typed == '?'));
        key.map(|(_, key, _)| *key)
    }
}

/// The keys there are.
pub(crate) fn help() -> String {
    let lines = KEYS.map(|(letter, _, what)| format!("  {}  {what}", style::strong(letter)));
    lines.join("\n")
}

/// What is said once, so that a person knows of them.
pub(crate) fn hint() -> String {
    style::quiet("  press h for what can be done here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_is_a_key_and_what_is_pasted_is_none() {
        assert_eq!(Key::of("r"), Some(Key::Reload));
        assert_eq!(Key::of("Q\n"), Some(Key::Quit));
        assert_eq!(Key::of("?"), Some(Key::Help));
        for nothing in ["x", "\n", "", "kill 12", "qq", "\x1b[A", "é"] {
            assert_eq!(Key::of(nothing), None, "{nothing:?}");
        }
    }
}
