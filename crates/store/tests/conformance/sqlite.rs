//! The suite on `SQLite`.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "on_sqlite.rs"]
mod backend;
mod suite;
