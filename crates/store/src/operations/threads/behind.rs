//! Threads whose rows are behind their newest checkpoints, because what reads these died. They are the server's own to mend, so that
//! nothing here takes a scope.

use lgx_model::ThreadId;

use crate::sqlite::threads as sql;
use crate::threads::{Behind, ThreadState};
use crate::{Result, Store, WriteTime};

impl Store {
    /// The threads at rest whose rows are behind.
    pub async fn threads_behind(&self) -> Result<Vec<Behind>> {
        self.sqlite()
            .read(|connection| sql::behind(connection, None))
            .await
    }

    /// The thread, if it is at rest and its row is behind; looked for behind what was enqueued before. Who asks has heard of a death, and
    /// what the dead one wrote last may still wait for its turn.
    pub async fn thread_behind(&self, thread_id: ThreadId) -> Result<Option<Behind>> {
        let found = self
            .sqlite()
            .read_behind(move |connection| sql::behind(connection, Some(thread_id)))
            .await
            .await?;
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
        self.sqlite()
            .write(move |connection| {
                sql::catch_up(connection, thread_id, &checkpoint_id, &state, now.instant())
            })
            .await
    }
}
