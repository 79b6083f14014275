//! A task: the runs that it consists of, and the state in which they leave it. Pure.
//!
//! A task begins with a run, whose id is in the task's own, and has one more run for each answer that the graph got to what it asked.
//! Those name the task in their metadata. So a task keeps its id through all questions, as clients expect, and whatever else runs on the
//! thread, by A2A or otherwise, is a task of its own.

use std::fmt;
use std::str::FromStr;

use lgx_model::{
    Interrupts, JsonObject, Run, RunId, RunStatus, Thread, ThreadId, ThreadStatus, Timestamp,
};
use lgx_store::threads::ThreadWithRuns;
use serde_json::{Value, json};

use super::chat::{TaskArtifact, TaskMessage, questions};
use super::dialect::{A2aVersion, TaskState};
use super::part::MessagePart;

/// In the metadata of a run that answers: the task that it belongs to.
const TASK_KEY: &str = "a2a_task_id";
/// In the metadata of a thread: the tasks that were cancelled while they waited for an answer.
const CANCELED_KEY: &str = "a2a_canceled_tasks";

/// The id of a task: its context, which is a thread, and its first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaskId {
    /// The context.
    pub(super) thread_id: ThreadId,
    /// The first run.
    pub(super) run_id: RunId,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.thread_id, self.run_id)
    }
}

impl FromStr for TaskId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (thread_id, run_id) = text.split_once(':').ok_or(())?;
        Ok(Self {
            thread_id: thread_id.parse().map_err(|_| ())?,
            run_id: run_id.parse().map_err(|_| ())?,
        })
    }
}

impl TaskId {
    /// What says in the metadata of a run that it belongs to this task.
    pub(super) fn as_metadata(self) -> (String, Value) {
        (TASK_KEY.into(), json!(self.to_string()))
    }

    /// The task that a run belongs to.
    pub(super) fn of(run: &Run) -> Self {
        let named = run.metadata.get(TASK_KEY).and_then(Value::as_str);
        named
            .and_then(|id| id.parse().ok())
            .filter(|id: &Self| id.thread_id == run.thread_id)
            .unwrap_or(Self {
                thread_id: run.thread_id,
                run_id: run.run_id,
            })
    }
}

/// A task that is there.
#[derive(Debug, Clone)]
pub(super) struct FoundTask {
    /// Its id.
    pub(super) id: TaskId,
    /// Its context.
    pub(super) thread: Thread,
    /// Its newest run.
    pub(super) run: Run,
    /// When its first run was made.
    pub(super) created_at: Timestamp,
    /// Whether it has had more than one run.
    is_continued: bool,
    /// Whether no other run is newer on the thread, so that the thread shows what the task has left.
    pub(super) is_newest: bool,
}

impl FoundTask {
    /// All tasks of a thread, oldest first.
    pub(super) fn all(ThreadWithRuns { thread, runs }: ThreadWithRuns) -> Vec<Self> {
        let newest = runs.last().map(|run| run.run_id);
        let mut tasks: Vec<Self> = Vec::new();
        for run in runs {
            let id = TaskId::of(&run);
            let is_newest = Some(run.run_id) == newest;
            match tasks.iter_mut().find(|task| task.id == id) {
                Some(task) => {
                    task.run = run;
                    task.is_continued = true;
                    task.is_newest = is_newest;
                }
                None => tasks.push(Self {
                    id,
                    thread: thread.clone(),
                    created_at: run.created_at,
                    run,
                    is_continued: false,
                    is_newest,
                }),
            }
        }
        tasks
    }

    /// The task of this id on a thread.
    pub(super) fn find(on: ThreadWithRuns, id: TaskId) -> Option<Self> {
        Self::all(on).into_iter().find(|task| task.id == id)
    }

    /// The task that waits for an answer on a thread; there is one at most.
    pub(super) fn waiting(on: ThreadWithRuns) -> Option<Self> {
        let mut tasks = Self::all(on).into_iter();
        tasks.find(|task| task.state() == TaskState::InputRequired)
    }

    /// Where it is in its life.
    pub(super) fn state(&self) -> TaskState {
        match self.run.status {
            RunStatus::Pending if !self.is_continued => TaskState::Submitted,
            RunStatus::Pending | RunStatus::Running => TaskState::Working,
            RunStatus::Error | RunStatus::Timeout => TaskState::Failed,
            RunStatus::Interrupted => TaskState::Canceled,
            RunStatus::Success => {
                let waits = self.is_newest && self.thread.status == ThreadStatus::Interrupted;
                match waits {
                    true if self.was_canceled() => TaskState::Canceled,
                    true => TaskState::InputRequired,
                    false => TaskState::Completed,
                }
            }
        }
    }

    fn canceled(&self) -> Vec<Value> {
        let canceled = self.thread.metadata.get(CANCELED_KEY);
        canceled
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    }

    fn was_canceled(&self) -> bool {
        self.canceled().contains(&json!(self.run.run_id))
    }

    /// Metadata of the thread which says that the task does not wait any more. It names the run: an answer would be another.
    pub(super) fn as_canceled(&self) -> JsonObject {
        let mut canceled = self.canceled();
        canceled.push(json!(self.run.run_id));
        JsonObject::from_iter([(CANCELED_KEY.to_owned(), Value::Array(canceled))])
    }

    /// What the graph asks, while the task waits.
    pub(super) fn asked(&self) -> Interrupts {
        Interrupts::of(&self.thread.interrupts)
    }

    /// What is to be said about its state.
    fn said(&self) -> Option<Vec<MessagePart>> {
        let text = |text: String| Some(vec![MessagePart::text(text)]);
        match self.state() {
            TaskState::InputRequired => Some(questions(&self.asked())),
            TaskState::Canceled => text("Task was canceled".into()),
            TaskState::Failed => {
                let error = self.thread.error.as_ref().filter(|_| self.is_newest);
                text(error.map_or_else(
                    || "The run failed".into(),
                    |error| format!("{}: {}", error.error, error.message),
                ))
            }
            TaskState::Submitted | TaskState::Working | TaskState::Completed => None,
        }
    }

    /// Its status.
    pub(super) fn status(&self) -> TaskStatus {
        TaskStatus {
            state: self.state(),
            message: self.said().map(TaskMessage::of_agent),
            since: self.run.updated_at,
        }
    }
}

/// The state of a task, and what is to be said about it.
#[derive(Debug, Clone)]
pub(super) struct TaskStatus {
    /// Where the task is in its life.
    pub(super) state: TaskState,
    /// What is to be said about it.
    pub(super) message: Option<TaskMessage>,
    /// Since when it is so.
    pub(super) since: Timestamp,
}

impl TaskStatus {
    fn written(&self, dialect: A2aVersion, id: TaskId) -> Value {
        let mut status = json!({"state": self.state.word(dialect), "timestamp": self.since});
        if let Some(message) = &self.message {
            let (task, context) = (id.to_string(), id.thread_id.to_string());
            status["message"] = message.written(dialect, &task, &context);
        }
        status
    }

    /// The event that tells it.
    pub(super) fn update(&self, dialect: A2aVersion, id: TaskId) -> Value {
        let mut update = dialect.with_kind(
            "status-update",
            json!({"taskId": id.to_string(), "contextId": id.thread_id, "status": self.written(dialect, id)}),
        );
        if dialect == A2aVersion::V0_3 {
            update["final"] = json!(!self.state.is_under_way());
        }
        update
    }
}

/// A task as it is shown.
#[derive(Debug, Clone)]
pub(super) struct ShownTask {
    /// Its id.
    pub(super) id: TaskId,
    /// Its status.
    pub(super) status: TaskStatus,
    /// What was said.
    pub(super) history: Vec<TaskMessage>,
    /// What came of it.
    pub(super) artifacts: Vec<TaskArtifact>,
}

impl ShownTask {
    /// The task as a client of this dialect reads it.
    pub(super) fn written(&self, dialect: A2aVersion) -> Value {
        let (task, context) = (self.id.to_string(), self.id.thread_id.to_string());
        let history = self.history.iter();
        let history: Vec<Value> = history
            .map(|message| message.written(dialect, &task, &context))
            .collect();
        let artifacts = self.artifacts.iter();
        let artifacts: Vec<Value> = artifacts
            .map(|artifact| artifact.written(dialect))
            .collect();
        let status = self.status.written(dialect, self.id);
        dialect.with_kind(
            "task",
            json!({"id": task, "contextId": context, "status": status, "history": history, "artifacts": artifacts}),
        )
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::{AssistantId, MultitaskStrategy, RawJson, RunError, RunKwargs, RunOrigin};

    use super::*;

    fn run(thread_id: ThreadId, status: RunStatus, of: Option<TaskId>) -> Run {
        let kwargs = json!({"input": null, "command": null, "config": {}, "context": {}, "stream_mode": [],
            "interrupt_before": null, "interrupt_after": null, "webhook": null, "feedback_keys": null, "temporary": false,
            "subgraphs": false, "resumable": false, "checkpoint_during": true, "durability": "async"});
        let kwargs: RunKwargs = serde_json::from_value(kwargs).unwrap();
        Run {
            run_id: RunId::fresh(),
            thread_id,
            assistant_id: AssistantId::of_graph("agent"),
            metadata: of.map(TaskId::as_metadata).into_iter().collect(),
            status,
            kwargs,
            multitask_strategy: MultitaskStrategy::Enqueue,
            created_at: Timestamp::from_micros(1),
            updated_at: Timestamp::from_micros(2),
            langsmith_session_name: None,
            origin: RunOrigin::default(),
        }
    }

    fn thread(status: ThreadStatus) -> Thread {
        let now = Timestamp::from_micros(0);
        Thread {
            thread_id: ThreadId::fresh(),
            created_at: now,
            updated_at: now,
            state_updated_at: now,
            metadata: JsonObject::new(),
            status,
            config: JsonObject::new(),
            values: RawJson::null(),
            error: Some(RunError::new("ValueError", "kaboom")),
            interrupts: RawJson::empty_object(),
        }
    }

    fn states(thread: &Thread, runs: &[Run]) -> Vec<TaskState> {
        let on = ThreadWithRuns {
            thread: thread.clone(),
            runs: runs.to_vec(),
        };
        FoundTask::all(on).iter().map(FoundTask::state).collect()
    }

    #[test]
    fn a_run_and_its_thread_say_the_state_of_a_task() {
        use RunStatus::{Error, Interrupted, Pending, Running, Success, Timeout};
        for (status, of_thread, state) in [
            (Pending, ThreadStatus::Busy, TaskState::Submitted),
            (Running, ThreadStatus::Busy, TaskState::Working),
            (Success, ThreadStatus::Idle, TaskState::Completed),
            (Success, ThreadStatus::Interrupted, TaskState::InputRequired),
            (Interrupted, ThreadStatus::Interrupted, TaskState::Canceled),
            (Error, ThreadStatus::Error, TaskState::Failed),
            (Timeout, ThreadStatus::Error, TaskState::Failed),
        ] {
            let thread = thread(of_thread);
            let runs = [run(thread.thread_id, status, None)];
            assert_eq!(states(&thread, &runs), [state], "{status:?}");
        }
    }

    #[test]
    fn an_answer_belongs_to_the_task_that_asked() {
        use RunStatus::{Pending, Running, Success};
        let thread = thread(ThreadStatus::Interrupted);
        let first = run(thread.thread_id, Success, None);
        let id = TaskId::of(&first);
        for (status, state) in [
            (Pending, TaskState::Working),
            (Running, TaskState::Working),
            (Success, TaskState::InputRequired),
        ] {
            let second = run(thread.thread_id, status, Some(id));
            assert_eq!(states(&thread, &[first.clone(), second]), [state]);
        }
        // A task that another one came after does not wait any more.
        let other = run(thread.thread_id, Success, None);
        assert_eq!(
            states(&thread, &[first, other]),
            [TaskState::Completed, TaskState::InputRequired]
        );
    }

    #[test]
    fn a_task_of_another_thread_is_not_joined() {
        let thread = thread(ThreadStatus::Idle);
        let elsewhere = TaskId::of(&run(ThreadId::fresh(), RunStatus::Success, None));
        let run = run(thread.thread_id, RunStatus::Success, Some(elsewhere));
        assert_eq!(TaskId::of(&run).run_id, run.run_id);
    }

    #[test]
    fn a_task_that_waits_can_be_canceled() {
        let mut thread = thread(ThreadStatus::Interrupted);
        let runs = vec![run(thread.thread_id, RunStatus::Success, None)];
        let on = |thread: &Thread| ThreadWithRuns {
            thread: thread.clone(),
            runs: runs.clone(),
        };
        let waiting = FoundTask::waiting(on(&thread)).unwrap();
        thread.metadata.extend(waiting.as_canceled());
        assert!(FoundTask::waiting(on(&thread)).is_none());
        assert_eq!(states(&thread, &runs), [TaskState::Canceled]);
    }

    #[test]
    fn ids_name_context_and_run() {
        let id = TaskId::of(&run(ThreadId::fresh(), RunStatus::Success, None));
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", ":", "a:b", &id.run_id.to_string()] {
            assert!(text.parse::<TaskId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_failure_says_why() {
        let thread = thread(ThreadStatus::Error);
        let runs = vec![run(thread.thread_id, RunStatus::Error, None)];
        let task = FoundTask::all(ThreadWithRuns { thread, runs }).remove(0);
        let update = task.status().update(A2aVersion::V0_3, task.id);
        assert_eq!(update["final"], true);
        assert_eq!(
            update["status"]["message"]["parts"][0]["text"],
            "ValueError: kaboom"
        );
        let update = task.status().update(A2aVersion::V1_0, task.id);
        assert_eq!(update["status"]["state"], "TASK_STATE_FAILED");
        assert!(update.get("final").is_none() && update.get("kind").is_none());
    }
}
