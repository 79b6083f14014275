//! What an error of Postgres means: it cannot be used for now, or the operation itself is at fault.

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::{StoreError, Unavailable};

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        unavailable(&error).map_or_else(|| Self::Backend(told(&error).into()), Self::Unavailable)
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Closed => Self::Closed,
            PoolError::Timeout(_) => {
                Unavailable::Unreachable("it did not answer in time".to_owned()).into()
            }
            other => Unavailable::Unreachable(other.to_string()).into(),
        }
    }
}

/// The error in one line, with what the database says about it.
pub(super) fn told(error: &Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(error), _) => match error.detail() {
            Some(detail) => format!("{} ({detail})", error.message()),
            None => error.message().to_owned(),
        },
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// What keeps the database from being used, if that is behind an error; nothing when the operation itself is at fault.
fn unavailable(error: &Error) -> Option<Unavailable> {
    let Some(state) = error.code() else {
        // What the database did not say itself is said of the way to it, but for what does not fit into a statement.
        let of_the_way = error.is_closed()
            || std::error::Error::source(error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
        return of_the_way.then(|| Unavailable::Unreachable(told(error)));
    };
    if *state == SqlState::DISK_FULL {
        return Some(Unavailable::DiskFull);
    }
    let class = state.code().get(..2).unwrap_or_default();
    // Connection exception, insufficient resources, operator intervention, system error, and a login that is refused.
    let is_unavailable = matches!(class, "08" | "53" | "57" | "58" | "28")
        || *state == SqlState::READ_ONLY_SQL_TRANSACTION;
    is_unavailable.then(|| Unavailable::Unreachable(told(error)))
}
