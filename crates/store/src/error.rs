//! What can go wrong in the store.

use std::io;
use std::path::PathBuf;

use crate::Unavailable;

/// What operations of the store give, or why they cannot.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process uses the directory.
    #[error(
        "the state in {} is in use by another server{}; stop that one, or give this one a directory of its own with --state-dir",
        dir.display(),
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The state directory.
        dir: PathBuf,
        /// The other process, when it said who it is.
        pid: Option<u32>,
    },
    /// The file cannot be read as the database it should be.
    #[error("{} is damaged: {detail}; nothing was changed. Restore it from a copy, or start with no state in another directory with --state-dir", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A later version of this program wrote the file.
    #[error("{} was written by a newer version (schema {found}, this version knows {known}); update, or use another state directory with --state-dir", path.display())]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest number known here.
        known: i64,
    },
    /// A later version of this program made the tables.
    #[error(
        "the database was written by a newer version (schema {found}, this version knows {known}); update lgx"
    )]
    NewerDatabase {
        /// Its schema's number.
        found: i32,
        /// The newest number known here.
        known: i32,
    },
    /// The tables are not those that this version works with, and it is not to change them.
    #[error(
        "the database has schema {found}, and this version needs {known}; run `lgx migrate` first"
    )]
    NotMigrated {
        /// Its schema's number; 0 if it has none.
        found: i32,
        /// The number that is needed.
        known: i32,
    },
    /// Another server holds the database.
    #[error(
        "the database is in use by another server; stop that one, give this one a database of its own, or have several share it: `lgx serve` does where each of them has the same LGX_SECRET"
    )]
    DatabaseInUse,
    /// Other instances use the database that could not read what this one seals, nor believe what it says.
    #[error(
        "other servers share the database, and have another LGX_SECRET; give all of them the same one, and stop them before you change it"
    )]
    OtherSecret,
    /// This program was built without Postgres.
    #[error(
        "this lgx was built without Postgres; use one that was built with the feature `postgres`, as the released ones are"
    )]
    NoPostgres,
    /// What should say where the database is does not.
    #[error(
        "the address of the database cannot be read: {0}; it has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    Address(String),
    /// The directory cannot be made, or not be written to.
    #[error(
        "the state directory {} cannot be used: {source}; choose another one with --state-dir, or make this one writable",
        dir.display()
    )]
    Unusable {
        /// The state directory.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another user has put it there, or could change what it is; it was not touched.
    #[error("{} cannot hold the state: {why}; remove it, or choose another directory with --state-dir", path.display())]
    NotPrivate {
        /// The directory, or a file in it.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file in the directory cannot be used.
    #[error("the state directory cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The database cannot be used for now, whatever is asked of it.
    #[error("{0}")]
    Unavailable(#[from] Unavailable),
    /// The backend refused the operation.
    #[error("the state database failed: {0}")]
    Backend(Box<dyn std::error::Error + Send + Sync>),
    /// A stored text is not the JSON it should be.
    #[error("stored JSON cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A stored word is none of those expected there.
    #[error("stored {what} cannot be read: `{text}`")]
    Value {
        /// What it should be.
        what: &'static str,
        /// What is there.
        text: String,
    },
    /// The operation ran, but its transaction could not be committed.
    #[error("the change could not be saved: {0}")]
    Commit(String),
    /// The operation panicked; its changes were rolled back.
    #[error("a store operation failed unexpectedly: {0}")]
    Panicked(String),
    /// There is nothing to export.
    #[error("there is no state in {}", .0.display())]
    NoState(PathBuf),
    /// A whole state can only be taken where there is none.
    #[error("there is state already, and another one cannot be added to it; nothing was imported")]
    NotEmpty,
    /// What should be a whole state is not, or does not fit.
    #[error("line {line}: {reason}")]
    NotImported {
        /// Where, counted from 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// What keeps the database from being used, if that is what failed.
    pub(crate) fn unavailable(&self) -> Option<&Unavailable> {
        match self {
            Self::Unavailable(unavailable) => Some(unavailable),
            _ => None,
        }
    }
}
