//! Reading items for clients and graphs alike: beside other reads, and then putting off the end of what was read.

use lgx_model::Timestamp;
use lgx_store::{Connection, Store, StoreError, items};

/// Runs `read`, which says which items are to live for their whole time again.
pub async fn read<T: Send + 'static>(
    store: &Store,
    read: impl FnOnce(&Connection, Timestamp) -> Result<(T, Vec<i64>), StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let now = Timestamp::now();
    let (answer, expiring) = store.read(move |connection| read(connection, now)).await?;
    if !expiring.is_empty() {
        store
            .write(move |connection| items::refresh(connection, &expiring, now))
            .await?;
    }
    Ok(answer)
}

/// Which of the items that were found can be put off.
pub fn expiring<'a>(found: impl IntoIterator<Item = &'a items::Found>, refresh: bool) -> Vec<i64> {
    found
        .into_iter()
        .filter(|_| refresh)
        .filter_map(|found| found.expiring)
        .collect()
}
