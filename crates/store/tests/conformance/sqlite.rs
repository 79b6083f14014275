//! The suite on `SQLite`.

#[path = "on_sqlite.rs"]
mod backend;
mod suite;
