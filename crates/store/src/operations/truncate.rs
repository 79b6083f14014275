//! Clears whole nouns at once, as far as a caller may delete them, for tests that begin with an empty server.

use lgx_model::ThreadId;

#[cfg(feature = "postgres")]
use crate::postgres::{Session, truncate as in_postgres};
use crate::sqlite::truncate as in_sqlite;
use crate::store::Backend;
use crate::truncate::Truncation;
use crate::{Result, Store, WriteTime};

impl Store {
    /// Clears all of it in one transaction.
    ///
    /// `in_commit_order` is told which threads end or lose their runs; see [`Store`].
    pub async fn truncate<R: Send + 'static>(
        &self,
        what: Truncation,
        now: impl Into<WriteTime>,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<R> {
        let now = now.into();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let write = move |connection: &_| {
                    let emptied = in_sqlite::clear(connection, &what, now.instant())?;
                    Ok(in_commit_order(emptied))
                };
                sqlite.write_assistants(write).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let emptied = in_postgres::clear(&session, &what, now.instant()).await?;
                    session.commit(in_commit_order(emptied)).await
                };
                postgres.write([], write).await
            }
        }
    }
}
