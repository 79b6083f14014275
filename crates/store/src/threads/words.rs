//! Finding threads by words: in what they are called, in their metadata, and in what was said on them.

use std::fmt;
use std::str::FromStr;

use lgx_model::{JsonObject, Thread, ThreadId, ThreadStatus, Timestamp};
use serde_json::Value;

use crate::Scope;
use crate::containment::object_contains;

/// How many threads are looked at in one go.
pub(crate) const MOST_THREADS: usize = 2_000;
/// How many bytes of state are read in one go.
pub(crate) const MOST_BYTES: usize = 16 << 20;

/// How many characters of a text are shown before a word that was found in it, and how many from the word on.
const BEFORE: usize = 40;
const FROM_WORD: usize = 120;
/// A text this long without a space is not language: a file, a picture, a signature.
const NOT_LANGUAGE: usize = 1_000;

/// Which threads to look for, those that changed last first.
#[derive(Debug, Clone)]
pub struct WordSearch {
    /// All of which a thread has, in whatever case.
    pub words: Words,
    /// Contained in the thread's metadata.
    pub metadata: JsonObject,
    /// Only in this status.
    pub status: Option<ThreadStatus>,
    /// Go on behind this thread.
    pub after: Option<ThreadPlace>,
    /// How many are found at most.
    pub limit: usize,
}

impl WordSearch {
    /// Whether a thread with this metadata is looked at.
    pub(crate) fn may_have(&self, metadata: &JsonObject, scope: &Scope) -> bool {
        scope.allows(metadata) && object_contains(metadata, &self.metadata)
    }

    /// What a thread has of the words.
    pub(crate) fn find(
        &self,
        thread_id: ThreadId,
        metadata: &JsonObject,
        state: Option<&str>,
    ) -> FoundWords {
        // What is nested too deep to be read has no words; a graph may store any values.
        let state = state.and_then(|state| serde_json::from_str(state).ok());
        let state = state.unwrap_or(Value::Null);
        self.words.find(&thread_id.to_string(), metadata, &state)
    }
}

/// What one look has found.
#[derive(Debug)]
pub struct WordsFound {
    /// The threads that have the words.
    pub threads: Vec<ThreadWithWords>,
    /// How many threads were looked at.
    pub looked_at: u64,
    /// Where the next look goes on; none when all have been looked at.
    pub next: Option<ThreadPlace>,
}

/// A thread that has the words.
#[derive(Debug)]
pub struct ThreadWithWords {
    /// The thread.
    pub thread: Thread,
    /// Where its state has the first of them.
    pub excerpt: Option<String>,
}

/// The place of a thread among all, by when it changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadPlace {
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Which one of those that changed then.
    pub sequence: i64,
}

impl fmt::Display for ThreadPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.updated_at.micros(), self.sequence)
    }
}

impl FromStr for ThreadPlace {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (micros, sequence) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self {
            updated_at: Timestamp::from_micros(micros.parse()?),
            sequence: sequence.parse()?,
        })
    }
}

/// Words without their case.
#[derive(Debug, Clone)]
pub struct Words(Vec<String>);

impl<T: AsRef<str>> FromIterator<T> for Words {
    fn from_iter<I: IntoIterator<Item = T>>(words: I) -> Self {
        Self(
            words
                .into_iter()
                .map(|word| word.as_ref().to_lowercase())
                .collect(),
        )
    }
}

impl Words {
    /// Whether all words are in a thread's id, metadata and state together; with an excerpt if some are in the state.
    pub(crate) fn find(&self, id: &str, metadata: &JsonObject, state: &Value) -> FoundWords {
        let mut missing: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let mut look = |text: &str| {
            let text = text.to_lowercase();
            missing.retain(|word| !text.contains(word));
        };
        look(id);
        texts_of(metadata, &mut look);
        let mut excerpt = None;
        texts(state, &mut |text| {
            let folded = text.to_lowercase();
            excerpt = excerpt.take().or_else(|| {
                let mut places = self.0.iter().filter_map(|word| folded.find(word.as_str()));
                places.next().map(|place| excerpt_of(text, &folded, place))
            });
            missing.retain(|word| !folded.contains(word));
        });
        if missing.is_empty() {
            FoundWords::Words { excerpt }
        } else {
            FoundWords::Nothing
        }
    }
}

/// What was found in a thread.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FoundWords {
    Words { excerpt: Option<String> },
    Nothing,
}

/// Some of a text around a place of its folded form.
fn excerpt_of(text: &str, folded: &str, place: usize) -> String {
    let at = folded[..place].chars().count();
    let start = at.saturating_sub(BEFORE);
    let mut chars = text.chars().skip(start);
    let shown: String = chars.by_ref().take(at - start + FROM_WORD).collect();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let [before, after] = [start > 0, chars.next().is_some()].map(|cut| if cut { "…" } else { "" });
    format!("{before}{shown}{after}")
}

/// The texts and numbers in a value; of messages and their blocks without the words that every one of them has.
fn texts(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) if text.len() < NOT_LANGUAGE || text.contains(' ') => look(text),
        Value::Number(number) => look(&number.to_string()),
        Value::Array(items) => {
            for item in items {
                texts(item, look);
            }
        }
        Value::Object(members) => texts_of(members, look),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Those of an object.
fn texts_of(members: &JsonObject, look: &mut impl FnMut(&str)) {
    let is_message = members.contains_key("type") || members.contains_key("role");
    for (key, member) in members {
        if !is_message || !MESSAGE_FORM.contains(&key.as_str()) {
            texts(member, look);
        }
    }
}

/// What messages and their blocks say of themselves, and not to anybody.
const MESSAGE_FORM: [&str; 8] = [
    "type",
    "role",
    "id",
    "response_metadata",
    "usage_metadata",
    "additional_kwargs",
    "tool_call_id",
    "example",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(words: &[&str], metadata: &Value, state: &Value) -> FoundWords {
        let words: Words = words.iter().collect();
        let metadata = metadata.as_object().unwrap();
        words.find("0195-ab", metadata, state)
    }

    fn at(excerpt: &str) -> FoundWords {
        let excerpt = Some(excerpt.to_owned());
        FoundWords::Words { excerpt }
    }

    #[test]
    fn all_words_have_to_be_there_wherever_they_are() {
        let metadata = json!({"name": "Refund", "user": {"tier": 4471}});
        let state = json!({"messages": [{"type": "human", "content": [{"type": "text", "text": "Wo ist meine ÄNDERUNG?"}]}]});
        for (words, expected) in [
            (&["refund"][..], FoundWords::Words { excerpt: None }),
            (
                &["REFUND", "4471", "0195"],
                FoundWords::Words { excerpt: None },
            ),
            (&["änderung", "refund"], at("Wo ist meine ÄNDERUNG?")),
            (&["refund", "order"], FoundWords::Nothing),
            // What every message has is not what anybody means.
            (&["human"], FoundWords::Nothing),
            (&["name"], FoundWords::Nothing),
        ] {
            assert_eq!(find(words, &metadata, &state), expected, "{words:?}");
        }
    }

    #[test]
    fn an_excerpt_is_what_is_around_the_word() {
        let state = json!({"text": format!("{} needle\n {}", "a ".repeat(100), "b ".repeat(100))});
        let FoundWords::Words { excerpt } = find(&["needle"], &json!({}), &state) else {
            panic!("it is there");
        };
        let excerpt = excerpt.unwrap();
        assert!(
            excerpt.starts_with('…') && excerpt.ends_with('…'),
            "{excerpt}"
        );
        assert!(excerpt.contains("a needle b"), "{excerpt}");
        assert!(excerpt.chars().count() < BEFORE + FROM_WORD + 2);
    }

    #[test]
    fn files_are_no_texts() {
        let state = json!({"image": "abc".repeat(1_000)});
        assert_eq!(find(&["bca"], &json!({}), &state), FoundWords::Nothing);
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = ThreadPlace {
            updated_at: Timestamp::from_micros(-7),
            sequence: 12,
        };
        assert_eq!(place.to_string().parse(), Ok(place));
        assert!("7".parse::<ThreadPlace>().is_err());
    }
}
