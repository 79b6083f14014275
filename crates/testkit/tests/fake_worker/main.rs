//! The fake worker keeps its promises: what a server sees of it is what it would see of a real one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod faults;
mod memory;
mod runs;
mod server;
mod state;
