//! What is told of a failure of user code, whoever found it: a worker that ran it, or lgx before it could run.

use serde::{Deserialize, Serialize};

/// Where and why user code failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The exception's class, or what kind of thing is wrong.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub message: String,
    /// The user's file.
    #[serde(default)]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// The column in it.
    #[serde(default)]
    pub column: Option<u32>,
    /// The text of that line.
    #[serde(default)]
    pub source: Option<String>,
    /// The function it belongs to.
    #[serde(default)]
    pub function: Option<String>,
    /// The whole traceback.
    #[serde(default)]
    pub traceback: String,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

impl Diagnostic {
    /// One of something that nobody knows the line of.
    pub fn without_line(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            message: message.into(),
            file: None,
            line: None,
            column: None,
            source: None,
            function: None,
            traceback: String::new(),
            hint: None,
        }
    }
}
