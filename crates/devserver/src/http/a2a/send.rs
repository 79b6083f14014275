//! Sending a message: it begins a task, or answers what a task has asked.

use std::sync::Arc;

use axum::response::Response;
use lgx_engine::runs::live_log::LiveReader;
use lgx_engine::runs::registry::Live;
use lgx_engine::runs::request::{IfNotExists, RunCreate, StreamMode};
use lgx_model::forms::OneOrMany;
use lgx_model::{JsonObject, MultitaskStrategy, RawJson, ThreadId, Timestamp};
use lgx_store::Scope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::agent::{self, Agent};
use super::chat::TaskMessage;
use super::dialect::{A2aVersion, Role, TaskState, UpdateKind};
use super::failure::AgentFailure;
use super::input;
use super::part::MessagePart;
use super::stream::{TaskStream, respond};
use super::task::{FoundTask, ShownTask, TaskId, TaskStatus};
use super::view::{self, TaskDetail, TaskView};
use crate::http::keep_alive::slow_json;
use crate::http::{Call, json_rpc, runs};

/// What every run of a task streams: whoever follows the task later finds it in there.
const MODES: [StreamMode; 3] = [
    StreamMode::Values,
    StreamMode::MessagesTuple,
    StreamMode::Custom,
];

/// A message as a client sends it, and how it wants to hear of the task.
#[derive(Debug)]
struct SentMessage {
    id: String,
    parts: Vec<MessagePart>,
    context_id: Option<String>,
    task_id: Option<String>,
    /// Metadata of the request, which the run gets.
    metadata: JsonObject,
    /// Whether the answer waits for the task.
    waits: bool,
}

impl SentMessage {
    fn read(params: &Value) -> Result<Self, AgentFailure> {
        let message = &params["message"];
        if !message.is_object() {
            return Err(AgentFailure::invalid(
                "Missing or invalid 'message' in params",
            ));
        }
        let parts = message["parts"]
            .as_array()
            .filter(|parts| !parts.is_empty());
        let parts = parts.ok_or_else(|| {
            AgentFailure::invalid("`message.parts` must be a list of at least one part")
        })?;
        let read = |(at, part)| {
            let part = MessagePart::read(part);
            part.map_err(|wrong| AgentFailure::invalid(format!("`message.parts[{at}]`: {wrong}")))
        };
        let text = |key: &str| {
            let text = message[key].as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        let configuration = &params["configuration"];
        let asks_for = |key: &str| !configuration[key].is_null();
        if asks_for("pushNotificationConfig") || asks_for("taskPushNotificationConfig") {
            return Err(no_push_notifications());
        }
        let at_once =
            configuration["returnImmediately"] == true || configuration["blocking"] == false;
        Ok(Self {
            id: text("messageId").unwrap_or_else(|| Uuid::new_v4().to_string()),
            parts: parts
                .iter()
                .enumerate()
                .map(read)
                .collect::<Result<_, _>>()?,
            context_id: text("contextId"),
            task_id: text("taskId"),
            metadata: params["metadata"].as_object().cloned().unwrap_or_default(),
            waits: !at_once,
        })
    }
}

pub(super) fn no_push_notifications() -> AgentFailure {
    AgentFailure::new(
        AgentFailure::NO_PUSH_NOTIFICATIONS,
        "Push notifications are not supported: follow the task, or give its runs a webhook",
    )
}

/// A task that was begun, or goes on.
struct Begun {
    id: TaskId,
    /// The message that did it.
    said: TaskMessage,
    state: TaskState,
    since: Timestamp,
    live: Arc<Live>,
    reader: LiveReader,
    view: TaskView,
}

/// `message/send`
pub(super) async fn send(
    call: Call,
    agent: Agent,
    dialect: A2aVersion,
    params: &Value,
    id: &RawJson,
) -> Result<Response, AgentFailure> {
    let sent = SentMessage::read(params)?;
    let wanted = TaskDetail::of(dialect, &call.headers, &params["configuration"])?;
    let waits = sent.waits;
    let begun = begin(call, agent, wanted, sent).await?;
    drop(begun.reader);
    let (view, live, task_id, said) = (begun.view, begun.live, begun.id, begun.said);
    let id = id.clone();
    let body = async move {
        if waits {
            live.log.ended().await;
        }
        match view.show(task_id).await {
            Ok(mut task) => {
                if !waits && wanted.at_most != Some(0) {
                    // The run has not got to it yet.
                    task.history.retain(|message| message.id != said.id);
                    task.history.push(said);
                }
                let task = task.written(dialect);
                json_rpc::answer(&id, &dialect.wrapped(UpdateKind::Task, task))
            }
            Err(failure) => failure.answer(&id),
        }
    };
    // The client may go: the task goes on, and can be got later.
    Ok(slow_json(body, ()).await)
}

/// `message/stream`
pub(super) async fn stream(
    call: Call,
    agent: Agent,
    dialect: A2aVersion,
    params: &Value,
    id: &RawJson,
) -> Result<Response, AgentFailure> {
    let sent = SentMessage::read(params)?;
    let wanted = TaskDetail::of(dialect, &call.headers, &params["configuration"])?;
    let begun = begin(call, agent, wanted, sent).await?;
    let first = ShownTask {
        id: begun.id,
        status: TaskStatus {
            state: begun.state,
            message: None,
            since: begun.since,
        },
        history: vec![begun.said],
        artifacts: Vec::new(),
    };
    Ok(respond(TaskStream::following(
        begun.view,
        begun.reader,
        &first,
        id.clone(),
    )))
}

/// Where a message goes.
struct Destination {
    thread_id: ThreadId,
    /// What the caller may see of contexts, if that was to be found out.
    scope: Option<Scope>,
    /// The task that waits for it.
    waiting: Option<FoundTask>,
}

/// Finds out where a message goes, before anything happens.
async fn destination(
    call: &Call,
    of: &Agent,
    sent: &SentMessage,
) -> Result<Destination, AgentFailure> {
    let context_id = sent.context_id.as_deref().map(|context_id| {
        context_id.parse::<ThreadId>().map_err(|_| {
            AgentFailure::invalid(
                "`contextId` must be a UUID: it is the thread of the conversation",
            )
        })
    });
    let context_id = context_id.transpose()?;
    if let Some(text) = &sent.task_id {
        let id: TaskId = text
            .parse()
            .map_err(|()| AgentFailure::no_such_task(text))?;
        if context_id.is_some_and(|context_id| context_id != id.thread_id) {
            return Err(AgentFailure::invalid(
                "`contextId` is not the context of the task in `taskId`",
            ));
        }
        let scope = agent::may_read(call, id.thread_id).await?;
        let on = TaskView::context(call, id.thread_id, &scope).await?;
        let task = view::find(on, id, of)?;
        return match task.state() {
            TaskState::InputRequired => Ok(Destination {
                thread_id: id.thread_id,
                scope: Some(scope),
                waiting: Some(task),
            }),
            state if state.is_terminal() => Err(unsupported(
                "A terminal task cannot accept another message; leave `taskId` out to begin another one in its context",
            )),
            _ => Err(unsupported(
                "The task is at work and asks nothing; leave `taskId` out to begin another one behind it",
            )),
        };
    }
    let Some(thread_id) = context_id else {
        return Ok(Destination {
            thread_id: ThreadId::fresh(),
            scope: None,
            waiting: None,
        });
    };
    let scope = agent::may_read(call, thread_id).await?;
    let on = TaskView::context(call, thread_id, &scope).await?;
    let waiting = on.and_then(FoundTask::waiting);
    let waiting = waiting.filter(|task| task.run.assistant_id == of.assistant.assistant_id);
    Ok(Destination {
        thread_id,
        scope: Some(scope),
        waiting,
    })
}

fn unsupported(message: &str) -> AgentFailure {
    AgentFailure::new(AgentFailure::UNSUPPORTED_OPERATION, message)
}

/// Has the message make a run.
async fn begin(
    mut call: Call,
    agent: Agent,
    wanted: TaskDetail,
    sent: SentMessage,
) -> Result<Begun, AgentFailure> {
    let to = destination(&call, &agent, &sent).await?;
    let mut run = RunCreate {
        assistant_id: agent.assistant.assistant_id.to_string(),
        metadata: Some(sent.metadata),
        stream_mode: Some(OneOrMany::Many(MODES.to_vec())),
        if_not_exists: Some(IfNotExists::Create),
        ..RunCreate::default()
    };
    if let Some(task) = &to.waiting {
        let answer = input::answer(&sent.parts, &task.asked()).map_err(AgentFailure::invalid)?;
        run.command = Some(RawJson::of(&json!({"resume": answer})));
        run.metadata
            .get_or_insert_default()
            .extend([task.id.as_metadata()]);
        // Nobody else has answered meanwhile.
        run.multitask_strategy = Some(MultitaskStrategy::Reject);
    } else {
        let fields = if input::says_something(&sent.parts) {
            agent.input_fields(&call).await?
        } else {
            input::InputFields::default()
        };
        let graph_id = &agent.assistant.graph_id;
        let input = input::graph_input(&sent.parts, &sent.id, &fields, graph_id);
        run.input = Some(RawJson::of(&input.map_err(AgentFailure::invalid)?));
    }
    let submitted = runs::submit_shown_on(&call, to.thread_id, run, to.scope).await;
    let (created, scope) = submitted?;
    call.release_body();
    Ok(Begun {
        id: TaskId::of(&created.run),
        said: TaskMessage {
            id: sent.id,
            role: Role::User,
            parts: sent.parts,
        },
        state: match to.waiting {
            Some(_) => TaskState::Working,
            None => TaskState::Submitted,
        },
        since: created.run.updated_at,
        live: created.live,
        reader: created.reader,
        view: TaskView {
            call: Arc::new(call),
            agent,
            scope,
            wanted,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(configuration: &Value) -> Result<SentMessage, AgentFailure> {
        SentMessage::read(&json!({
            "message": {"role": "user", "messageId": "m", "parts": [{"kind": "text", "text": "hi"}], "contextId": ""},
            "configuration": configuration,
        }))
    }

    #[test]
    fn an_answer_waits_unless_the_client_does_not_want_to() {
        for (configuration, waits) in [
            (Value::Null, true),
            (json!({"blocking": true}), true),
            (json!({"blocking": false}), false),
            (json!({"returnImmediately": true}), false),
            (json!({"returnImmediately": false}), true),
        ] {
            assert_eq!(
                read(&configuration).unwrap().waits,
                waits,
                "{configuration}"
            );
        }
        assert_eq!(read(&Value::Null).unwrap().context_id, None);
    }

    #[test]
    fn push_notifications_are_refused_rather_than_left_out() {
        for key in ["pushNotificationConfig", "taskPushNotificationConfig"] {
            let failure = read(&json!({key: {"url": "https://a.example"}})).unwrap_err();
            assert_eq!(failure.code(), AgentFailure::NO_PUSH_NOTIFICATIONS);
        }
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_place() {
        for (params, place) in [
            (json!({}), "'message'"),
            (json!({"message": "hi"}), "'message'"),
            (json!({"message": {}}), "`message.parts`"),
            (json!({"message": {"parts": []}}), "`message.parts`"),
            (
                json!({"message": {"parts": [{"text": "a"}, {}]}}),
                "`message.parts[1]`",
            ),
        ] {
            let failure = SentMessage::read(&params).unwrap_err();
            assert!(failure.message().contains(place), "{failure:?}");
        }
    }
}
