//! Listing the tasks of an agent, newest first, a page at a time.

use lgx_model::{JsonObject, ThreadId, Timestamp};
use lgx_store::runs::AssistantRuns;
use serde_json::{Value, json};

use super::dialect::TaskState;
use super::failure::AgentFailure;
use super::task::FoundTask;
use super::view::TaskView;

/// How many tasks are on a page when the client does not say.
const PAGE: u64 = 50;
/// How many may be.
const LARGEST_PAGE: u64 = 100;

/// Which tasks are wanted.
#[derive(Debug, PartialEq)]
pub(super) struct TaskQuery {
    /// Only those of this context.
    pub(super) context_id: Option<ThreadId>,
    state: Option<TaskState>,
    after: Option<Timestamp>,
    /// How many on a page.
    pub(super) size: u64,
    /// How many to pass over.
    pub(super) offset: u64,
    /// Whether with their results.
    pub(super) artifacts: bool,
}

impl TaskQuery {
    /// Reads what the client wants.
    pub(super) fn read(params: &Value) -> Result<Self, AgentFailure> {
        let text = |key: &str| params[key].as_str().filter(|text| !text.is_empty());
        let context_id = text("contextId").map(str::parse).transpose();
        let context_id =
            context_id.map_err(|_| AgentFailure::invalid("`contextId` must be a UUID"))?;
        let state = match text("status") {
            None | Some("TASK_STATE_UNSPECIFIED") => None,
            Some(word) => Some(TaskState::from_word(word).ok_or_else(|| {
                AgentFailure::invalid(format!("`status` is no state that tasks have here: {word}"))
            })?),
        };
        let after = text("statusTimestampAfter").map(str::parse).transpose();
        let after = after.map_err(|_| {
            AgentFailure::invalid("`statusTimestampAfter` must be a time in ISO 8601")
        })?;
        let size = match &params["pageSize"] {
            Value::Null => PAGE,
            size => size
                .as_u64()
                .filter(|size| (1..=LARGEST_PAGE).contains(size))
                .ok_or_else(|| {
                    AgentFailure::invalid(format!("`pageSize` must be from 1 to {LARGEST_PAGE}"))
                })?,
        };
        let offset = text("pageToken").map_or(Ok(0), str::parse);
        let offset = offset.map_err(|_| {
            AgentFailure::invalid("`pageToken` must be the `nextPageToken` of a page")
        })?;
        Ok(Self {
            context_id,
            state,
            after,
            size,
            offset,
            artifacts: params["includeArtifacts"] == true,
        })
    }

    fn matches(&self, task: &FoundTask) -> bool {
        self.state.is_none_or(|state| task.state() == state)
            && self.after.is_none_or(|after| task.run.updated_at > after)
    }
}

/// `ListTasks`, of contexts with this metadata, as far as the caller may see them.
pub(super) async fn list(
    view: &TaskView,
    metadata: JsonObject,
    query: TaskQuery,
) -> Result<Value, AgentFailure> {
    let assistant_id = view.agent.assistant.assistant_id;
    let asked = AssistantRuns {
        assistant_id,
        thread_id: query.context_id,
        thread_metadata: metadata,
    };
    let store = view.call.store();
    let contexts = store.list_threads_of_assistant(asked, &view.scope).await?;
    let tasks = contexts.into_iter().flat_map(FoundTask::all);
    let mut tasks: Vec<FoundTask> = tasks
        .filter(|task| task.run.assistant_id == assistant_id && query.matches(task))
        .collect();
    tasks.sort_by_key(|task| std::cmp::Reverse((task.run.updated_at, task.created_at)));
    let total = tasks.len() as u64;
    let mut page = Vec::new();
    let first = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let size = usize::try_from(query.size).unwrap_or(usize::MAX);
    for task in tasks.into_iter().skip(first).take(size) {
        // One that has gone since is left out.
        let Ok(shown) = view.show(task.id).await else {
            continue;
        };
        page.push(shown.written(view.wanted.dialect));
    }
    let next = query.offset.saturating_add(query.size);
    let next = if next < total {
        next.to_string()
    } else {
        String::new()
    };
    Ok(json!({"tasks": page, "nextPageToken": next, "pageSize": query.size, "totalSize": total}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_its_defaults() {
        let query = TaskQuery::read(&json!({"status": "TASK_STATE_UNSPECIFIED", "contextId": ""}));
        let query = query.unwrap();
        assert_eq!((query.size, query.offset, query.state), (PAGE, 0, None));
        let query = json!({"pageToken": "7", "pageSize": 2, "status": "TASK_STATE_FAILED"});
        let query = TaskQuery::read(&query).unwrap();
        assert_eq!((query.size, query.offset), (2, 7));
        assert_eq!(query.state, Some(TaskState::Failed));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for params in [
            json!({"contextId": "x"}),
            json!({"status": "x"}),
            json!({"pageSize": 0}),
            json!({"pageSize": 101}),
            json!({"pageToken": "x"}),
            json!({"statusTimestampAfter": "x"}),
        ] {
            TaskQuery::read(&params).unwrap_err();
        }
    }
}
