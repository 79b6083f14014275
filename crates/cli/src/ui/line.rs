//! A line that a person types as the answer to a question, key by key.

use dialoguer::console::Key;

/// What has been typed so far.
#[derive(Debug, Default)]
pub(super) struct Line {
    text: String,
}

/// What a key does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// This appears at the end of the line.
    Typed(char),
    /// These go from its end.
    Erased(String),
    /// The line is finished.
    Entered,
    /// The person would rather not answer: Esc, Ctrl-C, or Ctrl-D on an empty line.
    Left,
    /// Nothing.
    Nothing,
}

impl Line {
    /// Takes the next key.
    pub(super) fn press(&mut self, key: &Key) -> Pressed {
        const CTRL_D: char = '\u{4}';
        const CTRL_U: char = '\u{15}';
        match key {
            Key::Enter => Pressed::Entered,
            Key::Escape | Key::CtrlC => Pressed::Left,
            Key::Char(CTRL_D) if self.text.is_empty() => Pressed::Left,
            Key::Char(CTRL_U) => Pressed::Erased(std::mem::take(&mut self.text)),
            Key::Backspace => match self.text.pop() {
                Some(last) => Pressed::Erased(last.to_string()),
                None => Pressed::Nothing,
            },
            Key::Char(character) if !character.is_control() => {
                self.text.push(*character);
                Pressed::Typed(*character)
            }
            _ => Pressed::Nothing,
        }
    }

    /// The text, without blanks around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_taken_and_what_is_erased_is_gone() {
        let mut line = Line::default();
        for character in " my-ägx".chars() {
            assert_eq!(line.press(&Key::Char(character)), Pressed::Typed(character));
        }
        assert_eq!(line.press(&Key::Backspace), Pressed::Erased("x".to_owned()));
        assert_eq!(line.press(&Key::ArrowUp), Pressed::Nothing);
        assert_eq!(line.text(), "my-äg");

        assert_eq!(
            line.press(&Key::Char('\u{15}')),
            Pressed::Erased(" my-äg".to_owned())
        );
        assert_eq!(line.press(&Key::Backspace), Pressed::Nothing);
        assert_eq!(line.press(&Key::Enter), Pressed::Entered);
    }

    #[test]
    fn a_question_can_be_left() {
        for key in [Key::Escape, Key::CtrlC, Key::Char('\u{4}')] {
            assert_eq!(Line::default().press(&key), Pressed::Left, "{key:?}");
        }
    }
}
