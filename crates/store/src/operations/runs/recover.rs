//! What becomes of the runs that a server left behind when it ended: they go on, but not for ever.

use lgx_model::Timestamp;

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{Finish, Recovered, StopOrder};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// Puts the runs that were running back in the queue, in their old order, to go on from their last checkpoints; ends those
    /// that had been told to stop, as `stopped` says, and those that were executed too often; and makes the status of threads
    /// fit their runs. One of several instances does so with what dead ones have left.
    ///
    /// Takes no scope: a server that starts takes up the runs of everybody.
    pub async fn recover_runs(
        &self,
        now: Timestamp,
        stopped: impl Fn(&StopOrder) -> Finish + Send + 'static,
    ) -> Result<Recovered> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| sql::recover(connection, now, &stopped))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let me = postgres.me();
                let write = move |session: Session| async move {
                    let recovered = match me {
                        Some(me) => pg::reclaim(&session, now, me, stopped).await?,
                        None => pg::recover(&session, now, stopped).await?,
                    };
                    session.commit(recovered).await
                };
                postgres.write([], write).await
            }
        }
    }
}
