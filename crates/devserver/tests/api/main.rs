//! The HTTP API against a fake worker: every endpoint, with right and wrong input, as clients see it.

mod steps;

mod assistants;
mod meta;
mod runs;
mod state;
mod threads;
