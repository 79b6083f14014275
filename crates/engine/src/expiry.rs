//! Says that something may expire earlier than whoever ends threads and items knows.

use tokio::sync::Notify;

/// Wakes the task that ends what has expired; see [`crate::sweep`].
#[derive(Debug, Default)]
pub struct Expiry {
    earlier: Notify,
}

impl Expiry {
    /// A thread or an item was given a time to live.
    pub fn changed(&self) {
        self.earlier.notify_one();
    }

    /// Resolves when one was, also before this was called.
    pub(crate) async fn wait(&self) {
        self.earlier.notified().await;
    }
}
