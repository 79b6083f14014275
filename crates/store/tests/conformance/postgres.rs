//! The suite on Postgres, where one can be had.

#[path = "on_postgres.rs"]
mod backend;
mod suite;
