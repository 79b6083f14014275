//! What langgraph.json may say, and how its mistakes are shown.
#![expect(
    clippy::unwrap_used,
    reason = "a project that cannot be written fails the test"
)]

mod auth;
mod checkpointer;
mod dependencies;
mod deployment;
mod environment;
mod graphs;
mod http;
mod keys;
mod node_loader;
mod project;
mod record;
mod store;
mod text;
mod written;
