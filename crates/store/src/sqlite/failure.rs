//! What an error of `SQLite` means: something keeps the database from being used, or the operation itself is at fault.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::{StoreError, Unavailable};

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        unavailable(&error).map_or_else(|| Self::Backend(Box::new(error)), Self::Unavailable)
    }
}

/// What keeps the database from being used, if that is behind an error; nothing when the operation itself is at fault.
fn unavailable(error: &rusqlite::Error) -> Option<Unavailable> {
    let failure = error.sqlite_error()?;
    match failure.code {
        ErrorCode::DiskFull => Some(Unavailable::DiskFull),
        // The index of the log is made by writing it: that fails on a full disk only.
        ErrorCode::SystemIoFailure if failure.extended_code == SQLITE_IOERR_SHMSIZE => {
            Some(Unavailable::DiskFull)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(Unavailable::Locked),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
            Some(Unavailable::Failing(error.to_string()))
        }
        _ => None,
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
            assert_eq!(unavailable(&error(code)), expected, "{code}");
        }
    }

    fn error(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }
}
