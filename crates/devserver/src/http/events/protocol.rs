//! `POST /threads/{thread_id}/stream/events`: the event protocol as server-sent events; it never ends.

use axum::response::Response;
use lgx_engine::events::filter::Subscription;
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_model::JsonObject;
use schemars::JsonSchema;
use serde_json::json;

use super::watched::WatchedThread;
use crate::auth::access;
use crate::http::sse::{Chunks, Source, Then};
use crate::http::{ApiError, Call, sse};

/// What a client wants to see.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes what `Subscription` reads")]
pub(in crate::http) struct EventStream {
    /// `values`, `updates`, `messages`, `tools`, `custom`, `custom:<name>`, `lifecycle`, `input`, `tasks`, `checkpoints`.
    channels: Vec<String>,
    /// Only events of subgraphs below one of these.
    namespaces: Option<Vec<Vec<String>>>,
    /// How many levels below them.
    depth: Option<u64>,
    /// Only events with a greater number.
    since: Option<u64>,
}

/// `POST /threads/{thread_id}/stream/events`
pub(in crate::http) async fn stream(call: Call) -> Result<Response, ApiError> {
    let read = call.thread_id().and_then(|id| {
        let params: JsonObject = serde_json::from_slice(&call.body)
            .map_err(|_| ApiError::bad_request("Invalid JSON body"))?;
        let subscription = Subscription::parse(&params)
            .map_err(|unusable| ApiError::bad_request(unusable.detail()))?;
        Ok((id, subscription))
    });
    let ((id, subscription), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, _)| json!({"thread_id": id}),
        )
        .await?;
    call.take_home(id).await?;
    let watched = WatchedThread::open(&call.app, id, grant.scope, ThreadFrom::Start).await;
    let source = ProtocolStream {
        watched,
        subscription,
    };
    Ok(sse::respond(source, ()))
}

struct ProtocolStream {
    watched: WatchedThread,
    subscription: Subscription,
}

impl Source for ProtocolStream {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        let records = match self.watched.next().await {
            Ok(records) => records,
            Err(ended) => return ended.into(),
        };
        let frames = records.iter().flat_map(|record| &record.frames);
        for frame in frames.filter(|frame| self.subscription.wants(frame)) {
            frame.write_sse(out.buffer());
        }
        Then::More
    }
}
