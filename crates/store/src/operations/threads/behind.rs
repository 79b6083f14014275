//! Threads whose rows are behind their newest checkpoints, because what reads these died. They are the server's own to mend, so that
//! nothing here takes a scope.

use lgx_model::ThreadId;

#[cfg(feature = "postgres")]
use crate::postgres::threads as in_postgres;
use crate::sqlite::threads as in_sqlite;
use crate::store::Backend;
use crate::threads::{Behind, ThreadState};
use crate::{Result, Store, WriteTime};

impl Store {
    /// The threads at rest whose rows are behind.
    pub async fn threads_behind(&self) -> Result<Vec<Behind>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(|connection| in_sqlite::behind(connection, None))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => in_postgres::behind(&postgres.look().await?, None).await,
        }
    }

    /// The thread, if it is at rest and its row is behind; looked for behind what was enqueued before. Who asks has heard of a death, and
    /// what the dead one wrote last may still wait for its turn.
    pub async fn thread_behind(&self, thread_id: ThreadId) -> Result<Option<Behind>> {
        let found = match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read_behind(move |connection| in_sqlite::behind(connection, Some(thread_id)))
                    .await
                    .await?
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let read = move |session| async move {
                    in_postgres::behind(&session, Some(thread_id)).await
                };
                postgres.read_behind(thread_id, read).await?
            }
        };
        Ok(found.into_iter().next())
    }

    /// Brings a row that is behind up to the state at this checkpoint, if that is still the newest of a thread at rest. Of a run that
    /// ended without its values only these are missing: what else it left stays.
    pub async fn catch_up(
        &self,
        thread_id: ThreadId,
        checkpoint_id: String,
        state: ThreadState,
        now: impl Into<WriteTime>,
    ) -> Result<bool> {
        let now = now.into();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        in_sqlite::catch_up(
                            connection,
                            thread_id,
                            &checkpoint_id,
                            &state,
                            now.instant(),
                        )
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([thread_id], move |session| async move {
                        let caught_up =
                            in_postgres::catch_up(&session, thread_id, &checkpoint_id, &state, now);
                        let caught_up = caught_up.await?;
                        session.commit(caught_up).await
                    })
                    .await
            }
        }
    }
}
