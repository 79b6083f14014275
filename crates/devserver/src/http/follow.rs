//! Following runs that exist: get, list, join, stream again.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use lgx_engine::events::event::{Event, EventId};
use lgx_engine::events::record::Kind;
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_engine::events::thread_reader::{ThreadReader, WatchEnd};
use lgx_engine::runs::live_log::LiveFrom;
use lgx_engine::runs::outcome::{Outcome, error_body, interrupts_body};
use lgx_engine::runs::registry::Live;
use lgx_model::query::{Page, RunQuery};
use lgx_model::{Interrupts, Run, RunError, RunId, RunStatus, Thread, ThreadId, ThreadStatus};
use lgx_store::Scope;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::keep_alive::{Abandon, slow_json};
use super::runs::{located, located_at};
use super::sse::{Chunks, Source, Then};
use super::{ApiError, Call, reply};
use crate::auth::access;

/// The fields of a run that a list can be narrowed to.
pub(in crate::http) const RUN_FIELDS: &[&str] = &[
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

/// The run the path names, if the caller may see its thread.
pub(super) struct Found {
    pub(super) thread_id: ThreadId,
    pub(super) run_id: RunId,
    pub(super) scope: Scope,
}

pub(super) async fn find(
    call: &Call,
    action: &'static str,
    more: Value,
) -> Result<Found, ApiError> {
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
        Ok(call.store().get_thread(self.thread_id, &self.scope).await?)
    }

    pub(super) async fn run(&self, call: &Call) -> Result<Option<Run>, ApiError> {
        let (thread_id, run_id) = (self.thread_id, self.run_id);
        Ok(call.store().get_run(thread_id, run_id, &self.scope).await?)
    }

    async fn live(&self, call: &Call) -> Result<Option<Arc<Live>>, ApiError> {
        // The registry alone does not know who may see the thread.
        if self.run(call).await?.is_none() {
            return Ok(None);
        }
        Ok(call
            .app
            .engine
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
    let status = call.query_values("status").pop();
    let query = RunQuery {
        status: status.as_deref().and_then(RunStatus::from_word),
        fields: fields.iter().cloned().collect(),
    };
    let no_such_status = status.is_some() && query.status.is_none();
    let rows = call
        .store()
        .list_runs(id, query, page, &grant.scope)
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
pub(super) fn list_values(values: &[String]) -> Vec<String> {
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
        // 200, as clients that reconnect expect, also when the thread of a stateless run has gone with it.
        let gone = reply::json_bytes(Outcome::gone().wait_body());
        let thread_id = Some(found.thread_id);
        return Ok(located_at(gone, thread_id, found.run_id, Some("join")));
    };
    let live = found.live(&call).await?;
    let guard = live.as_ref().and_then(|live| abandon(&call).guard(live));
    let app = Arc::clone(&call.app);
    // The event protocol streams the whole state, and no run of it is waited for.
    let as_wait = !run.kwargs.is_event_streaming();
    let body = async move {
        let outcome = match live {
            Some(live) => Some(live.log.ended().await),
            None => None,
        };
        match outcome {
            Some(outcome) if as_wait => outcome.wait_body(),
            outcome => join_body(&app, &found, outcome).await,
        }
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

/// What a join answers that begins when the run has ended: what the thread shows now.
pub(super) async fn join_body(
    app: &crate::app::App,
    found: &Found,
    outcome: Option<Arc<Outcome>>,
) -> Bytes {
    if let Some(outcome) = outcome
        .as_ref()
        .filter(|outcome| !outcome.status.is_final())
    {
        return outcome.wait_body();
    }
    let store = &app.engine.store;
    match store.get_thread(found.thread_id, &found.scope).await {
        Ok(Some(thread)) => thread_body(&thread).into(),
        // The thread went with its run: the run's own outcome is all there is.
        Ok(None) => outcome.map_or_else(
            || Outcome::gone().wait_body(),
            |outcome| outcome.wait_body(),
        ),
        Err(error) => {
            tracing::error!("a join could not read the thread: {error}");
            error_body(&RunError::new("StoreError", "the thread could not be read")).into()
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
    let interrupts = Interrupts::of(&thread.interrupts);
    let flat: Vec<Box<RawValue>> = interrupts
        .all()
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
    stream_found(&call, &found, false).await
}

/// `GET /runs/{run_id}/stream`, where clients of stateless runs reconnect to.
pub(super) async fn stream_stateless(call: Call) -> Result<Response, ApiError> {
    let run_id = call.run_id();
    let thread_id = match &run_id {
        Ok(run_id) => call.store().get_thread_of_run(*run_id).await?,
        Err(_) => None,
    };
    let (run_id, grant) = call
        .authorize(
            run_id,
            access("threads", "read"),
            |_| json!({"thread_id": thread_id}),
        )
        .await?;
    let Some(thread_id) = thread_id else {
        return Ok(no_such_run());
    };
    let found = Found {
        thread_id,
        run_id,
        scope: grant.scope,
    };
    stream_found(&call, &found, true).await
}

/// What clients that reconnect expect instead of a 404.
fn no_such_run() -> Response {
    let error = RunError::new("HTTPException", "404: Run not found");
    super::sse::only(&Event {
        name: "error".into(),
        data: Bytes::from(lgx_model::RawJson::of(&error).get().to_owned()),
        id: EventId {
            millis: 0,
            serial: 0,
        },
    })
}

async fn stream_found(call: &Call, found: &Found, stateless: bool) -> Result<Response, ApiError> {
    let Some(run) = found.run(call).await? else {
        let thread_id = (!stateless).then_some(found.thread_id);
        let gone = no_such_run();
        return Ok(located_at(gone, thread_id, found.run_id, Some("stream")));
    };
    let live = found.live(call).await?;
    let selection = super::sse::Selection {
        modes: list_values(&call.query_values("stream_mode")),
        ids: run.kwargs.resumable,
    };
    let guard = live.as_ref().and_then(|live| abandon(call).guard(live));
    let response = if run.kwargs.resumable {
        let log = call.app.engine.events.of(run.thread_id);
        log.load().await;
        let last = call
            .headers
            .get("last-event-id")
            .and_then(|value| value.to_str().ok());
        let started = live.as_ref().is_none_or(|live| live.log.started());
        let source = ResumedRun {
            run_id: run.run_id,
            reader: ThreadReader::open(&log, start(last, started)),
            live,
            selection,
        };
        super::sse::respond(source, guard)
    } else if let Some(live) = live {
        let from = if live.log.started() {
            LiveFrom::Now
        } else {
            LiveFrom::Start
        };
        let reader = live.log.read(from);
        super::sse::respond(
            super::sse::RunStream {
                reader,
                selection,
                kept_in: None,
                unsent: Vec::new(),
            },
            guard,
        )
    } else {
        super::sse::event_stream(futures_util::stream::empty())
    };
    Ok(located(response, &run, stateless, Some("stream")))
}

/// The stream of a resumable run, from its thread's log.
struct ResumedRun {
    run_id: RunId,
    reader: ThreadReader,
    /// The run, while it has not ended.
    live: Option<Arc<Live>>,
    selection: super::sse::Selection,
}

impl Source for ResumedRun {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        let (records, then) = if let Some(live) = &self.live {
            tokio::select! {
                biased;
                records = self.reader.next() => match records {
                    Ok(records) => (records, Then::More),
                    Err(WatchEnd::Gone) => return Then::End,
                    Err(WatchEnd::CutOff) => return Then::BreakOff,
                },
                // The end of the run is in the thread's log before the run's own log ends.
                _ = live.log.ended() => {
                    let then = if live.log.is_broken_off() {
                        Then::BreakOff
                    } else {
                        Then::End
                    };
                    (self.reader.rest(), then)
                }
            }
        } else {
            (self.reader.rest(), Then::End)
        };
        let of_run = records.iter().filter(|record| {
            record.run_id == Some(self.run_id)
                && matches!(record.kind, Kind::Began | Kind::Streamed)
        });
        for record in of_run {
            self.selection.encode(out, &record.event);
        }
        then
    }
}

/// Where a reader that joins a resumable run begins: behind what the client has seen; a client that does not say gets all of a
/// run that has not begun, and what is new of one that has.
fn start(last: Option<&str>, started: bool) -> ThreadFrom {
    match last {
        Some("-1" | "0" | "-") => ThreadFrom::Start,
        Some(id) => id.parse().map_or(ThreadFrom::Now, ThreadFrom::After),
        None if started => ThreadFrom::Now,
        None => ThreadFrom::Start,
    }
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
        assert_eq!(start(None, false), ThreadFrom::Start);
        assert_eq!(start(None, true), ThreadFrom::Now);
        for all in ["-1", "0", "-"] {
            assert_eq!(start(Some(all), true), ThreadFrom::Start);
        }
        assert_eq!(
            start(Some("5-2"), true),
            ThreadFrom::After(EventId {
                millis: 5,
                serial: 2
            })
        );
        assert_eq!(start(Some("garbage"), true), ThreadFrom::Now);
    }
}
