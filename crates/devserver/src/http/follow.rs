//! Following runs that exist: get, list, join, stream again, cancel, delete.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;
use lgx_model::query::{Page, RunQuery};
use lgx_model::{Run, RunError, RunId, RunStatus, Thread, ThreadId, ThreadStatus};
use lgx_store::{Scope, runs, threads};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::given;
use super::runs::located;
use super::{ApiError, Call, reply};
use crate::auth::access;
use crate::runs::log::{Event, EventId, From};
use crate::runs::outcome::{Outcome, error_body, interrupts_body};
use crate::runs::registry::{Live, StopAction};
use crate::runs::{CancelTarget, Engine};

/// How often a newline shows that a slow answer is still coming.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The fields of a run that a list can be narrowed to.
const RUN_FIELDS: [&str; 10] = [
    "run_id",
    "thread_id",
    "assistant_id",
    "created_at",
    "updated_at",
    "status",
    "metadata",
    "kwargs",
    "multitask_strategy",
    "langsmith_session_name",
];

/// What happens to a run when the client that asked for its answer goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abandon {
    /// It goes on.
    Nothing,
    /// It is cancelled.
    Cancel,
}

impl Abandon {
    /// Lives as long as the response's body: dropped before the run has ended, it means that the client is gone.
    pub(super) fn guard(self, live: &Arc<Live>) -> Option<AbandonGuard> {
        (self == Self::Cancel).then(|| AbandonGuard(Arc::clone(live)))
    }
}

/// Cancels a run that has not ended when dropped.
pub(super) struct AbandonGuard(Arc<Live>);

impl Drop for AbandonGuard {
    fn drop(&mut self) {
        if self.0.log.outcome().is_none() {
            Engine::cancel_abandoned(&self.0);
        }
    }
}

/// A JSON answer that takes its time: the head goes out at once, newlines follow until the body is there.
pub(super) fn slow_json<G: Send + 'static>(
    body: impl Future<Output = Bytes> + Send + 'static,
    guard: G,
) -> Response {
    use futures_util::StreamExt;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        let _guard = guard;
        let mut body = std::pin::pin!(body);
        let mut beat = tokio::time::interval(KEEP_ALIVE);
        beat.tick().await;
        loop {
            tokio::select! {
                biased;
                bytes = &mut body => {
                    let _ = sender.send(bytes).await;
                    return;
                }
                () = sender.closed() => return,
                _ = beat.tick() => if sender.send(Bytes::from_static(b"\n")).await.is_err() { return },
            }
        }
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    });
    reply::json_bytes(Body::new(StreamBody::new(
        stream.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes))),
    )))
}

/// The run the path names, if the caller may see its thread.
struct Found {
    thread_id: ThreadId,
    run_id: RunId,
    scope: Scope,
}

async fn find(call: &Call, action: &'static str, more: Value) -> Result<Found, ApiError> {
    let ids = call
        .thread_id()
        .and_then(|thread_id| Ok((thread_id, call.run_id()?)));
    let ((thread_id, run_id), grant) = call
        .authorize(ids, access("threads", action), |(thread_id, _)| {
            let mut value = more;
            value["thread_id"] = json!(thread_id);
            value
        })
        .await?;
    Ok(Found {
        thread_id,
        run_id,
        scope: grant.scope,
    })
}

impl Found {
    async fn thread(&self, call: &Call) -> Result<Option<Thread>, ApiError> {
        let (id, scope) = (self.thread_id, self.scope.clone());
        Ok(call
            .app
            .store
            .read(move |connection| threads::get(connection, id, &scope))
            .await?)
    }

    async fn run(&self, call: &Call) -> Result<Option<Run>, ApiError> {
        let (thread_id, run_id, scope) = (self.thread_id, self.run_id, self.scope.clone());
        Ok(call
            .app
            .store
            .read(move |connection| runs::get(connection, thread_id, run_id, &scope))
            .await?)
    }

    async fn live(&self, call: &Call) -> Result<Option<Arc<Live>>, ApiError> {
        // The registry alone does not know who may see the thread.
        if self.run(call).await?.is_none() {
            return Ok(None);
        }
        Ok(call
            .app
            .runs
            .live(self.thread_id, self.run_id, self.scope.clone())
            .await?)
    }
}

/// `GET /threads/{thread_id}/runs/{run_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "read", json!({})).await?;
    if let Some(run) = found.run(&call).await? {
        return Ok(reply::json(&run));
    }
    found
        .thread(&call)
        .await?
        .ok_or_else(|| super::threads::missing(found.thread_id))?;
    Err(ApiError::not_found(format!(
        "Run with ID {} not found",
        found.run_id
    )))
}

/// `GET /threads/{thread_id}/runs`
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let read = call.thread_id().and_then(|id| {
        let limit = integer(&call, "limit", 10)?;
        let offset = integer(&call, "offset", 0)?;
        let fields = list_values(&call.query_values("select"));
        if let Some(unknown) = fields
            .iter()
            .find(|field| !RUN_FIELDS.contains(&field.as_str()))
        {
            return Err(ApiError::invalid(format!(
                "Invalid select column '{unknown}'. Expected one of: {}",
                RUN_FIELDS.join(", ")
            )));
        }
        let page = Page {
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            offset: offset.unsigned_abs(),
        };
        Ok((id, page, fields))
    });
    let ((id, page, fields), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, ..)| json!({"thread_id": id}),
        )
        .await?;
    let status = call
        .query_values("status")
        .pop()
        .filter(|status| !status.is_empty());
    let query = RunQuery {
        status: status.as_deref().and_then(RunStatus::from_word),
    };
    let no_such_status = status.is_some() && query.status.is_none();
    let rows = call
        .app
        .store
        .read(move |connection| {
            if threads::get(connection, id, &grant.scope)?.is_none() {
                return Ok(None);
            }
            runs::list(connection, id, &query, page, &grant.scope).map(Some)
        })
        .await?;
    let rows = rows.ok_or_else(|| super::threads::missing(id))?;
    if no_such_status {
        return Ok(reply::json_bytes("[]"));
    }
    if fields.is_empty() {
        return Ok(reply::json(&rows));
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    Ok(reply::json(
        &rows
            .iter()
            .map(|run| reply::narrow(run, &fields))
            .collect::<Vec<_>>(),
    ))
}

fn integer(call: &Call, key: &str, default: i64) -> Result<i64, ApiError> {
    match call.query_values(key).pop() {
        None => Ok(default),
        Some(text) => match text.parse::<i64>() {
            Ok(value) if value >= 0 => Ok(value),
            _ => Err(ApiError::bad_request(format!(
                "Invalid {key} '{text}': must be an integer, 0 or more"
            ))),
        },
    }
}

/// A list in a query: repeated keys, a JSON array, or words between commas; clients use all three.
fn list_values(values: &[String]) -> Vec<String> {
    let words = values
        .iter()
        .flat_map(|value| match serde_json::from_str::<Vec<String>>(value) {
            Ok(list) => list,
            Err(_) => value
                .split(',')
                .map(|word| word.trim().to_owned())
                .collect(),
        });
    words.filter(|word| !word.is_empty()).collect()
}

/// `GET /threads/{thread_id}/runs/{run_id}/join`
pub(super) async fn join(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "read", json!({})).await?;
    let Some(run) = found.run(&call).await? else {
        // 200, as clients that reconnect expect; a thread that is not there is a 404.
        found
            .thread(&call)
            .await?
            .ok_or_else(|| super::threads::missing(found.thread_id))?;
        return Ok(reply::json_bytes(Outcome::gone().wait_body()));
    };
    let live = found.live(&call).await?;
    let guard = live.as_ref().and_then(|live| abandon(&call).guard(live));
    let app = Arc::clone(&call.app);
    let body = async move {
        let outcome = match live {
            Some(live) => Some(live.log.ended().await),
            None => None,
        };
        Bytes::from(join_body(&app, &found, outcome).await)
    };
    Ok(located(slow_json(body, guard), &run, false, Some("join")))
}

fn abandon(call: &Call) -> Abandon {
    if call.query_flag("cancel_on_disconnect") {
        Abandon::Cancel
    } else {
        Abandon::Nothing
    }
}

/// What a join answers once the run has ended: what the thread shows now.
async fn join_body(app: &crate::app::App, found: &Found, outcome: Option<Arc<Outcome>>) -> String {
    let (id, scope) = (found.thread_id, found.scope.clone());
    match app
        .store
        .read(move |connection| threads::get(connection, id, &scope))
        .await
    {
        Ok(Some(thread)) => thread_body(&thread),
        // The thread went with its run: the run's own outcome is all there is.
        Ok(None) => outcome.map_or_else(
            || Outcome::gone().wait_body(),
            |outcome| outcome.wait_body(),
        ),
        Err(error) => {
            tracing::error!("a join could not read the thread: {error}");
            error_body(&RunError::new("StoreError", "the thread could not be read"))
        }
    }
}

fn thread_body(thread: &Thread) -> String {
    if let Some(error) = thread
        .error
        .as_ref()
        .filter(|_| thread.status == ThreadStatus::Error)
    {
        return error_body(error);
    }
    let interrupts: serde_json::Map<String, Value> = thread.interrupts.parse().unwrap_or_default();
    let flat: Vec<Box<RawValue>> = interrupts
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|interrupt| serde_json::value::to_raw_value(interrupt).ok())
        .collect();
    if !flat.is_empty() {
        return interrupts_body(&flat);
    }
    if thread.values.is_null() {
        "{}".into()
    } else {
        thread.values.get().to_owned()
    }
}

/// `GET /threads/{thread_id}/runs/{run_id}/stream`
pub(super) async fn stream(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "read", json!({})).await?;
    let Some(run) = found.run(&call).await? else {
        let error = RunError::new("HTTPException", "404: Run not found");
        let data = Bytes::from(lgx_model::RawJson::of(&error).get().to_owned());
        return Ok(super::sse::only(&Event {
            name: "error".into(),
            data,
            id: EventId {
                millis: 0,
                serial: 0,
            },
        }));
    };
    let live = found.live(&call).await?;
    let live = live.or_else(|| call.app.runs.registry().retained(found.run_id));
    let Some(live) = live else {
        return Ok(located(
            super::sse::event_stream(futures_util::stream::empty()),
            &run,
            false,
            Some("stream"),
        ));
    };
    let last = call
        .headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let reader = live
        .log
        .read(start(last, live.log.keeps(), live.log.started()));
    let selection = super::sse::Selection {
        modes: list_values(&call.query_values("stream_mode")),
        ids: live.log.keeps(),
    };
    let response = super::sse::respond(reader, selection, abandon(&call).guard(&live));
    Ok(located(response, &run, false, Some("stream")))
}

/// Where a reader that joins begins: from the first event of a run that has not begun, from now on if it has; a resumable run
/// replays what the client has not seen.
fn start(last: Option<&str>, keeps: bool, started: bool) -> From {
    match last {
        Some("-1" | "0" | "-") if keeps => From::Start,
        Some(id) if keeps => id.parse().map_or(From::Now, From::After),
        _ if started => From::Now,
        _ => From::Start,
    }
}

fn stop_action(call: &Call) -> Result<StopAction, ApiError> {
    match call.query_values("action").pop().as_deref() {
        None | Some("" | "interrupt") => Ok(StopAction::Interrupt),
        Some("rollback") => Ok(StopAction::Rollback),
        Some(other) => Err(ApiError::invalid(format!(
            "Invalid action '{other}': must be interrupt or rollback"
        ))),
    }
}

const fn word(action: StopAction) -> &'static str {
    match action {
        StopAction::Interrupt => "interrupt",
        StopAction::Rollback => "rollback",
    }
}

/// `POST /threads/{thread_id}/runs/{run_id}/cancel`
pub(super) async fn cancel(call: Call) -> Result<Response, ApiError> {
    let ids = call
        .thread_id()
        .and_then(|thread_id| Ok((thread_id, call.run_id()?, stop_action(&call)?)));
    let ((thread_id, run_id, action), grant) = call
        .authorize(ids, access("threads", "update"), |(thread_id, run_id, action)| {
            json!({"thread_id": thread_id, "action": word(*action), "metadata": {"run_ids": [run_id], "status": null}})
        })
        .await?;
    let found = Found {
        thread_id,
        run_id,
        scope: grant.scope.clone(),
    };
    let run = found.run(&call).await?.ok_or_else(nothing_to_cancel)?;
    let reason = format!(
        "{} requested via POST /threads/{{thread_id}}/runs/{{run_id}}/cancel",
        word(action)
    );
    let target = CancelTarget::Runs(thread_id, vec![run_id]);
    let cancelled = call
        .app
        .runs
        .cancel(target, action, reason, grant.scope)
        .await?;
    if !cancelled.any() {
        return Err(ApiError::not_found(
            "No matching runs to cancel: the run has ended already.",
        ));
    }
    if !call.query_flag("wait") {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let app = Arc::clone(&call.app);
    let body = async move {
        let mut outcome = None;
        for live in cancelled.told {
            outcome = Some(live.log.ended().await);
        }
        Bytes::from(join_body(&app, &found, outcome).await)
    };
    Ok(located(slow_json(body, ()), &run, false, Some("join")))
}

fn nothing_to_cancel() -> ApiError {
    ApiError::not_found("No runs found to cancel.")
}

/// The body of `POST /runs/cancel`: either a status, or a thread and its runs.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CancelMany {
    /// Runs of all threads in this state.
    #[serde(default, deserialize_with = "given")]
    status: Option<CancelStatus>,
    /// The thread of `run_ids`.
    #[serde(default, deserialize_with = "given")]
    thread_id: Option<ThreadId>,
    /// The runs.
    #[serde(default, deserialize_with = "given")]
    run_ids: Option<Vec<RunId>>,
}

/// Which runs a bulk cancel means.
#[derive(Debug, Clone, Copy, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum CancelStatus {
    Pending,
    Running,
    All,
}

/// `POST /runs/cancel`
pub(super) async fn cancel_many(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<CancelMany>().and_then(|body| {
        let target = match (body.status, body.thread_id, &body.run_ids) {
            (Some(CancelStatus::Pending), None, None) => {
                CancelTarget::Status(vec![RunStatus::Pending])
            }
            (Some(CancelStatus::Running), None, None) => {
                CancelTarget::Status(vec![RunStatus::Running])
            }
            (Some(CancelStatus::All), None, None) => {
                CancelTarget::Status(vec![RunStatus::Pending, RunStatus::Running])
            }
            (None, Some(thread_id), Some(run_ids)) => {
                CancelTarget::Runs(thread_id, run_ids.clone())
            }
            _ => {
                return Err(ApiError::invalid(
                    "Give either `status`, or `thread_id` together with `run_ids`.",
                ));
            }
        };
        Ok((body, target, stop_action(&call)?))
    });
    let ((_, target, action), grant) = call
        .authorize(read, access("threads", "update"), |(body, _, action)| {
            json!({"thread_id": body.thread_id, "action": word(*action), "metadata": {"run_ids": body.run_ids, "status": body.status}})
        })
        .await?;
    let reason = format!("{} requested via POST /runs/cancel", word(action));
    let cancelled = call
        .app
        .runs
        .cancel(target, action, reason, grant.scope)
        .await?;
    if cancelled.any() {
        Ok(reply::no_content())
    } else {
        Err(nothing_to_cancel())
    }
}

/// `DELETE /threads/{thread_id}/runs/{run_id}`
pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "delete", json!({"run_id": call.path_text("run_id")})).await?;
    let registry = Arc::clone(call.app.runs.registry());
    let (thread_id, run_id, scope) = (found.thread_id, found.run_id, found.scope.clone());
    let deleted = call
        .app
        .store
        .write(move |connection| {
            let deleted = runs::delete(connection, thread_id, run_id, &scope)?;
            Ok(deleted.map(|_| registry.fence(|live| live.run_id == run_id)))
        })
        .await?;
    call.app
        .runs
        .deleted(deleted.ok_or_else(|| ApiError::not_found("Run not found"))?);
    Ok(reply::no_content())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_queries_come_in_three_spellings() {
        for values in [&["a", "b"][..], &["a,b"], &[r#"["a","b"]"#]] {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            assert_eq!(list_values(&values), ["a", "b"]);
        }
        assert!(list_values(&[String::new()]).is_empty());
    }

    #[test]
    fn a_joining_reader_starts_where_it_should() {
        assert_eq!(start(None, false, false), From::Start);
        assert_eq!(start(None, false, true), From::Now);
        assert_eq!(start(Some("-1"), false, true), From::Now);
        assert_eq!(start(Some("-1"), true, true), From::Start);
        assert_eq!(
            start(Some("5-2"), true, true),
            From::After(EventId {
                millis: 5,
                serial: 2
            })
        );
        assert_eq!(start(Some("garbage"), true, true), From::Now);
    }
}
