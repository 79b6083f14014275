//! What can go wrong between the server and a worker.

use std::collections::BTreeMap;
use std::time::Duration;

use lgx_model::Runtime;
use serde::{Deserialize, Serialize};

use crate::frame::FrameError;
use crate::method::Method;
use crate::{Death, Diagnostic, PROTOCOL_VERSION};

/// A failure that the worker reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct RemoteError {
    /// The exception's class.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub message: String,
    /// The HTTP status the client should see; none means 500.
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers for the client.
    #[serde(default)]
    pub headers: Option<BTreeMap<String, String>>,
    /// Where it happened.
    #[serde(default)]
    pub diagnostic: Option<Box<Diagnostic>>,
}

/// Why a call has no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The worker answered with an error.
    #[error(transparent)]
    Remote(Box<RemoteError>),
    /// The worker ended before it answered.
    #[error("the process that runs the project's code ended: {0}")]
    Died(Box<Death>),
    /// The worker has not begun on it, or need not be the one that answers, and will not: another worker can.
    #[error("the worker does not get to it")]
    Withdrawn,
    /// The request is larger than a frame may be.
    #[error("the request does not fit into one message to the worker: {0}")]
    Unsendable(#[source] FrameError),
    /// The reply is not what the protocol says.
    #[error("the answer to `{method}` cannot be understood: {reason}")]
    Malformed {
        /// The method called.
        method: Method,
        /// What is wrong with the answer.
        reason: String,
    },
}

/// Why a worker could not load the project.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The auth handlers cannot be loaded, so nothing is served.
    #[error("auth cannot be loaded: {}: {}", .0.kind, .0.message)]
    Auth(Box<Diagnostic>),
    /// What makes vectors of items cannot be loaded: searching by meaning would silently find nothing.
    #[error("the embeddings cannot be loaded: {}: {}", .0.kind, .0.message)]
    StoreIndex(Box<Diagnostic>),
    /// The project's own HTTP app cannot be loaded, or does not start.
    #[error("the app cannot be loaded: {}: {}", .0.kind, .0.message)]
    App(Box<Diagnostic>),
    /// The call itself failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Why there is no worker.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is none that could execute it.
    #[error("there is no {0} for this project")]
    NoInterpreter(Runtime),
    /// The interpreter cannot be executed.
    #[error("cannot execute `{program}`: {source}")]
    Execute {
        /// The interpreter.
        program: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The worker's own sources cannot be written.
    #[error(
        "cannot write what runs the project's code into the state directory: {0}; choose another one with --state-dir"
    )]
    Sources(#[source] std::io::Error),
    /// The interpreter is older than langgraph wants.
    #[error("`{executable}` is {runtime} {version}; {} or newer is needed", .runtime.oldest())]
    TooOld {
        /// The interpreter.
        executable: String,
        /// What it is one of.
        runtime: Runtime,
        /// Its version.
        version: String,
    },
    /// The interpreter lacks packages that every graph needs.
    #[error("`{executable}` cannot import {}", .names.join(", "))]
    MissingPackages {
        /// What it is one of.
        runtime: Runtime,
        /// The interpreter.
        executable: String,
        /// The packages.
        names: Vec<String>,
    },
    /// It ended before it said who it is.
    #[error("{runtime} ended before it could load the project: {death}")]
    Died {
        /// What it was.
        runtime: Runtime,
        /// How it ended.
        death: Box<Death>,
    },
    /// It did not say who it is in time.
    #[error("{runtime} did not start within {} s", .after.as_secs())]
    Silent {
        /// What it is.
        runtime: Runtime,
        /// How long it was waited for.
        after: Duration,
        /// The last lines it wrote to stderr.
        stderr: Vec<String>,
    },
    /// It speaks another version of the protocol.
    #[error(
        "the worker speaks version {0} of the worker protocol and this lgx speaks version {PROTOCOL_VERSION}, so the worker's files are \
         those of another lgx; remove the directory `runtime` in the state directory, and lgx writes its own"
    )]
    OtherVersion(u32),
    /// What it said is not this protocol.
    #[error(
        "the process that runs the project's code does not speak protocol version {PROTOCOL_VERSION}: {0}"
    )]
    Protocol(String),
}

impl From<FrameError> for StartError {
    fn from(error: FrameError) -> Self {
        Self::Protocol(error.to_string())
    }
}
