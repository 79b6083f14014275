//! What a worker hears when the store fails.

use lgx_store::StoreError;
use lgx_worker::CallbackError;

/// What a worker is told of a failure of the store; the status is for calls that it makes for a client.
pub(super) fn store_failed(error: &StoreError) -> CallbackError {
    let refusal = CallbackError::store(error.to_string());
    match error {
        StoreError::Unavailable(unavailable) => refusal.with_status(match unavailable {
            lgx_store::Unavailable::DiskFull => 507,
            _ => 503,
        }),
        _ => refusal,
    }
}
