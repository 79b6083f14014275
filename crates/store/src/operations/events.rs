//! Operations on the events of resumable runs: kept for clients that come back, in the order they happened on their thread.
//!
//! None takes a scope: the log of a thread holds what everybody may see of it, and what a reader sees is decided as they read.

use lgx_model::ThreadId;

use crate::events::{Change, ThreadEvents};
use crate::sqlite::events as sql;
use crate::{Pending, Result, Store};

impl Store {
    /// Applies changes in their order; events of threads that are not there any more are passed over. Resolves once they have their
    /// place: what is begun then comes behind them.
    pub async fn change_events<D: AsRef<[u8]> + Send + 'static>(
        &self,
        changes: Vec<(ThreadId, Change<D>)>,
    ) -> Pending<()> {
        self.sqlite()
            .enqueue(move |connection| {
                changes
                    .iter()
                    .try_for_each(|(thread_id, change)| sql::apply(connection, *thread_id, change))
            })
            .await
    }

    /// All that is kept of a thread's events.
    pub async fn get_events_of_thread(&self, thread_id: ThreadId) -> Result<ThreadEvents> {
        self.sqlite()
            .read(move |connection| sql::of_thread(connection, thread_id))
            .await
    }

    /// Lets go of the events of before this instant, in milliseconds since the Unix epoch; the instant of the oldest that is left.
    pub async fn expire_events(&self, oldest_kept: i64) -> Result<Option<i64>> {
        self.sqlite()
            .write(move |connection| sql::sweep(connection, oldest_kept))
            .await
    }
}
