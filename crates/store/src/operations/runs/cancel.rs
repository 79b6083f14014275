//! Cancelling: which runs a request means, and the end of those that have not started.

use lgx_model::{RunId, RunStatus};

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{CancelTarget, Cancelled, StopOrder};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Scope, Store, WriteTime};

impl Store {
    /// Ends those runs that are pending, and says which are running: those are told, now or, if the server ends before they do, by
    /// [`Store::recover_runs`]. The status of their threads follows.
    ///
    /// `in_commit_order` is told of all of them; where it is called, no run can begin or end; see [`Store`].
    pub async fn cancel_runs<R: Send + 'static>(
        &self,
        which: CancelTarget,
        order: StopOrder,
        now: impl Into<WriteTime>,
        scope: &Scope,
        in_commit_order: impl FnOnce(Cancelled) -> R + Send + 'static,
    ) -> Result<R> {
        let now = now.into();
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        sql::cancel(connection, &which, &order, now.instant(), &scope)
                            .map(in_commit_order)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let thread_id = match which {
                    CancelTarget::Runs(thread_id, _) => Some(thread_id),
                    CancelTarget::Status(_) => None,
                };
                let write = move |session: Session| async move {
                    let told = pg::cancel(&session, &which, &order, now, &scope)
                        .await
                        .map(in_commit_order)?;
                    session.commit(told).await
                };
                postgres.write(thread_id, write).await
            }
        }
    }

    /// The runs that a request to cancel means, and their status. Nothing is changed.
    pub async fn runs_to_cancel(
        &self,
        which: CancelTarget,
        scope: &Scope,
    ) -> Result<Vec<(RunId, RunStatus)>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::runs_to_cancel(connection, &which, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::runs_to_cancel(&postgres.look().await?, &which, &scope).await
            }
        }
    }
}
