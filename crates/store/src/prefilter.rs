//! A look at JSON text that rules most rows out before they are parsed: the words that a text must have to pass a filter.

use lgx_model::JsonObject;
use memchr::memmem::Finder;
use serde_json::Value;

/// The words, in their quotes.
#[derive(Default)]
pub(crate) struct Prefilter(Vec<Finder<'static>>);

impl Prefilter {
    /// The words of every text whose object contains `filter`.
    pub(crate) fn of(filter: &JsonObject) -> Self {
        let mut prefilter = Self::default();
        prefilter.add_object(filter);
        prefilter
    }

    /// The text must have the words of this value, too.
    pub(crate) fn add(&mut self, value: &Value) {
        match value {
            Value::String(word) => self.add_word(word),
            Value::Array(values) => values.iter().for_each(|value| self.add(value)),
            Value::Object(object) => self.add_object(object),
            // A number has many spellings, and the others are in every text.
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The text must have this string or key, too. One that might be spelt with an escape is passed over.
    pub(crate) fn add_word(&mut self, word: &str) {
        if word
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
        {
            let quoted = format!("\"{word}\"");
            self.0.push(Finder::new(&quoted).into_owned());
        }
    }

    /// False only for a text that cannot pass.
    pub(crate) fn may_pass(&self, text: &str) -> bool {
        // Values come after their keys and tell more apart.
        self.0
            .iter()
            .rev()
            .all(|word| word.find(text.as_bytes()).is_some())
    }

    /// The words, each of which the text of whatever passes must have.
    #[cfg(feature = "postgres")]
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.0.iter().map(Finder::needle);
        words.filter_map(|word| std::str::from_utf8(word).ok())
    }

    fn add_object(&mut self, object: &JsonObject) {
        for (key, value) in object {
            self.add_word(key);
            self.add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_pass(filter: &str, text: &str) -> bool {
        Prefilter::of(&serde_json::from_str(filter).unwrap()).may_pass(text)
    }

    #[test]
    fn a_text_without_a_word_of_the_filter_cannot_pass() {
        let text = r#"{"owner":"alice","nested":{"even":true}}"#;
        assert!(may_pass(r#"{"owner":"alice"}"#, text));
        assert!(may_pass(r#"{"nested":{"even":true}}"#, text));
        assert!(!may_pass(r#"{"owner":"bob"}"#, text));
        assert!(!may_pass(r#"{"owner":"alic"}"#, text));
        assert!(!may_pass(r#"{"nested":{"odd":true}}"#, text));
        assert!(!may_pass(r#"{"owner":["alice","bob"]}"#, text));
    }

    #[test]
    fn what_can_be_spelt_in_several_ways_rules_nothing_out() {
        assert!(may_pass(r#"{"n":1}"#, r#"{"n":1.0}"#));
        assert!(may_pass(
            r#"{"a":"ü\n\\\""}"#,
            r#"{"a":"\u00fc\u000a\u005c\u0022"}"#
        ));
        assert!(may_pass("{}", "{}"));
    }
}
