//! How runs stand, and which threads there are, for a server that hears that others have changed something.

use std::collections::{HashMap, HashSet};

use lgx_model::{RunId, ThreadId};

#[cfg(feature = "postgres")]
use crate::postgres::standing as in_postgres;
use crate::runs::RunStanding;
use crate::sqlite::standing as in_sqlite;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// How these runs stand; nothing of those that are not there.
    ///
    /// Takes no scope: the server asks for runs that it has itself.
    pub async fn get_run_standings(
        &self,
        run_ids: Vec<RunId>,
    ) -> Result<HashMap<RunId, RunStanding>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::runs(connection, &run_ids))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::runs(&postgres.look().await?, &run_ids).await
            }
        }
    }

    /// Those of these threads that there are.
    ///
    /// Takes no scope: the server asks for threads that somebody was let in to watch.
    pub async fn threads_there_are(&self, thread_ids: Vec<ThreadId>) -> Result<HashSet<ThreadId>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::threads(connection, &thread_ids))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::threads(&postgres.look().await?, &thread_ids).await
            }
        }
    }
}
