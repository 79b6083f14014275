//! Talking to a graph: the server that is asked, what a run says, and the questions it asks back.

pub(crate) mod asking;
pub(crate) mod input;
mod message;
pub(crate) mod outlet;
pub(crate) mod question;
pub(crate) mod reached;
mod run_failure;
pub(crate) mod thread;
mod tool_call;
mod transcript;
pub(crate) mod turn;
pub(crate) mod typist;
mod waiting;
