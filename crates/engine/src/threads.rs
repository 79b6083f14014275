//! The place where threads end, whatever the reason: a client deletes or prunes them, their time is up, their assistant goes. The one
//! reason that is elsewhere is the end of a stateless run, which takes its thread along (`runs/settle.rs`).
//!
//! The end of a thread is a ritual of three steps, which `runs/ended_threads.rs` has for both. In the transaction that deletes it, the runs on it lose the right to write, so that
//! nothing brings part of it back. Once that is committed, those runs are stopped and their readers hear that they are gone. Then
//! whoever watches the thread hears that there is nothing to watch any more. Each operation of this module goes through all three.

use std::collections::BTreeSet;
use std::sync::Arc;

use lgx_model::{AssistantId, PruneStrategy, ThreadId, Timestamp};
use lgx_store::threads::Pruned;
use lgx_store::truncate::{OfThreads, Truncation};
use lgx_store::{Scope, Store, StoreError, WriteTime};

use crate::runs::{EndedThreads, Runs};

/// Ends threads.
pub struct Threads {
    store: Store,
    runs: Arc<Runs>,
}

impl Threads {
    /// The threads of this store.
    pub(crate) const fn new(store: Store, runs: Arc<Runs>) -> Self {
        Self { store, runs }
    }

    /// Takes back a thread that was just made for a caller and could not get its first state. They may have chosen its id, so others
    /// may use or watch it already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn withdraw(&self, thread_id: ThreadId) -> Result<(), StoreError> {
        let ended = self.store.withdraw_thread(thread_id, self.fence()).await?;
        ended.tell(&self.runs);
        Ok(())
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
        Ok(ended.map(|ended| ended.tell(&self.runs)).is_some())
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
                ended.tell(&self.runs);
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
        ended.tell(&self.runs);
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
        let ended = self
            .store
            .delete_assistant(
                assistant_id,
                scope,
                threads,
                WriteTime::OnItsTurn,
                self.fence(),
            )
            .await?;
        Ok(ended.map(|ended| ended.tell(&self.runs)).is_some())
    }

    /// Clears whole nouns at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn truncate(&self, what: Truncation) -> Result<(), StoreError> {
        let keeps_threads = matches!(what.threads, Some((OfThreads::Only { .. }, _)));
        let ended = self
            .store
            .truncate(what, WriteTime::OnItsTurn, self.fence())
            .await?;
        if keeps_threads {
            ended.tell_emptied(&self.runs);
        } else {
            ended.tell(&self.runs);
        }
        Ok(())
    }

    /// Looks which of these threads, which others have ended, are watched or have runs here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn look_at_those(
        &self,
        mut thread_ids: BTreeSet<ThreadId>,
    ) -> Result<(), StoreError> {
        thread_ids.retain(|thread_id| self.runs.is_live_here(*thread_id));
        if thread_ids.is_empty() {
            return Ok(());
        }
        let all = thread_ids.iter().copied().collect();
        // One may have been made anew.
        let there_are = self.store.threads_there_are(all).await?;
        thread_ids.retain(|thread_id| !there_are.contains(thread_id));
        self.ended_elsewhere(thread_ids);
        Ok(())
    }

    /// Looks whether threads that are watched here have been ended by others.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn look_at_watched(&self) -> Result<(), StoreError> {
        let watched = self.runs.watched();
        if watched.is_empty() {
            return Ok(());
        }
        let all = watched.iter().map(|log| log.thread_id()).collect();
        let there_are = self.store.threads_there_are(all).await?;
        let gone = watched.iter().filter_map(|log| {
            // A thread may be watched before it is made.
            let is_gone = log.is_gone_now(there_are.contains(&log.thread_id()));
            is_gone.then(|| log.thread_id())
        });
        self.ended_elsewhere(gone.collect());
        Ok(())
    }

    fn ended_elsewhere(&self, thread_ids: BTreeSet<ThreadId>) {
        if !thread_ids.is_empty() {
            let thread_ids = thread_ids.into_iter().collect();
            EndedThreads::fence(self.runs.registry(), thread_ids, None).tell(&self.runs);
        }
    }

    /// Takes the right to write from the runs on threads that are about to be gone.
    fn fence(&self) -> impl FnOnce(Vec<ThreadId>) -> EndedThreads + Send + 'static {
        let registry = Arc::clone(self.runs.registry());
        move |thread_ids| EndedThreads::fence(&registry, thread_ids, None)
    }
}
