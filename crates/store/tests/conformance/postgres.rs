//! The suite on Postgres, where one can be had.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "on_postgres.rs"]
mod backend;
mod suite;
