//! Why the database cannot be used for now, though nothing is wrong with what was asked of it.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

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
    /// The file cannot be read or written, in the words of `SQLite`.
    #[error("the state database cannot be read or written: {0}")]
    Failing(String),
}

impl Unavailable {
    /// What of this is behind an error of `SQLite`; nothing when the operation itself is at fault.
    pub(crate) fn behind(error: &rusqlite::Error) -> Option<Self> {
        let failure = error.sqlite_error()?;
        match failure.code {
            ErrorCode::DiskFull => Some(Self::DiskFull),
            // The index of the log is made by writing it: that fails on a full disk only.
            ErrorCode::SystemIoFailure if failure.extended_code == SQLITE_IOERR_SHMSIZE => {
                Some(Self::DiskFull)
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(Self::Locked),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                Some(Self::Failing(error.to_string()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn what_keeps_the_database_from_being_used_is_told_from_what_is_wrong_with_a_request() {
        let failing = |code| Some(Unavailable::Failing(error(code).to_string()));
        for (code, expected) in [
            (ffi::SQLITE_FULL, Some(Unavailable::DiskFull)),
            (ffi::SQLITE_IOERR_SHMSIZE, Some(Unavailable::DiskFull)),
            (ffi::SQLITE_BUSY, Some(Unavailable::Locked)),
            (ffi::SQLITE_LOCKED, Some(Unavailable::Locked)),
            (ffi::SQLITE_IOERR_WRITE, failing(ffi::SQLITE_IOERR_WRITE)),
            (ffi::SQLITE_READONLY, None),
            (ffi::SQLITE_CONSTRAINT, None),
            (ffi::SQLITE_TOOBIG, None),
        ] {
            assert_eq!(Unavailable::behind(&error(code)), expected, "{code}");
        }
    }

    fn error(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }
}
