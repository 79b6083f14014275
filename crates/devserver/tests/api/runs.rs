//! Runs, on threads and without.

mod cancel;
mod create;
mod disconnect;
mod follow;
mod interrupts;
mod multitask;
mod resume_stream;
mod stateless;
mod stream;
mod time_limit;
mod wait;
