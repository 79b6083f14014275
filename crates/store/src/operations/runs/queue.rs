//! The queue of runs: which is next, when, and how many wait. It is the server's own, so that nothing here takes a scope.

use lgx_model::{Run, Timestamp};

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{Claimed, Queue};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// Takes the oldest due run whose thread has no run running.
    ///
    /// `in_commit_order` is called with it; see [`Store`].
    pub async fn claim<R: Send + 'static>(
        &self,
        now: Timestamp,
        in_commit_order: impl FnOnce(&Claimed) -> R + Send + 'static,
    ) -> Result<Option<(Claimed, R)>> {
        let noting = move |claimed: Claimed| {
            let noted = in_commit_order(&claimed);
            (claimed, noted)
        };
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| Ok(sql::claim(connection, now)?.map(noting)))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let me = postgres.me();
                let write = move |session: Session| async move {
                    let claimed = pg::claim(&session, now, me).await?.map(noting);
                    session.commit(claimed).await
                };
                let claimed = postgres.write([], write).await?;
                if let (Some(of), Some((claimed, _))) = (postgres.member(), &claimed) {
                    of.is_home(claimed.run.thread_id);
                }
                Ok(claimed)
            }
        }
    }

    /// When the next scheduled run becomes due: the earliest time after `now` that a pending run waits for. Give it the
    /// `now` of the claim that found nothing; a later one would pass over a run that became due in between.
    pub async fn next_due_run(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::next_due(connection, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => pg::next_due(&postgres.look().await?, now).await,
        }
    }

    /// Looks at all runs that are pending, the next first.
    pub async fn look_at_pending_runs(
        &self,
        look: impl FnMut(&Run) + Send + 'static,
    ) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::look_at_pending(connection, look))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => pg::look_at_pending(&postgres.look().await?, look).await,
        }
    }

    /// The queue as it is, in numbers.
    pub async fn run_queue(&self, now: Timestamp) -> Result<Queue> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::queue(connection, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => pg::queue(&postgres.look().await?, now).await,
        }
    }
}
