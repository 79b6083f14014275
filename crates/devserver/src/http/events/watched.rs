//! What one caller may see of a thread's events, also of a thread that is not there yet.

use std::sync::Arc;

use lgx_engine::events::record::{Kind, Record};
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_engine::events::thread_reader::{ThreadReader, WatchEnd};
use lgx_model::ThreadId;
use lgx_store::Scope;

use crate::app::App;
use crate::http::relay::{Election, election_of_missing};

/// Reads a thread's events for a caller. Of a thread that the caller may not see, or that is not there, nothing comes, not even its end;
/// whoever makes it later decides whether the caller may see it.
pub(in crate::http) struct WatchedThread {
    app: Arc<App>,
    thread_id: ThreadId,
    scope: Scope,
    reader: ThreadReader,
    /// What was read and not looked at yet.
    unseen: Vec<Arc<Record>>,
    /// The thread is there, and the caller may see it.
    visible: bool,
    /// Where the thread would be made, if it is not there yet and several instances could make it.
    election: Option<Election>,
}

impl WatchedThread {
    /// Begins to read.
    pub(in crate::http) async fn open(
        app: &Arc<App>,
        thread_id: ThreadId,
        scope: Scope,
        from: ThreadFrom,
    ) -> Self {
        let election = election_of_missing(app, thread_id).await;
        let log = app.engine.events.of(thread_id);
        log.load().await;
        let mut watched = Self {
            app: Arc::clone(app),
            thread_id,
            scope,
            reader: ThreadReader::open(&log, from),
            unseen: Vec::new(),
            visible: false,
            election: election.unwrap_or_else(|error| {
                tracing::debug!(%thread_id, "where a thread would be made cannot be told: {error}");
                None
            }),
        };
        if watched.scope.may_hide() {
            watched.look().await;
        }
        watched
    }

    /// What happened since the last call; waits for it. It may turn out to be nothing that the caller may see. Nothing is lost
    /// when the future is dropped.
    ///
    /// # Errors
    /// Why there is nothing more.
    pub(in crate::http) async fn next(&mut self) -> Result<Vec<Arc<Record>>, WatchEnd> {
        while self.unseen.is_empty() {
            let read = tokio::select! {
                biased;
                read = self.reader.next() => read,
                () = has_changed(&mut self.election) => Err(WatchEnd::CutOff),
            };
            match read {
                Ok(records) => {
                    self.election = None;
                    self.unseen = records;
                }
                Err(WatchEnd::Gone) if self.is_hidden() => {
                    let log = self.app.engine.events.of(self.thread_id);
                    self.reader = ThreadReader::open(&log, ThreadFrom::Now);
                }
                Err(ended) => return Err(ended),
            }
        }
        let visible = self.may_see(has_anew(&self.unseen)).await;
        let records = std::mem::take(&mut self.unseen);
        Ok(if visible { records } else { Vec::new() })
    }

    /// What happened since the last call, and everything that is kept.
    pub(in crate::http) async fn catch_up(&mut self) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
        let (rest, kept) = self.reader.catch_up();
        self.unseen.extend(rest);
        self.reader.written().await;
        if self.unseen.is_empty() && kept.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let visible = self.may_see(true).await;
        let rest = std::mem::take(&mut self.unseen);
        if visible {
            (rest, kept)
        } else {
            (Vec::new(), Vec::new())
        }
    }

    /// Whether the caller may see the thread, as far as that is known.
    pub(in crate::http) const fn is_seen(&self) -> bool {
        !self.is_hidden()
    }

    /// Whether it would be news to the caller that the thread was there.
    const fn is_hidden(&self) -> bool {
        self.scope.may_hide() && !self.visible
    }

    /// Whether the caller may see the thread; found out once, and `anew` when that may have changed.
    async fn may_see(&mut self, anew: bool) -> bool {
        (self.visible && !anew) || self.look().await
    }

    async fn look(&mut self) -> bool {
        let thread_id = self.thread_id;
        let exists = self.app.engine.store.thread_exists(thread_id, &self.scope);
        self.visible = exists.await.unwrap_or_else(|error| {
            tracing::error!(%thread_id, "whether a thread may be watched cannot be told: {error}");
            false
        });
        self.visible
    }
}

async fn has_changed(election: &mut Option<Election>) {
    match election {
        Some(election) => election.has_changed().await,
        None => std::future::pending().await,
    }
}

/// Between two runs a thread may have gone and come again as somebody else's.
fn has_anew(records: &[Arc<Record>]) -> bool {
    records
        .iter()
        .any(|record| matches!(record.kind, Kind::Began | Kind::StateUpdate))
}
