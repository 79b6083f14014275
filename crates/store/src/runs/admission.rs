//! A run that asks to be admitted, and what comes of it.

use lgx_model::{
    CheckpointTuple, CronId, JsonObject, Run, RunId, Runtime, Thread, TimeToLive, Timestamp,
};

use super::Claim;
use crate::WriteTime;
use crate::instances::Home;

/// A run that asks to be admitted.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The run, complete and pending.
    pub run: Run,
    /// The graph it runs, for the thread's metadata.
    pub graph_id: String,
    /// What the graph runs on: a thread belongs to the language that began it.
    pub runtime: Option<Runtime>,
    /// What of its metadata is its own: this wins over the metadata of its thread, which the run has too.
    pub own_metadata: JsonObject,
    /// Whether its thread is made when it is not there; the run is refused otherwise.
    pub create_thread: bool,
    /// Metadata of the thread, when it is made for this run.
    pub thread_metadata: JsonObject,
    /// How long that thread lives after its last change.
    pub thread_ttl: Option<TimeToLive>,
    /// What the run brings to its thread's config: keys replace the thread's, except that those of `configurable`
    /// (the assistant's; the run's own stay out) give way to the thread's.
    pub config_for_thread: JsonObject,
    /// Whether a slot is free for it now.
    pub may_start: bool,
    /// Whether it is admitted, too, where another instance is its thread's home, and waits for that one; it is refused there otherwise.
    pub may_wait_elsewhere: bool,
    /// Its user, sealed, for whichever instance executes it; none where no other one could.
    pub user_sealed: Option<Vec<u8>>,
    /// When it is admitted.
    pub now: WriteTime,
}

/// What became of a new run.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// It is running: drive it.
    Started(Box<Admitted>),
    /// It is pending, until it is claimed.
    Queued(Box<Admitted>),
    /// The same, and another instance claims it, which is the thread's home.
    QueuedElsewhere(Box<Admitted>),
    /// Refused: another instance is the thread's home.
    Elsewhere(Home),
    /// Refused: its thread has runs, and it was to be rejected then.
    Busy,
    /// Refused: the state of its thread was written by a graph that runs on this.
    Foreign(Runtime),
    /// Refused: the thread is not there, or the caller may not see it.
    ThreadNotFound,
}

/// A run that was admitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// The run as it is now.
    pub run: Run,
    /// Its thread as it is now.
    pub thread: Thread,
    /// The thread's newest root checkpoint, for a run that started.
    pub checkpoint: Option<CheckpointTuple>,
    /// What it displaced.
    pub displaced: Displaced,
    /// By what right it is written to, if it is running.
    pub claim: Claim,
}

/// The runs that had to give way to a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Displaced {
    /// Running ones, which have to be stopped: interrupted or rolled back, as the new run's strategy says.
    pub stop: Vec<RunId>,
    /// Pending ones that are now interrupted.
    pub interrupted: Vec<RunId>,
    /// Pending ones that are gone.
    pub deleted: Vec<RunId>,
}

/// A cron that is due and starts a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// The cron.
    pub cron_id: CronId,
    /// When it was due.
    pub due: Timestamp,
    /// When it is due next, if ever.
    pub next: Option<Timestamp>,
}
