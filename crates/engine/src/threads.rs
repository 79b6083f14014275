//! The one place where threads end, whatever the reason: a client deletes or prunes them, their time is up, their assistant goes.
//!
//! The end of a thread is a ritual of three steps. In the transaction that deletes it, the runs on it lose the right to write, so that
//! nothing brings part of it back. Once that is committed, those runs are stopped and their readers hear that they are gone. Then
//! whoever watches the thread hears that there is nothing to watch any more. Each operation of this module goes through all three.

use std::collections::BTreeSet;
use std::sync::Arc;

use lgx_model::{AssistantId, PruneStrategy, ThreadId, Timestamp};
use lgx_store::threads::Pruned;
use lgx_store::truncate::Truncation;
use lgx_store::{Scope, Store, StoreError};

use crate::events::ThreadLogs;
use crate::runs::Runs;
use crate::runs::registry::Fenced;

/// Ends threads.
pub struct Threads {
    store: Store,
    runs: Arc<Runs>,
    events: Arc<ThreadLogs>,
}

/// Threads that have been deleted, or lost their runs, and the runs that were on them.
struct EndedThreads {
    thread_ids: Vec<ThreadId>,
    fenced: Vec<Fenced>,
}

impl Threads {
    /// The threads of this store.
    pub(crate) fn new(store: Store, runs: Arc<Runs>, events: Arc<ThreadLogs>) -> Self {
        Self {
            store,
            runs,
            events,
        }
    }

    /// Deletes a thread with all that belongs to it. False when it is not there or the caller may not see it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, thread_id: ThreadId, scope: &Scope) -> Result<bool, StoreError> {
        let ended = self
            .store
            .delete_thread(thread_id, scope, self.fence())
            .await?;
        Ok(ended.map(|ended| self.tell_watchers(ended)).is_some())
    }

    /// Deletes threads, or what was before their latest state, and says of how many. None, and nothing is done, when the caller may
    /// not see one of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn prune(
        &self,
        thread_ids: BTreeSet<ThreadId>,
        strategy: PruneStrategy,
        scope: &Scope,
    ) -> Result<Option<usize>, StoreError> {
        let pruned = self
            .store
            .prune_threads(thread_ids, strategy, scope, self.fence())
            .await?;
        Ok(match pruned {
            Pruned::Hidden => None,
            Pruned::Done { count, ended } => {
                self.tell_watchers(ended);
                Some(count)
            }
        })
    }

    /// Ends some of the threads whose time to live has passed; there may be more.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn expire(&self, now: Timestamp) -> Result<(), StoreError> {
        let ended = self.store.expire_threads(now, self.fence()).await?;
        self.tell_watchers(ended);
        Ok(())
    }

    /// Deletes an assistant, and those threads of it that `threads` allows, if given. False when it is not there or the caller may not
    /// see it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete_assistant(
        &self,
        assistant_id: AssistantId,
        scope: &Scope,
        threads: Option<Scope>,
    ) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let ended = self
            .store
            .delete_assistant(assistant_id, scope, threads, now, self.fence())
            .await?;
        Ok(ended.map(|ended| self.tell_watchers(ended)).is_some())
    }

    /// Clears whole nouns at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn truncate(&self, what: Truncation) -> Result<(), StoreError> {
        let ended = self
            .store
            .truncate(what, Timestamp::now(), self.fence())
            .await?;
        self.tell_watchers(ended);
        Ok(())
    }

    /// Takes the right to write from the runs on threads that are about to be gone.
    fn fence(&self) -> impl FnOnce(Vec<ThreadId>) -> EndedThreads + Send + 'static {
        let registry = Arc::clone(self.runs.registry());
        move |thread_ids| {
            let fenced = registry.fence(|live| thread_ids.contains(&live.thread_id));
            EndedThreads { thread_ids, fenced }
        }
    }

    /// Stops the runs on threads that are gone, and ends the streams of those who watch them.
    fn tell_watchers(&self, ended: EndedThreads) {
        if !ended.fenced.is_empty() {
            self.runs.deleted(ended.fenced);
        }
        for thread_id in ended.thread_ids {
            self.events.thread_gone(thread_id);
        }
    }
}
