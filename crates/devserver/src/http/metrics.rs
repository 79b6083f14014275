//! `GET /metrics`: numbers for monitoring, as text for Prometheus or as a summary in JSON.

mod process;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Request;
use http::header::{CONTENT_TYPE, HeaderValue};
use lgx_engine::runs::Slots;
use lgx_engine::traces::TraceCounts;
use lgx_engine::workers::{SpareMemory, WorkerLoad};
use lgx_model::Timestamp;
use lgx_store::runs::Queue;
use schemars::JsonSchema;
use serde::Serialize;

use self::process::Process;
use super::relay::{RelayCounts, RelayOutcome, Relayed};
use super::{ApiError, Call, reply};
use crate::app::App;
use crate::metrics::{Counted, Endpoint};

/// Counts a request once its answer begins.
pub(super) async fn count(
    State(app): State<Arc<App>>,
    path: Option<MatchedPath>,
    request: Request<Body>,
    next: Next,
) -> Response {
    if request.extensions().get::<Relayed>().is_some() {
        // It is counted where it came in.
        return next.run(request).await;
    }
    let (started, method) = (Instant::now(), request.method().clone());
    let response = next.run(request).await;
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let status = response.status().as_u16();
    app.requests.count(path, &method, status, started.elapsed());
    response
}

/// All numbers as they are now.
struct Numbers {
    requests: BTreeMap<Endpoint, Counted>,
    slots: Slots,
    workers: Vec<WorkerLoad>,
    queue: Queue,
    process: Process,
    /// Spans of traces, if any are sent.
    traces: Option<TraceCounts>,
    /// What is kept ready for the next change of the code.
    spare: Option<SpareMemory>,
    /// Requests that went to other instances or came from there, if there may be some.
    relays: Option<Relays>,
}

/// Requests that went to other instances or came from there.
struct Relays {
    passed_on: Vec<(&'static str, u64)>,
    received: u64,
}

impl Relays {
    fn of(counts: &RelayCounts) -> Self {
        let all = RelayOutcome::ALL.into_iter();
        Self {
            passed_on: all
                .map(|outcome| (outcome.word(), counts.passed_on(outcome)))
                .collect(),
            received: counts.received(),
        }
    }
}

/// What monitoring wants to know, in short.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Summary {
    queue: QueueSummary,
    api: ApiSummary,
    workers: Slots,
}

/// The runs that have not ended.
#[derive(Debug, Serialize, JsonSchema)]
struct QueueSummary {
    /// How many wait.
    n_pending: usize,
    /// How long the one that waits longest has waited.
    pending_runs_wait_time_max_secs: Option<f64>,
    /// How long the one in the middle has waited.
    pending_runs_wait_time_med_secs: Option<f64>,
    /// How long the one has waited that waits longest without a run on its thread before it.
    pending_unblocked_runs_wait_time_max_secs: Option<f64>,
    /// How many execute.
    n_running: usize,
}

/// The requests since the server started.
#[derive(Debug, Serialize, JsonSchema)]
struct ApiSummary {
    http_requests_total: Vec<RequestCount>,
}

/// How many requests of one kind were answered in one way.
#[derive(Debug, Serialize, JsonSchema)]
struct RequestCount {
    method: String,
    /// The route, empty for paths that are none.
    path: String,
    status: u16,
    count: u64,
}

/// `GET /metrics`
pub(super) async fn metrics(call: Call) -> Result<Response, ApiError> {
    let now = Timestamp::now();
    let numbers = Numbers {
        requests: call.app.requests.all(),
        slots: call.app.engine.runs.slots(),
        workers: call.app.engine.workers.loads(),
        queue: call.store().run_queue(now).await?,
        process: Process::now(call.app.requests.since),
        traces: call.app.engine.runs.traces().counts(),
        spare: call.app.engine.workers.spare_memory(),
        relays: call
            .app
            .relay
            .as_ref()
            .map(|relay| Relays::of(&relay.counts)),
    };
    if call.query_values("format").pop().as_deref() == Some("json") {
        return Ok(reply::json(&numbers.summary()));
    }
    let mut response = numbers.text(call.app.options.instance()).into_response();
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=1.0.0; charset=utf-8"),
    );
    Ok(response)
}

impl Numbers {
    fn summary(self) -> Summary {
        let queue = QueueSummary {
            n_pending: self.queue.pending,
            pending_runs_wait_time_max_secs: self.queue.longest(),
            pending_runs_wait_time_med_secs: self.queue.median(),
            pending_unblocked_runs_wait_time_max_secs: self.queue.longest_unblocked(),
            n_running: self.queue.running,
        };
        let counts = self.requests.into_iter().flat_map(|(endpoint, counted)| {
            counted
                .statuses
                .into_iter()
                .map(move |(status, count)| RequestCount {
                    method: endpoint.method.clone(),
                    path: endpoint.path.clone(),
                    status,
                    count,
                })
        });
        Summary {
            queue,
            api: ApiSummary {
                http_requests_total: counts.collect(),
            },
            workers: self.slots,
        }
    }
}
