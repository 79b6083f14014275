//! The binary as a person and a script meet it: what it says, where it says it, and how it exits.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test cannot go on without fails it"
)]

mod cassettes;
mod check;
mod dev;
mod docker;
mod dockerfile;
mod doctor;
mod init;
mod man;
mod new;
mod new_javascript;
mod place;
mod reset;
mod serve;
mod start;
mod state;
mod status;
#[cfg(target_os = "linux")]
mod trust;
mod tunnel;
mod usage;
