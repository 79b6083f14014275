//! `POST /threads/{thread_id}/commands`: the commands of the event protocol, one a request.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lgx_engine::events::filter::{Subscription, Unusable};
use lgx_model::{JsonObject, ThreadId};
use schemars::JsonSchema;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Broken, Command, Failure, answer};
use super::control;
use crate::http::{ApiError, Call, reply};

/// A command of the event protocol.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes what `Command` reads")]
pub(in crate::http) struct CommandBody {
    /// The client's number for it.
    id: u64,
    /// `run.start`, `input.respond`, `subscription.subscribe`, …
    method: String,
    /// What the method takes.
    params: Option<JsonObject>,
}

/// `POST /threads/{thread_id}/commands`
pub(in crate::http) async fn command(call: Call) -> Result<Response, ApiError> {
    call.authenticate().await?;
    let thread_id = call.thread_id()?;
    let command = match Command::parse(&call.body) {
        Ok(command) => command,
        Err(Broken::NotJson) => return Err(ApiError::bad_request("Invalid JSON body")),
        Err(Broken::Unreadable(why)) => {
            return Err(ApiError::invalid(format!(
                "Invalid JSON in request body: {why}"
            )));
        }
        Err(broken) => {
            let mut response = reply::json(&broken.answer());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(response.into_response());
        }
    };
    let outcome = match &*command.method {
        "subscription.subscribe" | "subscription.reconnect" => {
            // Nothing can be subscribed to over a request that ends; clients are told what they want to hear.
            subscription(&command).map(|_| subscribed(Uuid::new_v4(), 0))
        }
        "subscription.unsubscribe" => Err(no_such_subscription(&unsubscribed(&command))),
        "agent.getTree" => Err(no_such_run()),
        _ => common(&call, thread_id, &command).await,
    };
    Ok(reply::json(&answer(command.id, outcome, 0)))
}

/// Whether a command of this name makes a run.
pub(super) fn makes_run(method: &str) -> bool {
    matches!(method, "run.start" | "input.respond")
}

/// The commands that are the same over every transport.
pub(super) async fn common(
    call: &Call,
    thread_id: ThreadId,
    command: &Command,
) -> Result<Value, Failure> {
    match &*command.method {
        "run.start" => control::start(call, thread_id, &command.params).await,
        "input.respond" => control::respond(call, thread_id, &command.params).await,
        method => Err(Failure::new(
            "unknown_command",
            format!("Unknown protocol command: {method}"),
        )),
    }
}

/// What a subscribing command asks for.
pub(super) fn subscription(command: &Command) -> Result<Subscription, Failure> {
    let params: JsonObject = serde_json::from_str(command.params.get()).unwrap_or_default();
    Subscription::parse(&params).map_err(|unusable| {
        Failure::invalid(match unusable {
            Unusable::NoChannels => {
                format!("{} requires a non-empty channels array.", command.method)
            }
            unsupported @ Unusable::Unsupported(_) => unsupported.detail(),
        })
    })
}

pub(super) fn subscribed(id: Uuid, replayed: usize) -> Value {
    json!({"subscription_id": id, "replayed_events": replayed})
}

/// The subscription that a command wants to end.
pub(super) fn unsubscribed(command: &Command) -> String {
    let params: JsonObject = serde_json::from_str(command.params.get()).unwrap_or_default();
    let id = params.get("subscription_id").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

pub(super) fn no_such_subscription(id: &str) -> Failure {
    Failure::new(
        "no_such_subscription",
        format!("Unknown subscription: {id}"),
    )
}

pub(super) fn no_such_run() -> Failure {
    Failure::new("no_such_run", "No active run is bound to this thread.")
}
