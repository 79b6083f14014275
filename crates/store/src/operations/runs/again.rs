//! A running run is executed once more, because the worker that had begun on it has died.

use std::sync::Arc;

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{Again, Claim, PackedRecord};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// Looks up where a running run goes on while this claim on it holds, behind all that it wrote, and counts one more attempt at it if `counted`. Nothing when it
    /// does not run any more. `record` is what it has done so far.
    ///
    /// Takes no scope: the run goes on for whoever it was begun for. `in_commit_order` is called when it goes on, see [`Store`]: what
    /// its last worker writes from then on comes too late.
    pub async fn execute_again(
        &self,
        claim: Claim,
        counted: bool,
        record: Option<Arc<PackedRecord>>,
        in_commit_order: impl FnOnce() + Send + 'static,
    ) -> Result<Option<Again>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        let again = sql::execute_again(connection, claim, counted)?;
                        if let Some(record) = record {
                            sql::put_record(connection, claim.run_id, &record)?;
                        }
                        Ok(again.inspect(|_| in_commit_order()))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let written = record.clone();
                let write = move |session: Session| async move {
                    let again = pg::execute_again(&session, claim, counted).await?;
                    if let Some(record) = record {
                        pg::put_record(&session, claim.run_id, &record).await?;
                    }
                    let told = again.inspect(|_| in_commit_order());
                    session.commit(told).await
                };
                let again = postgres.write([claim.thread_id], write).await?;
                postgres.has_logged(written.as_deref());
                Ok(again)
            }
        }
    }
}
