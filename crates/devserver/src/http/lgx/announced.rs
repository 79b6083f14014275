//! What happens to the project as a whole, as the page and scripts are told.

use std::time::Duration;

use lgx_engine::announcements::ring::Announced;
use lgx_engine::announcements::server_event::{ServerEvent, ThreadChange};
use lgx_model::{RunId, RunSummary, ThreadId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::diagnostic::{DiagnosticView, from_root};
use super::reload_failure::ReloadFailureView;
use crate::app::App;

/// One event, with its place among all of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AnnouncedEvent {
    /// One more than that of the event before.
    pub(super) id: u64,
    at: Timestamp,
    #[serde(flatten)]
    pub(super) event: ServerEventView,
}

impl AnnouncedEvent {
    /// How this server tells of it.
    pub(super) fn of(announced: &Announced<ServerEvent>, app: &App) -> Self {
        Self {
            id: announced.id,
            at: announced.at,
            event: ServerEventView::of(&announced.what, app),
        }
    }
}

/// What happened.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum ServerEventView {
    /// Files changed, and new code is being brought up.
    Reloading {
        /// Relative to the project where they lie in it; none when a person asked for it.
        changed: Vec<String>,
    },
    /// A new generation of the code serves.
    Reloaded {
        generation: u64,
        took_ms: u64,
        /// The runs that go on with the code before.
        old_runs: Vec<RunId>,
    },
    /// New code does not load; what served before goes on.
    ReloadFailed {
        failure: ReloadFailureView,
    },
    GraphFailed {
        graph_id: String,
        diagnostic: DiagnosticView,
    },
    WorkerDied {
        how: String,
        last_words: Vec<String>,
        /// The runs that it executed.
        runs: Vec<RunId>,
        /// Null where another one serves already.
        restarts_in_ms: Option<u64>,
    },
    /// A run is there, or stands somewhere else.
    Run {
        run: RunSummary,
    },
    RunDeleted {
        run_id: RunId,
        thread_id: ThreadId,
    },
    RunFailed {
        run_id: RunId,
        thread_id: ThreadId,
        diagnostic: DiagnosticView,
    },
    /// A thread is there, has another status, or is not there any more.
    Thread {
        thread_id: ThreadId,
        /// A status of threads, or `deleted`.
        status: &'static str,
    },
    /// A handler of user code failed while it answered a request.
    RequestFailed {
        request: String,
        diagnostic: DiagnosticView,
    },
    StateUnavailable {
        message: String,
    },
}

impl ServerEventView {
    /// What it is called.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Reloading { .. } => "reloading",
            Self::Reloaded { .. } => "reloaded",
            Self::ReloadFailed { .. } => "reload_failed",
            Self::GraphFailed { .. } => "graph_failed",
            Self::WorkerDied { .. } => "worker_died",
            Self::Run { .. } => "run",
            Self::RunDeleted { .. } => "run_deleted",
            Self::RunFailed { .. } => "run_failed",
            Self::Thread { .. } => "thread",
            Self::RequestFailed { .. } => "request_failed",
            Self::StateUnavailable { .. } => "state_unavailable",
        }
    }

    fn of(event: &ServerEvent, app: &App) -> Self {
        match event {
            ServerEvent::Reloading { changed } => {
                let root = &app.engine.workers.config().root;
                let changed = changed.iter();
                Self::Reloading {
                    changed: changed.map(|file| from_root(file, root)).collect(),
                }
            }
            ServerEvent::Reloaded {
                generation,
                took,
                old_runs,
            } => Self::Reloaded {
                generation: *generation,
                took_ms: milliseconds(*took),
                old_runs: old_runs.clone(),
            },
            ServerEvent::ReloadFailed(failure) => Self::ReloadFailed {
                failure: ReloadFailureView::of(failure, app),
            },
            ServerEvent::GraphFailed {
                graph_id,
                diagnostic,
            } => Self::GraphFailed {
                graph_id: graph_id.clone(),
                diagnostic: DiagnosticView::of(diagnostic, app),
            },
            ServerEvent::WorkerDied { death, pause } => Self::WorkerDied {
                how: death.how.clone(),
                last_words: if app.options.engine.redact_errors {
                    Vec::new()
                } else {
                    death.stderr.clone()
                },
                runs: death.runs.iter().map(|run| run.run_id).collect(),
                restarts_in_ms: pause.map(milliseconds),
            },
            ServerEvent::Run(run) => Self::Run { run: run.summary() },
            ServerEvent::RunDeleted { run_id, thread_id } => Self::RunDeleted {
                run_id: *run_id,
                thread_id: *thread_id,
            },
            ServerEvent::RunFailed {
                run_id,
                thread_id,
                diagnostic,
            } => Self::RunFailed {
                run_id: *run_id,
                thread_id: *thread_id,
                diagnostic: DiagnosticView::of(diagnostic, app),
            },
            ServerEvent::Thread { thread_id, change } => Self::Thread {
                thread_id: *thread_id,
                status: match change {
                    ThreadChange::Status(status) => status.as_str(),
                    ThreadChange::Deleted => "deleted",
                },
            },
            ServerEvent::RequestFailed {
                request,
                diagnostic,
            } => Self::RequestFailed {
                request: request.clone(),
                diagnostic: DiagnosticView::of(diagnostic, app),
            },
            ServerEvent::StateUnavailable { message } => Self::StateUnavailable {
                message: message.clone(),
            },
        }
    }
}

/// The number of the generation that serves.
pub(super) fn generation(app: &App) -> Option<u64> {
    let serving = app.engine.workers.serving_generation();
    serving.map(|generation| generation.number())
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
