//! The end of a run: its outcome, what it leaves on its thread, or how it is taken back.

use std::sync::Arc;

use lgx_model::ThreadId;

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{Claim, Finish, Finished, PackedRecord};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// Ends a running run while this claim on it holds, unless `may_end` refuses: it is called behind all that the run wrote. What its webhook is to be told is stored
    /// in the same transaction, so that no end is lost on its way there, and so is what it did.
    ///
    /// Takes no scope: the run ends by itself, or for whoever was let in to cancel it. `in_commit_order` is told which threads end,
    /// which is the run's own if that goes with it; see [`Store`].
    pub async fn finish<E: Send + 'static, R: Send + 'static>(
        &self,
        claim: Claim,
        end: Arc<Finish>,
        record: Option<Arc<PackedRecord>>,
        may_end: impl FnOnce() -> Result<(), E> + Send + 'static,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<Result<Finished<R>, E>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        if let Err(refused) = may_end() {
                            return Ok(Err(refused));
                        }
                        let finished = sql::finish(connection, claim, &end)?;
                        if let Some(record) = record.filter(|_| finished.run.is_some()) {
                            sql::put_record(connection, claim.run_id, &record)?;
                        }
                        Ok(Ok(finished.told(in_commit_order)))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let (written, me) = (record.clone(), postgres.me());
                let write = move |session: Session| async move {
                    if let Err(refused) = may_end() {
                        return Ok(Err(refused));
                    }
                    let record = record.as_deref();
                    let finished = pg::finish(&session, claim, &end, record, me).await?;
                    let told = finished.told(in_commit_order);
                    session.commit(Ok(told)).await
                };
                let finished = postgres.write([claim.thread_id], write).await?;
                postgres.has_logged(written.as_deref());
                Ok(finished)
            }
        }
    }
}
