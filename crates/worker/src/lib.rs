//! The worker protocol: how the server starts, calls and listens to a process of the user's own interpreter.
//!
//! `PROTOCOL.md` beside this crate is the contract. No HTTP and no SQL in here: what a worker asks for goes to
//! [`Callbacks`], what it answers comes back from [`Worker::call`] and [`Worker::run`].

mod app_call;
mod callback;
mod calls;
mod connection;
mod crash_report;
pub mod credit;
mod death;
mod debugger;
mod error;
pub mod frame;
mod hello;
mod introduction;
mod items;
mod launch;
mod messages;
mod method;
mod output;
mod payload;
mod process;
mod pulse;
mod run_call;
mod runtime;
mod secret;
mod sections;
mod served;
mod source;
mod spare;
mod stream;
mod streamed;
mod supervision;
mod worker;

pub use app_call::{AppAnswer, AppStep, Asked, UserAnswer};
pub use callback::{
    Answer, BoxFuture, Callback, CallbackError, CallbackReply, Callbacks, ListCheckpoints,
    UpdateWrite, WritesKey,
};
pub use death::{Death, ExecutingRun};
pub use debugger::{Attached, DebugError, DebugTarget};
pub use error::{CallError, LoadError, RemoteError, StartError};
pub use hello::{Hello, RuntimeVersion};
pub use items::{ItemOperation, PackedVectors};
pub use launch::Launch;
pub use lgx_model::Diagnostic;
pub use lgx_transpile::Transpiler;
pub use messages::Message;
pub use messages::app::{
    Accepted, AnswerHead, AppCall, AppPass, AppRequest, AppRoute, AppSpec, BodyForm, Closed,
    LoadedApp,
};
pub use messages::auth::{AuthCall, AuthCheck, AuthCheckReply, AuthReply, AuthRequest};
pub use messages::calls::{CallChange, CallEnd, CallNews, CallStart};
pub use messages::embed::{EmbedItem, EmbedReply, EmbedRequest};
pub use messages::load::{
    Blocking, EmbedSpec, GraphSpec, IndexSpec, LoadRequest, StoreSpec, Target, TtlSpec,
};
pub use messages::loaded::{
    AuthStatus, LoadProgress, Loaded, LoadedGraph, LoadedSources, Unrecorded, Uses,
};
pub use messages::log::{LogLine, LogStream};
pub use messages::run::{RunEnd, RunOutcome, RunRequest};
pub use messages::steps::{StepEnd, StepNews, StepStart};
pub use method::Method;
pub use run_call::{RunCall, RunNews, Step};
pub use secret::Secret;
pub use sections::{Mismatch, Sectioned};
pub use served::{ServedAnswer, ServedBody, ServedCall};
pub use source::{NoInterpreter, ProcessSource, Start, WorkerSource};
pub use spare::{SpareMemory, Spares};
pub use stream::{Incoming, SendError, StreamCall, StreamSender};
pub use streamed::Streamed;
pub use worker::Worker;

/// The version of the protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 2;
