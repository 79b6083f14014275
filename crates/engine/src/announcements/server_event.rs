//! What happens to the project as a whole: its code, its runs, its threads.

use std::path::PathBuf;
use std::time::Duration;

use lgx_model::{RunId, ThreadId, ThreadStatus};
use lgx_worker::{Death, Diagnostic};

use super::run_state::RunState;
use crate::notice::ReloadFailure;

/// What an event takes beside what is in it.
const EVENT_BYTES: usize = 256;

/// Something that happened.
#[derive(Debug)]
pub enum ServerEvent {
    /// Files changed, and new code is being brought up.
    Reloading {
        /// What changed; empty when a person asked for it.
        changed: Vec<PathBuf>,
    },
    /// A new generation of the code serves, whatever the reason.
    Reloaded {
        /// Its number, from 1.
        generation: u64,
        /// How long it took to bring it up.
        took: Duration,
        /// The runs that go on with the code before.
        old_runs: Vec<RunId>,
    },
    /// New code does not load; what served before goes on, if anything did.
    ReloadFailed(ReloadFailure),
    /// A graph could not be loaded; the others serve.
    GraphFailed {
        /// The graph.
        graph_id: String,
        /// Why not.
        diagnostic: Diagnostic,
    },
    /// A worker process ended.
    WorkerDied {
        /// How.
        death: Death,
        /// How long it takes until the next one is started; none if another one serves already.
        pause: Option<Duration>,
    },
    /// A run stands somewhere else.
    Run(RunState),
    /// A run is not there any more.
    RunDeleted {
        /// The run.
        run_id: RunId,
        /// Its thread.
        thread_id: ThreadId,
    },
    /// A run failed with an exception of user code.
    RunFailed {
        /// The run.
        run_id: RunId,
        /// Its thread.
        thread_id: ThreadId,
        /// What was raised, and where.
        diagnostic: Diagnostic,
    },
    /// A thread has changed.
    Thread {
        /// The thread.
        thread_id: ThreadId,
        /// How.
        change: ThreadChange,
    },
    /// A handler of user code failed while it answered a request.
    RequestFailed {
        /// `POST /threads`
        request: String,
        /// What was raised, and where.
        diagnostic: Diagnostic,
    },
    /// The state cannot be saved or read.
    StateUnavailable {
        /// Why not.
        message: String,
    },
}

/// What became of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadChange {
    /// It has this status now.
    Status(ThreadStatus),
    /// It is not there any more.
    Deleted,
}

impl ServerEvent {
    /// The thread that it is about, if it is about one: who may not see that does not hear of it.
    pub fn thread_id(&self) -> Option<ThreadId> {
        match self {
            Self::Run(run) => Some(run.thread_id()),
            Self::RunDeleted { thread_id, .. }
            | Self::RunFailed { thread_id, .. }
            | Self::Thread { thread_id, .. } => Some(*thread_id),
            _ => None,
        }
    }

    /// How much memory it takes, more or less.
    pub(super) fn bytes(&self) -> usize {
        EVENT_BYTES
            + match self {
                Self::Run(run) => run.bytes(),
                Self::ReloadFailed(ReloadFailure::Code(diagnostic))
                | Self::GraphFailed { diagnostic, .. }
                | Self::RunFailed { diagnostic, .. }
                | Self::RequestFailed { diagnostic, .. } => {
                    diagnostic.message.len() + diagnostic.traceback.len()
                }
                Self::WorkerDied { death, .. } => death.stderr.iter().map(String::len).sum(),
                _ => 0,
            }
    }
}
