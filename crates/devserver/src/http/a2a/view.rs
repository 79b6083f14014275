//! Tasks as their client wants to see them: found in the store, with what was said and what came of it.

use std::sync::Arc;

use http::HeaderMap;
use lgx_model::ThreadId;
use lgx_store::Scope;
use lgx_store::threads::ThreadWithRuns;
use serde_json::Value;

use super::agent::Agent;
use super::chat::Conversation;
use super::dialect::{A2aVersion, TaskState};
use super::failure::AgentFailure;
use super::task::{FoundTask, ShownTask, TaskId};
use crate::http::{ApiError, Call, state};

/// The header that asks for the messages of the task alone, instead of all those of its context.
pub(super) const HISTORY_SCOPE: &str = "langgraph-a2a-history-scope";

/// What a client wants to see of tasks.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskDetail {
    /// How its version says it.
    pub(super) dialect: A2aVersion,
    /// Only what was said in the task.
    pub(super) task_only: bool,
    /// Only the newest messages.
    pub(super) at_most: Option<usize>,
    /// With its results.
    pub(super) artifacts: bool,
}

impl TaskDetail {
    /// What a request wants with these headers and parameters.
    ///
    /// # Errors
    /// When `historyLength`, which stands in `within`, is no length.
    pub(super) fn of(
        dialect: A2aVersion,
        headers: &HeaderMap,
        within: &Value,
    ) -> Result<Self, AgentFailure> {
        let at_most = match &within["historyLength"] {
            Value::Null => None,
            length => Some(length.as_u64().ok_or_else(|| {
                AgentFailure::invalid("`historyLength` must be a whole number, 0 or more")
            })?),
        };
        let scope = headers.get(HISTORY_SCOPE);
        Ok(Self {
            dialect,
            task_only: scope.is_some_and(|scope| scope.as_bytes().eq_ignore_ascii_case(b"task")),
            at_most: at_most.map(|length| usize::try_from(length).unwrap_or(usize::MAX)),
            artifacts: true,
        })
    }
}

/// Reads tasks of an agent for one client.
pub(super) struct TaskView {
    /// The request, whose caller may see threads of this scope.
    pub(super) call: Arc<Call>,
    /// The agent.
    pub(super) agent: Agent,
    /// What the caller may see of its contexts.
    pub(super) scope: Scope,
    /// What the client wants to see.
    pub(super) wanted: TaskDetail,
}

impl TaskView {
    /// A context with all that ran in it, if the caller may see it.
    pub(super) async fn context(
        call: &Call,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadWithRuns>, ApiError> {
        Ok(call.store().get_thread_with_runs(thread_id, scope).await?)
    }

    /// The task of this id.
    ///
    /// # Errors
    /// When this agent has none, or the caller may not see it.
    pub(super) async fn find(&self, id: TaskId) -> Result<FoundTask, AgentFailure> {
        let on = Self::context(&self.call, id.thread_id, &self.scope).await?;
        find(on, id, &self.agent)
    }

    /// The task of this id, as the client wants to see it.
    ///
    /// # Errors
    /// As [`TaskView::find`].
    pub(super) async fn show(&self, id: TaskId) -> Result<ShownTask, AgentFailure> {
        let found = self.find(id).await?;
        self.shown(found).await
    }

    /// A task that was found, as the client wants to see it.
    pub(super) async fn shown(&self, found: FoundTask) -> Result<ShownTask, AgentFailure> {
        let wanted = self.wanted;
        let status = found.status();
        let has_result = wanted.artifacts
            && matches!(
                status.state,
                TaskState::Completed | TaskState::InputRequired
            );
        let mut shown = ShownTask {
            id: found.id,
            status,
            history: Vec::new(),
            artifacts: Vec::new(),
        };
        if wanted.at_most != Some(0) || has_result {
            let conversation = self.conversation(&found).await?;
            shown.history = conversation.history(wanted.task_only, wanted.at_most);
            if has_result {
                let fields = if conversation.has_messages() {
                    None
                } else {
                    self.agent.output_fields(&self.call).await?
                };
                shown.artifacts = conversation.artifacts(fields.as_deref());
            }
        }
        Ok(shown)
    }

    /// What the task has left: the thread has it as long as nothing else ran there.
    async fn conversation(&self, found: &FoundTask) -> Result<Conversation, AgentFailure> {
        if found.is_newest {
            let values = found.thread.values.parse();
            return Ok(Conversation::of(values.unwrap_or_default()));
        }
        let (call, caller) = (&*self.call, self.agent.caller());
        let run_id = found.run.run_id;
        let values = state::history::values_left_by(call, &found.thread, caller, run_id).await?;
        Ok(Conversation::of(values))
    }
}

/// The task of this id in its context, if it is one of this agent.
pub(super) fn find(
    on: Option<ThreadWithRuns>,
    id: TaskId,
    agent: &Agent,
) -> Result<FoundTask, AgentFailure> {
    on.and_then(|on| FoundTask::find(on, id))
        .filter(|task| task.run.assistant_id == agent.assistant.assistant_id)
        .ok_or_else(|| AgentFailure::no_such_task(&id.to_string()))
}
