//! The dates and times in a text, which are others each day: all of them are the same, for projects that say so.

use regex_lite::Regex;

/// What stands for a date or a time.
const NAME: &str = "‹date›";

/// A day as in ISO 8601, with its time if there is one; and a day in English words, with the day of the week before it.
const SHAPES: &str = concat!(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z\b|UTC\b|[+-]\d{2}:?\d{2}\b))?)?",
    r"|\b(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? )?",
    r"(?:",
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)",
    r"\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b",
    r"|\d{1,2}(?:st|nd|rd|th)? ",
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)",
    r"\.?,? \d{4}\b",
    r")",
);

/// Knows what dates look like.
#[derive(Debug)]
pub(crate) struct Dates(Option<Regex>);

impl Dates {
    pub(crate) fn new() -> Self {
        Self(Regex::new(SHAPES).ok())
    }

    /// A text with the same word for each of its dates. They are not numbered, as ids are: the time may be told twice within a second, or not.
    pub(crate) fn left_out_of(&self, text: &str) -> String {
        match &self.0 {
            Some(shapes) => shapes.replace_all(text, NAME).into_owned(),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_known_in_numbers_and_in_words() {
        let dates = Dates::new();
        for date in [
            "2026-11-28",
            "2026-11-28T10:54:45.123456+00:00",
            "2026-11-28T10:54Z",
            "2026-11-28 10:54:45",
            "2026-11-28 10:54:45 UTC",
            "November 28, 2026",
            "Saturday, November 28, 2026",
            "Sat Nov 28, 2026",
            "1st May 2026",
            "Thursday 3 Sept. 2026",
        ] {
            let text = format!("It is {date}, so");
            assert_eq!(dates.left_out_of(&text), "It is ‹date›, so", "{date}");
        }
    }

    #[test]
    fn other_numbers_are_none() {
        let dates = Dates::new();
        for text in [
            "1234-56-7",
            "12026-11-281",
            "May 5 people",
            "10:54",
            "v2026.11.28",
            "in 2026",
        ] {
            assert_eq!(dates.left_out_of(text), text);
        }
    }
}
