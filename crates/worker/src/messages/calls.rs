//! What a run tells of the calls of models, tools and retrievers that it makes.

use lgx_model::{CallKind, RawJson, TokenUsage};
use serde::{Deserialize, Serialize};

/// What has happened since the last time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CallNews {
    /// What has happened to calls, in order.
    pub changes: Vec<CallChange>,
    /// How many calls have begun that are not told of, because there are too many.
    pub dropped: u64,
}

/// Something has happened to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallChange {
    /// Which.
    pub call_id: String,
    /// It has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<CallStart>,
    /// When the first token of its answer came, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_at: Option<i64>,
    /// How its answer goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// It has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<CallEnd>,
}

/// A call begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallStart {
    /// The call within which it is made.
    pub parent_call_id: Option<String>,
    /// The task that makes it, if known.
    pub task_id: Option<String>,
    /// The node that makes it, if known.
    pub node: Option<String>,
    /// The namespace of that node.
    pub ns: String,
    /// What is called.
    pub kind: CallKind,
    /// Its name.
    pub name: String,
    /// Of a model: `gpt-4o`.
    pub model: Option<String>,
    /// Of a model: who provides it, in langchain's words: `openai`.
    #[serde(default)]
    pub provider: Option<String>,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
    /// The messages, the arguments or the query.
    pub input: RawJson,
    /// The tools that a model is offered: a list.
    pub tools: RawJson,
    /// What else it is asked with: an object.
    pub parameters: RawJson,
    /// Whether something is left out because it is too large.
    pub cut: bool,
}

/// A call ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallEnd {
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
    /// The whole answer; null if there is none.
    pub output: RawJson,
    /// The tokens it took, if the model says so.
    pub usage: Option<TokenUsage>,
    /// What was raised, in one line, as clients may see it.
    pub error: Option<String>,
    /// Whether something is left out because it is too large.
    pub cut: bool,
}
