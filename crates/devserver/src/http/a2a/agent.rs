//! The agent that a request is about: an assistant, found for its caller, and what the caller may see of its tasks.

use lgx_engine::caller::Caller;
use lgx_model::{Assistant, ThreadId};
use lgx_store::Scope;
use serde_json::{Value, json};

use super::failure::AgentFailure;
use super::input::InputFields;
use super::task::TaskId;
use crate::auth::{Grant, access};
use crate::http::assistants;
use crate::http::call::object;
use crate::http::{ApiError, Call};

/// An agent.
pub(super) struct Agent {
    /// The assistant.
    pub(super) assistant: Assistant,
    /// What the gate has granted to read it.
    grant: Grant,
}

impl Agent {
    /// The agent of this name: an assistant's id, or a graph's for its default assistant.
    pub(super) async fn named(call: &Call, name: &str) -> Result<Self, ApiError> {
        let id = assistants::named(call, name).ok_or_else(|| {
            ApiError::invalid(
                "Invalid assistant ID: must be a UUID, or the name of a graph of langgraph.json",
            )
        });
        let (assistant, grant) = assistants::read(call, id).await?;
        Ok(Self { assistant, grant })
    }

    /// Who asks.
    pub(super) const fn caller(&self) -> &Caller {
        &self.grant.caller
    }

    /// The fields of the graph's input.
    pub(super) async fn input_fields(&self, call: &Call) -> Result<InputFields, ApiError> {
        Ok(InputFields::of(&self.schemas(call).await?["input_schema"]))
    }

    /// The names of the fields of the graph's output, where its schema has some.
    pub(super) async fn output_fields(&self, call: &Call) -> Result<Option<Vec<String>>, ApiError> {
        Ok(InputFields::of(&self.schemas(call).await?["output_schema"]).names)
    }

    async fn schemas(&self, call: &Call) -> Result<Value, ApiError> {
        let schemas = assistants::schemas_of(call, &self.assistant, &self.grant).await?;
        serde_json::from_slice(&schemas)
            .map_err(|error| ApiError::internal(format!("the worker's schemas: {error}")))
    }
}

/// What of contexts the caller may read, if it may read this one at all.
pub(super) async fn may_read(call: &Call, thread_id: ThreadId) -> Result<Scope, AgentFailure> {
    let value = object(json!({"thread_id": thread_id}));
    let grant = call.grant(access("threads", "read"), value).await?;
    Ok(grant.scope)
}

/// What of contexts the caller may change and read, if it may do so to that of this task: who cancels a task is shown it.
pub(super) async fn may_cancel(call: &Call, id: TaskId) -> Result<Scope, AgentFailure> {
    let update = json!({
        "thread_id": id.thread_id, "action": "interrupt", "metadata": {"run_ids": [id.run_id], "status": null},
    });
    let read = json!({"thread_id": id.thread_id});
    let asked = [
        (access("threads", "update"), object(update)),
        (access("threads", "read"), object(read)),
    ];
    let [update, read] = call.grants(asked).await?;
    Ok(update.scope.and(&read.scope))
}
