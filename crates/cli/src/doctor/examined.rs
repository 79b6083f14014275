//! A line of what the doctor says: what was looked at, how it is, and what to do about it.

use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Condition {
    /// As it should be.
    Ok,
    /// It works, though perhaps not as the user expects.
    Warn,
    /// It does not work.
    Fail,
    /// Nothing that has to be one way or the other.
    Note,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Examined {
    /// What, in a word that stays the same.
    pub(crate) id: &'static str,
    pub(crate) condition: Condition,
    /// How it is, in a sentence without a full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Examined {
    pub(crate) fn ok(id: &'static str, message: impl Into<String>) -> Self {
        Self::of(id, Condition::Ok, message)
    }

    pub(crate) fn note(id: &'static str, message: impl Into<String>) -> Self {
        Self::of(id, Condition::Note, message)
    }

    pub(crate) fn warn(id: &'static str, message: impl Into<String>) -> Self {
        Self::of(id, Condition::Warn, message)
    }

    pub(crate) fn fail(id: &'static str, message: impl Into<String>) -> Self {
        Self::of(id, Condition::Fail, message)
    }

    pub(crate) fn of(id: &'static str, condition: Condition, message: impl Into<String>) -> Self {
        Self {
            id,
            condition,
            message: message.into(),
            hint: None,
        }
    }

    /// The same, with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
