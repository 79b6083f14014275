//! The calls of models, tools and retrievers that a run made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{RawJson, Timestamp};

/// A call of a model, a tool or a retriever within a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TracedCall {
    /// Its id.
    pub call_id: String,
    /// The call within which it was made.
    pub parent_call_id: Option<String>,
    /// The task that made it, if known.
    pub task_id: Option<String>,
    /// The node that made it, if known.
    pub node: Option<String>,
    /// The namespace of that node, as in streams.
    pub ns: String,
    /// What is called.
    pub kind: CallKind,
    /// Its name: the class of a model, the name of a tool.
    pub name: String,
    /// Of a model: `gpt-4o`.
    pub model: Option<String>,
    /// Of a model: who provides it, in langchain's words: `openai`.
    #[serde(default)]
    pub provider: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When the first token of its answer came, if it was streamed.
    pub first_token_at: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub status: CallStatus,
    /// The messages, the arguments or the query.
    pub input: RawJson,
    /// The answer, as far as it has come.
    pub output: RawJson,
    /// The tools that a model was offered.
    pub tools: Vec<RawJson>,
    /// What else the call was made with; never keys or headers.
    pub parameters: RawJson,
    /// The tokens it took, if the model says so.
    pub usage: Option<TokenUsage>,
    /// What was raised, in one line.
    pub error: Option<String>,
    /// Whether something was left out because it was too large.
    pub cut: bool,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum CallKind {
    /// A model.
    Model,
    /// A tool.
    Tool,
    /// A retriever.
    Retriever,
}

/// How a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum CallStatus {
    /// It has not ended.
    Running,
    /// It has an answer.
    Success,
    /// It raised, or was not brought to its end.
    Error,
}

/// How many tokens a model took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenUsage {
    /// Those of the prompt.
    pub input_tokens: u64,
    /// Those of the answer.
    pub output_tokens: u64,
    /// Both.
    pub total_tokens: u64,
}
