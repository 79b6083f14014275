//! The worker protocol: how the server starts, calls and listens to a process of the user's own interpreter.
//!
//! `PROTOCOL.md` beside this crate is the contract. No HTTP and no SQL in here: what a worker asks for goes to
//! [`Callbacks`], what it answers comes back from [`Worker::call`] and [`Worker::run`].

pub mod callback;
mod calls;
mod connection;
mod crash_report;
pub mod credit;
mod death;
mod embed;
mod error;
pub mod frame;
mod hello;
mod introduction;
mod items;
mod launch;
pub mod messages;
mod method;
mod output;
mod payload;
mod process;
mod pulse;
mod run_call;
mod runtime;
mod secret;
mod sections;
pub mod source;
mod spare;
mod stream;
mod streamed;
mod supervision;
mod worker;

pub use callback::{
    Answer, BoxFuture, Callback, CallbackError, CallbackReply, Callbacks, ListCheckpoints,
    WritesKey,
};
pub use death::{Death, ExecutingRun};
pub use embed::{EmbedItem, EmbedReply, EmbedRequest};
pub use error::{CallError, LoadError, RemoteError, StartError};
pub use items::{ItemOperation, PackedVectors};
pub use launch::Launch;
pub use messages::{
    AuthCall, AuthCheck, AuthCheckReply, AuthReply, AuthRequest, AuthStatus, Blocking, Diagnostic,
    EmbedSpec, GraphSpec, Hello, IndexSpec, LoadProgress, LoadRequest, Loaded, LoadedGraph,
    LoadedSources, LogLine, LogStream, Message, RunEnd, RunOutcome, RunRequest, RuntimeVersion,
    StoreSpec, Target, TtlSpec, Uses,
};
pub use method::Method;
pub use run_call::{RunCall, Step};
pub use secret::Secret;
pub use sections::{Mismatch, Sectioned};
pub use source::{ProcessSource, Start, WorkerSource};
pub use spare::{SpareMemory, Spares};
pub use stream::{Incoming, SendError, StreamCall, StreamSender};
pub use streamed::Streamed;
pub use worker::Worker;

/// The version of the protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 2;
