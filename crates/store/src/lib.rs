//! Persistence of a server: threads, runs, checkpoints and what else outlives a process, behind named operations.
//!
//! [`Store`] has an operation for each thing that is decided about the state (`admit`, `claim`, `finish`, `put_checkpoint`, …), one transaction
//! each, in `operations` in the file of its noun; the types that it takes and gives are in the module of the noun. Operations on nouns that
//! belong to somebody take a [`Scope`], which says what the caller may see; those that take none say why.
//!
//! How the state is kept is known in `sqlite` alone: one writer with group commit, readers beside it, and one module of SQL a noun.

#[cfg(test)]
extern crate self as lgx_store;

mod address;
pub mod assistants;
#[cfg(feature = "broken-disk")]
pub mod broken_disk;
pub mod checkpoints;
mod containment;
mod creation;
pub mod crons;
mod error;
pub mod events;
#[cfg(test)]
#[path = "../tests/conformance/suite/examples.rs"]
#[expect(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]
mod examples;
mod filter;
mod hints;
pub mod instances;
pub mod items;
pub mod on_disk;
mod operations;
mod packing;
mod pages;
mod pending;
#[cfg(feature = "postgres")]
mod postgres;
mod prefilter;
pub mod reports;
mod row_condition;
pub mod runs;
mod scope;
mod sqlite;
mod store;
mod terms;
pub mod threads;
pub mod transfer;
pub mod truncate;
mod unavailable;
mod write_time;

pub use self::address::{Connecting, DatabaseAddress};
pub use self::creation::Creation;
pub use self::error::{Result, StoreError};
pub use self::filter::{Filter, FilterError};
pub use self::hints::Hints;
pub use self::pending::Pending;
pub use self::scope::{Authority, Scope};
pub use self::store::Store;
pub use self::unavailable::Unavailable;
pub use self::write_time::WriteTime;
