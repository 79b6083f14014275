//! What a worker hears when the store fails.

use lgx_store::{StoreError, Unavailable};
use lgx_worker::CallbackError;

/// What a worker is told of a failure of the store; what it asked on a client's behalf, the client is told too.
pub(super) fn store_failed(error: &StoreError) -> CallbackError {
    let message = error.to_string();
    match error {
        StoreError::Unavailable(Unavailable::DiskFull) => CallbackError::store_full(message),
        StoreError::Unavailable(
            Unavailable::Locked
            | Unavailable::Gone(_)
            | Unavailable::Unreachable(_)
            | Unavailable::Failing(_),
        ) => CallbackError::store_unavailable(message),
        _ => CallbackError::store(message),
    }
}
