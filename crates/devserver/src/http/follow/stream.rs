//! Streaming a run that exists: what is kept of it for those who come back, else what comes from now on.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use lgx_engine::events::event::{Event, EventId};
use lgx_engine::events::kept_run::KeptFrom;
use lgx_engine::events::record::Kind;
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_engine::events::thread_reader::ThreadReader;
use lgx_engine::runs::live_log::LiveFrom;
use lgx_engine::runs::registry::Live;
use lgx_model::{RunError, RunId, RunStatus};
use lgx_store::Scope;
use serde_json::json;

use super::{Found, abandon, away, find, hidden_run};
use crate::auth::access;
use crate::http::query_list::list_values;
use crate::http::runs::{located, located_at};
use crate::http::sse::{self, Chunks, Source, Then};
use crate::http::{ApiError, Call};

/// `GET /threads/{thread_id}/runs/{run_id}/stream`
pub(in crate::http) async fn stream(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "read", json!({})).await?;
    stream_found(&call, &found, false).await
}

/// `GET /runs/{run_id}/stream`, where clients of stateless runs reconnect to.
pub(in crate::http) async fn stream_stateless(call: Call) -> Result<Response, ApiError> {
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
        return no_such_run(run_id, &grant.scope);
    };
    let found = Found {
        thread_id,
        run_id,
        scope: grant.scope,
    };
    stream_found(&call, &found, true).await
}

/// What clients that reconnect expect instead of a 404. Where something is hidden it is a 404 all the same: what may be a refusal must not
/// look like a stream.
fn no_such_run(run_id: RunId, scope: &Scope) -> Result<Response, ApiError> {
    if scope.may_hide() {
        return Err(hidden_run(run_id));
    }
    let error = RunError::new("HTTPException", "404: Run not found");
    Ok(sse::only(&Event {
        name: "error".into(),
        data: Bytes::from(lgx_model::RawJson::of(&error).get().to_owned()),
        id: EventId {
            millis: 0,
            serial: 0,
        },
    }))
}

async fn stream_found(call: &Call, found: &Found, stateless: bool) -> Result<Response, ApiError> {
    let Some(run) = found.run(call).await? else {
        let thread_id = (!stateless).then_some(found.thread_id);
        let gone = no_such_run(found.run_id, &found.scope)?;
        return Ok(located_at(gone, thread_id, found.run_id, Some("stream")));
    };
    let selection = sse::Selection {
        modes: list_values(&call.query_values("stream_mode")),
        ids: run.kwargs.resumable,
    };
    let last = call
        .headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    if call.home_is_away && !run.status.is_final() {
        let from = match start(last, run.status == RunStatus::Running) {
            ThreadFrom::Start => KeptFrom::Start,
            ThreadFrom::After(id) => KeptFrom::After(id),
            ThreadFrom::Now => KeptFrom::Now,
        };
        let response = away::stream(call, found, &run, from, selection).await?;
        return Ok(located(response, &run, stateless, Some("stream")));
    }
    let live = found.live(call).await?;
    let guard = live.as_ref().and_then(|live| abandon(call).guard(live));
    let response = if run.kwargs.resumable {
        let log = call.app.engine.events.of(run.thread_id);
        log.load().await;
        let started = live.as_ref().is_none_or(|live| live.log.started());
        let source = ResumedRun {
            run_id: run.run_id,
            reader: ThreadReader::open(&log, start(last, started)),
            live,
            selection,
        };
        sse::respond(source, guard)
    } else if let Some(live) = live {
        let from = if live.log.started() {
            LiveFrom::Now
        } else {
            LiveFrom::Start
        };
        let reader = live.log.read(from);
        sse::respond(
            sse::RunStream {
                reader,
                selection,
                kept_in: None,
                unsent: Vec::new(),
            },
            guard,
        )
    } else {
        sse::event_stream(futures_util::stream::empty())
    };
    Ok(located(response, &run, stateless, Some("stream")))
}

/// The stream of a resumable run, from its thread's log.
struct ResumedRun {
    run_id: RunId,
    reader: ThreadReader,
    /// The run, while it has not ended.
    live: Option<Arc<Live>>,
    selection: sse::Selection,
}

impl Source for ResumedRun {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        let (records, then) = if let Some(live) = &self.live {
            tokio::select! {
                biased;
                records = self.reader.next() => match records {
                    Ok(records) => (records, Then::More),
                    Err(ended) => return ended.into(),
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
