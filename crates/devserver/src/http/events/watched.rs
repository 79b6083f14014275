//! What one caller may see of a thread's events, also of a thread that is not there yet.

use std::sync::Arc;

use lgx_model::ThreadId;
use lgx_store::{Scope, threads};

use crate::app::App;
use crate::events::reader::{Ended, Place, Reader};
use crate::events::record::{Kind, Record};

/// Reads a thread's events for a caller. Of a thread that the caller may not see, or that is not there, nothing comes; whoever
/// makes it later decides whether the caller may see it.
pub(super) struct Watched {
    app: Arc<App>,
    thread_id: ThreadId,
    scope: Scope,
    reader: Reader,
    /// The thread is there, and the caller may see it.
    visible: bool,
}

impl Watched {
    /// Begins to read.
    pub(super) async fn open(
        app: &Arc<App>,
        thread_id: ThreadId,
        scope: Scope,
        place: Place,
    ) -> Self {
        let log = app.events.of(thread_id);
        log.load().await;
        Self {
            app: Arc::clone(app),
            thread_id,
            scope,
            reader: log.read(place),
            visible: false,
        }
    }

    /// What happened since the last call; waits for it. It may turn out to be nothing that the caller may see.
    ///
    /// # Errors
    /// Why there is nothing more.
    pub(super) async fn next(&mut self) -> Result<Vec<Arc<Record>>, Ended> {
        let records = self.reader.next().await?;
        Ok(self.shown(records).await)
    }

    /// What happened since the last call, and everything that is kept.
    pub(super) async fn catch_up(&mut self) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
        let (rest, kept) = self.reader.catch_up();
        if rest.is_empty() && kept.is_empty() {
            return (rest, kept);
        }
        (self.shown(rest).await, self.shown(kept).await)
    }

    async fn shown(&mut self, records: Vec<Arc<Record>>) -> Vec<Arc<Record>> {
        // Between two runs the thread may have gone and come again as somebody else's.
        let anew = records
            .iter()
            .any(|record| matches!(record.kind, Kind::Began | Kind::StateUpdate));
        if (self.visible && !anew) || self.look().await {
            records
        } else {
            Vec::new()
        }
    }

    async fn look(&mut self) -> bool {
        let (thread_id, scope) = (self.thread_id, self.scope.clone());
        let exists = self
            .app
            .store
            .read(move |connection| threads::exists(connection, thread_id, &scope));
        self.visible = exists.await.unwrap_or_else(|error| {
            tracing::error!(%thread_id, "whether a thread may be watched cannot be told: {error}");
            false
        });
        self.visible
    }
}
