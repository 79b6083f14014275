//! Persistence in `SQLite`: one writer with group commit, readers beside it, and one module of SQL functions a noun.
//!
//! The functions of the nouns are synchronous and take a `&Connection`; hand them to [`Store::read`] and [`Store::write`].
//! Those on nouns that belong to somebody take a [`Scope`], which says what the caller may see.

pub mod assistants;
pub mod checkpoints;
mod columns;
mod compaction;
pub mod containment;
pub mod crons;
mod database;
mod directory;
mod error;
pub mod events;
mod filter;
mod functions;
mod glance;
mod health;
pub mod items;
mod migrate;
mod ownership;
mod readers;
pub mod runs;
mod scope;
mod search;
mod space;
mod store;
#[cfg(test)]
mod tests;
pub mod threads;
pub mod truncate;
mod unavailable;
mod writer;

pub use rusqlite::Connection;

pub use self::error::StoreError;
pub use self::filter::{Filter, FilterError};
pub use self::scope::Scope;
pub use self::store::{Pending, Store};
pub use self::unavailable::Unavailable;
