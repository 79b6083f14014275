//! Following a task: what its run streams, as updates of the task, and how it ends.
//!
//! Text of the graph comes as pieces of an artifact that has the id of its message. When the run has ended, each artifact comes once
//! more and whole: what a client has that began to follow in the middle, or that saw the words of a model that are no answer, is then what
//! `tasks/get` gives too.

use std::collections::HashSet;

use axum::response::Response;
use bytes::Bytes;
use lgx_engine::events::event::{Event, EventId};
use lgx_engine::runs::live_log::{LiveEnd, LiveFrom, LiveReader};
use lgx_model::{RawJson, Timestamp};
use serde_json::{Value, json};

use super::chat::{TaskArtifact, TaskMessage, streamed_text};
use super::dialect::{TaskState, UpdateKind};
use super::failure::AgentFailure;
use super::part::{MessagePart, PartContent};
use super::task::{FoundTask, ShownTask, TaskId, TaskStatus};
use super::view::TaskView;
use crate::http::json_rpc;
use crate::http::sse::{self, Chunks, Source, Then};

/// The stream of a task.
pub(super) struct TaskStream {
    view: TaskView,
    /// The request that is answered.
    answers: RawJson,
    task_id: TaskId,
    /// The task as it is when the stream begins, until it was told.
    first: Option<Value>,
    /// The run, if one is under way.
    reader: Option<LiveReader>,
    /// Whether it was told that the task is being worked on.
    is_working: bool,
    /// The artifacts of which pieces were told.
    begun: HashSet<String>,
}

impl TaskStream {
    /// The stream of a task whose run is read by `reader`, and that is `first` to begin with.
    pub(super) fn following(
        view: TaskView,
        reader: LiveReader,
        first: &ShownTask,
        answers: RawJson,
    ) -> Self {
        Self {
            task_id: first.id,
            first: Some(first.written(view.wanted.dialect)),
            is_working: first.status.state == TaskState::Working,
            reader: Some(reader),
            begun: HashSet::new(),
            view,
            answers,
        }
    }

    fn tell(&self, out: &mut Chunks, told: UpdateKind, object: Value) {
        let result = self.view.wanted.dialect.wrapped(told, object);
        event(out, json_rpc::answer(&self.answers, &result));
    }

    fn tell_status(&self, out: &mut Chunks, status: &TaskStatus) {
        let update = status.update(self.view.wanted.dialect, self.task_id);
        self.tell(out, UpdateKind::Status, update);
    }

    fn tell_artifact(&self, out: &mut Chunks, artifact: &TaskArtifact, append: bool, last: bool) {
        let dialect = self.view.wanted.dialect;
        let update = json!({
            "taskId": self.task_id.to_string(), "contextId": self.task_id.thread_id,
            "artifact": artifact.written(dialect), "append": append, "lastChunk": last,
        });
        let update = dialect.with_kind("artifact-update", update);
        self.tell(out, UpdateKind::Artifact, update);
    }

    fn tell_working(&self, out: &mut Chunks, parts: Option<Vec<MessagePart>>) {
        let status = TaskStatus {
            state: TaskState::Working,
            message: parts.map(TaskMessage::of_agent),
            since: Timestamp::now(),
        };
        self.tell_status(out, &status);
    }

    /// Tells what an event of the run means for the task.
    fn pass_on(&mut self, out: &mut Chunks, event: &Event) {
        if !self.is_working {
            self.is_working = true;
            self.tell_working(out, None);
        }
        match &*event.name {
            "messages" => {
                let Ok([message, _]) = serde_json::from_slice::<[Value; 2]>(&event.data) else {
                    return;
                };
                if let Some((id, text)) = streamed_text(&message) {
                    let append = !self.begun.insert(id.clone());
                    let parts = vec![MessagePart::text(text)];
                    self.tell_artifact(out, &TaskArtifact { id, parts }, append, false);
                }
            }
            "custom" => {
                let data = serde_json::from_slice(&event.data).unwrap_or_default();
                let content = match data {
                    Value::String(text) => PartContent::Text(text),
                    data => PartContent::Data(data),
                };
                self.tell_working(out, Some(vec![content.into()]));
            }
            _ => {}
        }
    }

    /// Tells how the task has ended.
    async fn tell_end(&self, out: &mut Chunks) {
        match self.view.show(self.task_id).await {
            Ok(task) => {
                for artifact in &task.artifacts {
                    self.tell_artifact(out, artifact, false, true);
                }
                self.tell_status(out, &task.status);
            }
            Err(failure) => event(out, failure.answer(&self.answers)),
        }
    }
}

impl Source for TaskStream {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        if let Some(first) = self.first.take() {
            self.tell(out, UpdateKind::Task, first);
            return Then::More;
        }
        let Some(reader) = &mut self.reader else {
            return Then::End;
        };
        match reader.next().await {
            Ok(events) => {
                for event in &events {
                    self.pass_on(out, event);
                }
                Then::More
            }
            Err(LiveEnd::CutOff) => Then::BreakOff,
            Err(LiveEnd::Over) => {
                self.tell_end(out).await;
                Then::End
            }
        }
    }
}

/// The answer that is this stream. Its client may go: the task goes on.
pub(super) fn respond(stream: TaskStream) -> Response {
    sse::respond(stream, ())
}

fn event(out: &mut Chunks, data: Bytes) {
    let id = EventId {
        millis: 0,
        serial: 0,
    };
    let event = Event {
        name: "message".into(),
        data,
        id,
    };
    sse::encode(out.buffer(), &event, false);
}

/// `tasks/resubscribe`: the task as it is, and what becomes of it from now on.
pub(super) async fn subscribe(
    view: TaskView,
    found: FoundTask,
    answers: &RawJson,
) -> Result<Response, AgentFailure> {
    if found.state().is_terminal() {
        return Err(AgentFailure::new(
            AgentFailure::UNSUPPORTED_OPERATION,
            "The task has ended; get it instead",
        ));
    }
    let (thread_id, run_id) = (found.id.thread_id, found.run.run_id);
    view.call.take_home(thread_id).await?;
    let runs = &view.call.app.engine.runs;
    let live = runs.live(thread_id, run_id, view.scope.clone()).await?;
    // Read from before the task is looked at: nothing is missed in between.
    let reader = live.map(|live| live.log.read(LiveFrom::Now));
    let first = view.show(found.id).await?;
    Ok(respond(TaskStream {
        task_id: first.id,
        first: Some(first.written(view.wanted.dialect)),
        is_working: first.status.state == TaskState::Working,
        reader: reader.filter(|_| first.status.state.is_under_way()),
        begun: HashSet::new(),
        view,
        answers: answers.clone(),
    }))
}
