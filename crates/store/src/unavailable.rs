//! Why the database cannot be used for now, though nothing is wrong with what was asked of it.

use std::path::PathBuf;

/// What keeps the database from being used. The same operation succeeds once it is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// There is no room for what was to be written.
    #[error("the disk is full")]
    DiskFull,
    /// Another program held the file for longer than was waited.
    #[error("the database is locked by another program")]
    Locked,
    /// The file was deleted, or another one is in its place. What is written to it now is lost when it is closed.
    #[error("the state database {} was deleted or replaced while the server used it", .0.display())]
    Gone(PathBuf),
    /// A database server cannot be reached, or does not serve, in its words or those of the way to it.
    #[error("the state database cannot be reached: {0}")]
    Unreachable(String),
    /// The file cannot be read or written, in the words of what reads and writes it.
    #[error("the state database cannot be read or written: {0}")]
    Failing(String),
}
