//! What the server and one worker know, and nobody else: it shows that a request was made by a graph.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

/// A secret. It is compared in the same time whatever is right of a guess, and is not shown.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// One that nobody has had: 244 random bits.
    pub fn fresh() -> Self {
        Self(format!(
            "{}{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        ))
    }

    /// What its one holder is told.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether `guess` is it.
    pub fn is(&self, guess: &str) -> bool {
        let (own, guess) = (self.0.as_bytes(), guess.as_bytes());
        let differing = own
            .iter()
            .zip(guess)
            .fold(0, |differing, (one, other)| differing | (one ^ other));
        std::hint::black_box(differing) == 0 && own.len() == guess.len()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_it_and_it_is_not_shown() {
        let secret = Secret::fresh();
        let text = serde_json::to_value(&secret).unwrap();
        let text = text.as_str().unwrap();
        assert!(secret.is(text));
        for guess in [
            "",
            "x",
            &text[..63],
            &format!("{text}0"),
            &text.to_uppercase(),
        ] {
            assert!(!secret.is(guess), "{guess}");
        }
        assert!(!Secret::fresh().is(text));
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
