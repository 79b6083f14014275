//! `GET /threads/{thread_id}/stream`: everything that all runs of a thread stream, and changes of its state; it never ends.

use axum::response::Response;
use lgx_engine::events::record::{Kind, Record};
use lgx_engine::events::thread_log::ThreadFrom;
use serde_json::json;

use super::watched::WatchedThread;
use crate::auth::access;
use crate::http::found_thread::no_thread;
use crate::http::query_list::list_values;
use crate::http::sse::{Chunks, Source, Then};
use crate::http::{ApiError, Call, sse};

/// What of a thread is streamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Modes {
    /// Everything that runs stream, and their beginnings and ends.
    runs: bool,
    /// The beginnings and ends of runs.
    lifecycle: bool,
    /// What clients do to the state.
    state_update: bool,
}

impl Modes {
    fn parse(words: &[String]) -> Result<Self, ApiError> {
        let mut modes = Self::default();
        for word in words {
            match word.as_str() {
                "run_modes" => modes.runs = true,
                "lifecycle" => modes.lifecycle = true,
                "state_update" => modes.state_update = true,
                other => {
                    return Err(ApiError::invalid(format!(
                        "Invalid stream mode: {other}. Use run_modes, lifecycle or state_update."
                    )));
                }
            }
        }
        modes.runs |= words.is_empty();
        Ok(modes)
    }

    const fn want(self, record: &Record) -> bool {
        match record.kind {
            Kind::Began | Kind::Done => self.runs || self.lifecycle,
            Kind::Streamed => self.runs,
            Kind::StateUpdate => self.state_update,
        }
    }
}

/// `GET /threads/{thread_id}/stream`
pub(in crate::http) async fn stream(call: Call) -> Result<Response, ApiError> {
    let read = call.thread_id().and_then(|id| {
        let mut words = list_values(&call.query_values("stream_modes"));
        words.extend(list_values(&call.query_values("stream_mode")));
        Ok((id, Modes::parse(&words)?, place(&call)?))
    });
    let ((id, modes, place), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, ..)| json!({"thread_id": id}),
        )
        .await?;
    if grant.scope.may_hide() && !call.store().thread_exists(id, &grant.scope).await? {
        return Err(no_thread(id));
    }
    call.take_home(id).await?;
    let watched = WatchedThread::open(&call.app, id, grant.scope, place).await;
    Ok(sse::respond(ThreadStream { watched, modes }, ()))
}

fn place(call: &Call) -> Result<ThreadFrom, ApiError> {
    let last = call.headers.get("last-event-id");
    match last.and_then(|value| value.to_str().ok()) {
        None => Ok(ThreadFrom::Now),
        Some("-" | "-1" | "0") => Ok(ThreadFrom::Start),
        Some(id) => id.parse().map(ThreadFrom::After).map_err(|()| {
            ApiError::invalid(
                "Invalid last-event-id: use the id of an event, or `-` for everything that is kept",
            )
        }),
    }
}

struct ThreadStream {
    watched: WatchedThread,
    modes: Modes,
}

impl Source for ThreadStream {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        let records = match self.watched.next().await {
            Ok(records) => records,
            Err(ended) => return ended.into(),
        };
        for record in records.iter().filter(|record| self.modes.want(record)) {
            sse::encode(out.buffer(), &record.event, true);
        }
        Then::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_words_that_exist() {
        let parse = |words: &[&str]| {
            Modes::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let runs = Modes {
            runs: true,
            ..Modes::default()
        };
        assert_eq!(parse(&[]).unwrap(), runs);
        assert_eq!(parse(&["run_modes"]).unwrap(), runs);
        let both = parse(&["lifecycle", "state_update"]).unwrap();
        assert!(both.lifecycle && both.state_update && !both.runs);
        assert_eq!(parse(&["zap"]).unwrap_err().status, 422);
    }
}
