//! Waiting that fails by itself.

use std::time::Duration;

use tokio::time::timeout;

/// What comes of `future`, which is not waited for too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = timeout(Duration::from_secs(30), future).await;
    waited.unwrap_or_else(|_| panic!("waited too long for {what}"))
}
