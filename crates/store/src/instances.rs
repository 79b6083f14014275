//! Several servers on one database: which they are, where a thread is at home, and what they tell each other.

use lgx_model::{InstanceId, RunId, ThreadId};

use crate::runs::{Claim, StopOrder};

/// Who may use a database beside a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Alone,
    /// Other instances.
    With(Instance),
    /// Anybody: whoever opens it so executes no runs of its own, and is nobody's home.
    Beside,
}

/// One of several servers on a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Another one at each start.
    pub instance_id: InstanceId,
    /// Where the others reach it, if they do.
    pub url: Option<String>,
    /// Tells the secret that all of them have from others, and nothing more about it.
    pub fingerprint: String,
}

/// An instance that is there, as the others know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownInstance {
    /// Which one.
    pub instance_id: InstanceId,
    /// Where it is reached, if it is.
    pub url: Option<String>,
    /// Whether it is about to leave, and takes nothing new.
    pub is_leaving: bool,
}

/// Where a thread is live: who executes its runs and has their logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// Here.
    Here,
    /// At another instance.
    At {
        /// Which one.
        instance: InstanceId,
        /// Where it is reached, if it is.
        url: Option<String>,
    },
    /// Nowhere; or there is no such thread.
    Nobody,
}

/// What a sign of life finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Whether the others had to take this instance for dead, or have not seen it before: nothing is its own any more that was.
    pub is_new: bool,
    /// The runs that execute here, as far as the database knows.
    pub executing: Vec<Executing>,
}

/// A run that executes, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executing {
    /// By which claim.
    pub claim: Claim,
    /// What it was told, if it is to stop.
    pub stop: Option<StopOrder>,
}

/// What one instance does for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Takes back what dead ones have left, and ends what has expired.
    Upkeep,
}

#[cfg(feature = "postgres")]
impl Duty {
    /// Its name, as it is stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Upkeep => "upkeep",
        }
    }
}

/// What a commit has changed that concerns other instances. It is a hint: whoever hears it looks at the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hint {
    /// Anything may have changed: hints may have been missed.
    LookAgain,
    /// A run waits that another one may take, or has to.
    Work,
    /// A run has ended, or is gone.
    Ended(RunId),
    /// A running run is to stop.
    Stop(RunId),
    /// More is kept of a thread's events.
    Kept(ThreadId),
    /// A thread is gone.
    Gone(ThreadId),
}
