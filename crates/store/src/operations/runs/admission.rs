//! Admission: whether a new run is taken, what it displaces, and whether it starts at once.

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{Admission, Firing, NewRun};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Scope, Store};

impl Store {
    /// Admits a run or refuses it.
    pub async fn admit(&self, new: NewRun, scope: &Scope) -> Result<Admission> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| sql::admit(connection, new, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let thread_id = new.run.thread_id;
                let me = postgres.me();
                let write = move |session: Session| async move {
                    let admission = pg::admit(&session, new, me, &scope).await?;
                    session.commit(admission).await
                };
                let admission = postgres.write([thread_id], write).await?;
                postgres.has_admitted(&admission);
                Ok(admission)
            }
        }
    }

    /// Admits a cron's run or refuses it, and notes when the cron is due next: neither a crash nor a change of the cron makes it fire
    /// twice, or not at all. Nothing happens when it is not due as it was seen; it may have been changed, disabled or deleted.
    ///
    /// Takes no scope: whoever made the cron was let in to its thread and its assistant then.
    pub async fn admit_for_cron(&self, new: NewRun, firing: Firing) -> Result<Option<Admission>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| sql::admit_for_cron(connection, new, firing))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let thread_id = new.run.thread_id;
                let me = postgres.me();
                let write = move |session: Session| async move {
                    let admission = pg::admit_for_cron(&session, new, me, firing).await?;
                    session.commit(admission).await
                };
                let admission = postgres.write([thread_id], write).await?;
                if let Some(admission) = &admission {
                    postgres.has_admitted(admission);
                }
                Ok(admission)
            }
        }
    }
}
