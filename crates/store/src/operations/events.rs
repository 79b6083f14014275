//! Operations on the events of resumable runs: kept for clients that come back, in the order they happened on their thread.
//!
//! None takes a scope: the log of a thread holds what everybody may see of it, and what a reader sees is decided as they read.

use lgx_model::{RunId, ThreadId};

use crate::events::{Change, StoredEvent, ThreadEvents};
#[cfg(feature = "postgres")]
use crate::postgres::events as in_postgres;
use crate::sqlite::events as in_sqlite;
use crate::store::Backend;
use crate::{Pending, Result, Store};

impl Store {
    /// Applies changes in their order; events of threads that are not there any more are passed over. Resolves once they have their
    /// place: what is begun then comes behind them.
    pub async fn change_events<D: AsRef<[u8]> + Send + Sync + 'static>(
        &self,
        changes: Vec<(ThreadId, Change<D>)>,
    ) -> Pending<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let apply = move |connection: &_| {
                    let mut changes = changes.iter();
                    changes.try_for_each(|(thread_id, change)| {
                        in_sqlite::apply(connection, *thread_id, change)
                    })
                };
                sqlite.enqueue(apply).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.enqueue_events(changes),
        }
    }

    /// All that is kept of a thread's events.
    pub async fn get_events_of_thread(&self, thread_id: ThreadId) -> Result<ThreadEvents> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let read = move |connection: &_| in_sqlite::of_thread(connection, thread_id);
                sqlite.read(read).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::of_thread(&postgres.read().await?, thread_id).await
            }
        }
    }

    /// What is kept of a run's events behind this one, the oldest first and at most so many.
    pub async fn get_events_of_run(
        &self,
        run_id: RunId,
        (millis, serial): (i64, u32),
        at_most: u32,
    ) -> Result<Vec<StoredEvent>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let read = move |connection: &_| {
                    in_sqlite::of_run(connection, run_id, (millis, serial), at_most)
                };
                sqlite.read(read).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                in_postgres::of_run(&session, run_id, (millis, serial), at_most).await
            }
        }
    }

    /// Lets go of the events of before this instant, in milliseconds since the Unix epoch; the instant of the oldest that is left.
    pub async fn expire_events(&self, oldest_kept: i64) -> Result<Option<i64>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let sweep = move |connection: &_| in_sqlite::sweep(connection, oldest_kept);
                sqlite.write(sweep).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let sweep = move |session| async move {
                    let oldest = in_postgres::sweep(&session, oldest_kept).await?;
                    session.commit(oldest).await
                };
                postgres.write([], sweep).await
            }
        }
    }
}
