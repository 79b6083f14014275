//! What a person can have the server do by typing a letter and Enter.

use super::style;

/// A letter that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Load the code again.
    Reload,
    /// Open Studio.
    Open,
    /// Clear the screen.
    Clear,
    /// Stop the server.
    Quit,
    /// Say which letters there are.
    Help,
}

const KEYS: [(&str, Key, &str); 5] = [
    ("r", Key::Reload, "bring up the code anew"),
    ("o", Key::Open, "open Studio in the browser"),
    ("c", Key::Clear, "clear the screen"),
    ("q", Key::Quit, "stop the server"),
    ("h", Key::Help, "show this"),
];

impl Key {
    /// The key that a line is, if it is one. An empty line is only space on the screen.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let line = line.trim();
        let mut keys = KEYS.iter();
        match keys.find(|(letter, ..)| letter.eq_ignore_ascii_case(line)) {
            Some((_, key, _)) => Some(*key),
            None if line.is_empty() => None,
            None => Some(Self::Help),
        }
    }
}

/// The letters there are.
pub(crate) fn help() -> String {
    let lines =
        KEYS.map(|(letter, _, what)| format!("  {} + Enter  {what}", style::strong(letter)));
    lines.join("\n")
}

/// What is said once, so that a person knows of them.
pub(crate) fn hint() -> String {
    style::quiet("  press h + Enter for what can be done here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_key_or_asks_for_help_or_is_nothing() {
        assert_eq!(Key::of("r\n"), Some(Key::Reload));
        assert_eq!(Key::of(" Q \n"), Some(Key::Quit));
        assert_eq!(Key::of("what\n"), Some(Key::Help));
        assert_eq!(Key::of("\n"), None);
        assert_eq!(Key::of(""), None);
    }
}
