//! The protocol from the server's side: golden frames, a scripted peer, and a real process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod app;
mod connection;
mod frames;
mod golden;
mod interpreter;
mod peer;
mod process;
mod stream;
