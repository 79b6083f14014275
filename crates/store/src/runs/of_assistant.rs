//! What a list of an assistant's runs, over all threads, is asked for by.

use lgx_model::{AssistantId, JsonObject, ThreadId};

/// Which runs are asked for.
#[derive(Debug, Clone)]
pub struct AssistantRuns {
    /// Of this assistant.
    pub assistant_id: AssistantId,
    /// Only on this thread.
    pub thread_id: Option<ThreadId>,
    /// Only on threads whose metadata contains this.
    pub thread_metadata: JsonObject,
}
