//! A2A: agents of other makers talk to assistants over JSON-RPC. A message becomes a run, a task is made of runs, a context is a thread.

mod agent;
mod cancel;
pub(super) mod card;
mod chat;
mod dialect;
mod failure;
mod input;
mod list;
mod part;
mod send;
mod stream;
mod task;
mod view;

use std::sync::Arc;

use axum::response::Response;
use lgx_model::{JsonObject, RawJson, ThreadId};
use serde_json::{Value, json};

use self::agent::Agent;
use self::dialect::{A2aVersion, AgentMethod};
use self::failure::AgentFailure;
use self::list::TaskQuery;
use self::task::{FoundTask, TaskId};
use self::view::{TaskDetail, TaskView};
use super::call::object;
use super::json_rpc::{self, JsonRpcCall, JsonRpcError, JsonRpcMessage};
use super::{ApiError, Call, newest_code, reply};
use crate::auth::access;

/// `POST /a2a/{assistant_id}`
pub(super) async fn call(call: Call) -> Result<Response, ApiError> {
    let app = Arc::clone(&call.app);
    let (id, request) = match json_rpc::read(&call.body) {
        Ok(JsonRpcMessage::Request(id, request)) => (id, request),
        other => {
            let none = |why: String| {
                let code = JsonRpcError::INVALID_REQUEST;
                (RawJson::null(), JsonRpcError::new(code, why))
            };
            let (id, error) = match other {
                Err(wrong) => wrong,
                Ok(JsonRpcMessage::Notification(asked)) => none(format!(
                    "`id` is missing: `{}` of an agent is answered",
                    asked.method
                )),
                Ok(_) => none("An agent asks nothing that could be answered".into()),
            };
            let refused = call.authenticate().await.err().map(AgentFailure::from);
            return Ok(refused.unwrap_or_else(|| error.into()).respond(&id));
        }
    };
    let makes_run =
        AgentMethod::named(&request.method).is_some_and(|(_, method)| method.makes_run());
    let waited = makes_run && newest_code::waited(&app).await;
    let mut response = match answer(call, &id, &request).await {
        Ok(response) => response,
        Err(failure) => failure.respond(&id),
    };
    if waited {
        newest_code::mark(&app, &mut response);
    }
    Ok(response)
}

async fn answer(call: Call, id: &RawJson, request: &JsonRpcCall) -> Result<Response, AgentFailure> {
    let name = call.path_text("assistant_id").to_owned();
    let agent = Agent::named(&call, &name).await?;
    dialect::check_version(&call.headers)?;
    let (dialect, method) = AgentMethod::named(&request.method)
        .ok_or_else(|| JsonRpcError::no_such_method(&request.method))?;
    let params: Value = Value::Object(request.params::<JsonObject>()?);
    let written = match method {
        AgentMethod::Send => return send::send(call, agent, dialect, &params, id).await,
        AgentMethod::Stream => return send::stream(call, agent, dialect, &params, id).await,
        AgentMethod::PushNotifications => return Err(send::no_push_notifications()),
        AgentMethod::ExtendedCard => {
            return Err(AgentFailure::new(
                AgentFailure::NO_EXTENDED_CARD,
                "The agent card is the same for everybody: there is no extended one",
            ));
        }
        AgentMethod::Get => {
            let (view, found) = find(call, agent, dialect, &params, Wish::Read).await?;
            view.shown(found).await?.written(dialect)
        }
        AgentMethod::Subscribe => {
            let (view, found) = find(call, agent, dialect, &params, Wish::Read).await?;
            return stream::subscribe(view, found, id).await;
        }
        AgentMethod::Cancel => {
            let (view, found) = find(call, agent, dialect, &params, Wish::Cancel).await?;
            cancel::cancel(&view, found).await?.written(dialect)
        }
        AgentMethod::List => list_tasks(call, agent, dialect, &params).await?,
    };
    Ok(reply::json_bytes(json_rpc::answer(id, &written)))
}

/// What is to be done with a task that is there.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Read,
    Cancel,
}

/// The task that the parameters name, if the caller may do this to its context.
async fn find(
    call: Call,
    of: Agent,
    dialect: A2aVersion,
    params: &Value,
    wish: Wish,
) -> Result<(TaskView, FoundTask), AgentFailure> {
    let text = params["id"].as_str().filter(|id| !id.is_empty());
    let text =
        text.ok_or_else(|| AgentFailure::invalid("Missing required parameter: id (task_id)"))?;
    let id: TaskId = text
        .parse()
        .map_err(|()| AgentFailure::no_such_task(text))?;
    let context_id = params["contextId"].as_str().filter(|id| !id.is_empty());
    if context_id.is_some_and(|context_id| context_id.parse::<ThreadId>() != Ok(id.thread_id)) {
        return Err(AgentFailure::no_such_task(text));
    }
    let view = TaskView {
        scope: match wish {
            Wish::Read => agent::may_read(&call, id.thread_id).await?,
            Wish::Cancel => agent::may_cancel(&call, id).await?,
        },
        wanted: TaskDetail::of(dialect, &call.headers, params)?,
        call: Arc::new(call),
        agent: of,
    };
    let found = view.find(id).await?;
    Ok((view, found))
}

async fn list_tasks(
    call: Call,
    agent: Agent,
    dialect: A2aVersion,
    params: &Value,
) -> Result<Value, AgentFailure> {
    let query = TaskQuery::read(params)?;
    let value = json!({"metadata": {}, "values": {}, "status": null, "limit": query.size, "offset": query.offset});
    // Who sees a list of threads sees less of them than their tasks show.
    let asked = [
        (access("threads", "search"), object(value)),
        (
            access("threads", "read"),
            object(json!({"thread_id": query.context_id})),
        ),
    ];
    let [search, read] = call.grants(asked).await?;
    let wanted = TaskDetail::of(dialect, &call.headers, params)?;
    let view = TaskView {
        scope: search.scope.and(&read.scope),
        wanted: TaskDetail {
            artifacts: query.artifacts,
            // Whole conversations are in a list only if they are asked for.
            at_most: wanted.at_most.or(Some(0)),
            ..wanted
        },
        call: Arc::new(call),
        agent,
    };
    list::list(&view, search.metadata(), query).await
}
