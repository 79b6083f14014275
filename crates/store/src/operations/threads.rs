//! Operations on threads: make, read, search, change, copy and end them.

mod behind;

use std::collections::BTreeSet;

use lgx_model::checkpoint_summary::CheckpointsFound;
use lgx_model::query::{Page, Rows, ThreadQuery};
use lgx_model::thread::ThreadStorage;
use lgx_model::{JsonObject, PruneStrategy, Thread, ThreadId, ThreadTtl, TimeToLive, Timestamp};

use crate::sqlite::threads as sql;
use crate::threads::words::{WordSearch, WordsFound};
use crate::threads::{
    NewThread, Pruned, ThreadActivity, ThreadCopy, ThreadState, ThreadWithCommands,
};
use crate::{Creation, Result, Scope, Store, WriteTime, sqlite};

impl Store {
    /// Makes a thread unless there is one of its id.
    pub async fn create_thread(&self, new: NewThread, scope: &Scope) -> Result<Creation<Thread>> {
        let scope = scope.clone();
        self.sqlite()
            .write(move |connection| sql::create(connection, new, &scope))
            .await
    }

    /// Takes back a thread that was just made and could not get its first state.
    ///
    /// Takes no scope: the caller was let in to make it. `in_commit_order` is told which thread ends; see [`Store`].
    pub async fn withdraw_thread<R: Send + 'static>(
        &self,
        thread_id: ThreadId,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<R> {
        self.sqlite()
            .write(move |connection| {
                sql::remove(connection, thread_id)?;
                Ok(in_commit_order(vec![thread_id]))
            })
            .await
    }

    /// The thread, if it is there and the caller may see it.
    pub async fn get_thread(&self, thread_id: ThreadId, scope: &Scope) -> Result<Option<Thread>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::get(connection, thread_id, &scope))
            .await
    }

    /// Whether there is such a thread that the caller may see.
    pub async fn thread_exists(&self, thread_id: ThreadId, scope: &Scope) -> Result<bool> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::exists(connection, thread_id, &scope))
            .await
    }

    /// A thread and the commands that are under way on it, of one moment: which of its interrupts nobody has answered yet. Nothing when
    /// it is not there or the caller may not see it.
    pub async fn get_thread_to_answer(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadWithCommands>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| {
                sqlite::runs::thread_with_commands(connection, thread_id, &scope)
            })
            .await
    }

    /// The time to live of a thread, if it has one and the caller may see the thread.
    pub async fn get_thread_ttl(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadTtl>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::ttl(connection, thread_id, &scope))
            .await
    }

    /// What has happened on a thread since then, to the millisecond, that its stream would have shown.
    ///
    /// Takes no scope: who asks has been let in to the thread's stream, and hears only whether it is whole.
    pub async fn thread_activity_since(
        &self,
        thread_id: ThreadId,
        since: Timestamp,
    ) -> Result<ThreadActivity> {
        self.sqlite()
            .read(move |connection| sql::activity_since(connection, thread_id, since))
            .await
    }

    /// How many checkpoints, channel values and writes a thread has, and how many bytes are in them. Nothing when it is not there or
    /// the caller may not see it.
    pub async fn get_thread_storage(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadStorage>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| {
                let exists = sql::exists(connection, thread_id, &scope)?;
                exists
                    .then(|| sqlite::checkpoints::storage(connection, thread_id))
                    .transpose()
            })
            .await
    }

    /// A thread's checkpoints at a glance, one page of them, the newest first; nothing when it is not there or the caller may not see it.
    pub async fn list_checkpoint_summaries(
        &self,
        thread_id: ThreadId,
        ns: Option<String>,
        page: Page,
        scope: &Scope,
    ) -> Result<Option<CheckpointsFound>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| {
                let exists = sql::exists(connection, thread_id, &scope)?;
                let list =
                    || sqlite::checkpoints::summaries(connection, thread_id, ns.as_deref(), page);
                exists.then(list).transpose()
            })
            .await
    }

    /// The threads that match, one page of them.
    pub async fn search_threads(
        &self,
        query: ThreadQuery,
        page: Page,
        scope: &Scope,
    ) -> Result<Rows<Thread>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::search(connection, &query, page, &scope))
            .await
    }

    /// How many threads match.
    pub async fn count_threads(&self, query: ThreadQuery, scope: &Scope) -> Result<u64> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::count(connection, &query, &scope))
            .await
    }

    /// The threads that have words in their metadata or their state, as far as one look goes.
    pub async fn find_threads_with_words(
        &self,
        search: WordSearch,
        scope: &Scope,
    ) -> Result<WordsFound> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::find_words(connection, &search, &scope))
            .await
    }

    /// Merges `metadata` into the thread's, key by key, and gives it this time to live, if any. Nothing when it is not there or the
    /// caller may not see it.
    pub async fn patch_thread(
        &self,
        thread_id: ThreadId,
        metadata: JsonObject,
        ttl: Option<TimeToLive>,
        now: impl Into<WriteTime>,
        scope: &Scope,
    ) -> Result<Option<Thread>> {
        let now = now.into();
        let scope = scope.clone();
        self.sqlite()
            .write(move |connection| {
                sql::patch(connection, thread_id, &metadata, ttl, now.instant(), &scope)
            })
            .await
    }

    /// Records the state that an update left, and gives the thread with it. One with a run stays busy. Nothing when it is not there.
    ///
    /// Takes no scope: the caller was let in before the update, which is in the checkpoints already.
    pub async fn set_thread_state(
        &self,
        thread_id: ThreadId,
        state: ThreadState,
        now: impl Into<WriteTime>,
    ) -> Result<Option<Thread>> {
        let now = now.into();
        self.sqlite()
            .write(move |connection| sql::set_state(connection, thread_id, &state, now.instant()))
            .await
    }

    /// Copies a thread with its checkpoints, values, interrupts, error and time to live, but without its runs: a copy of a busy
    /// thread is as the thread was before its run. Nothing when the source is not there or the caller may not see it.
    pub async fn copy_thread(&self, copy: ThreadCopy, scope: &Scope) -> Result<Option<Thread>> {
        let scope = scope.clone();
        self.sqlite()
            .write(move |connection| sql::copy(connection, &copy, &scope))
            .await
    }

    /// Ends a thread: deletes it with its runs, checkpoints and crons. Nothing when it is not there or the caller may not see it.
    ///
    /// `in_commit_order` is told which thread ends; see [`Store`].
    pub async fn delete_thread<R: Send + 'static>(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<Option<R>> {
        let scope = scope.clone();
        self.sqlite()
            .write(move |connection| {
                let deleted = sql::delete(connection, thread_id, &scope)?;
                Ok(deleted.map(|()| in_commit_order(vec![thread_id])))
            })
            .await
    }

    /// Ends threads, or all but the latest state of those that have no run: a run may still be rolled back to what was before
    /// it. Those that are not there do not count, unless the caller may not see everything: then they are as good as hidden.
    ///
    /// `in_commit_order` is told which threads end; see [`Store`].
    pub async fn prune_threads<R: Send + 'static>(
        &self,
        thread_ids: BTreeSet<ThreadId>,
        strategy: PruneStrategy,
        scope: &Scope,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<Pruned<R>> {
        let scope = scope.clone();
        self.sqlite()
            .write(move |connection| {
                let Some(pruned) = sql::prune(connection, &thread_ids, strategy, &scope)? else {
                    return Ok(Pruned::Hidden);
                };
                let count = pruned.len();
                let ended = match strategy {
                    PruneStrategy::Delete => pruned,
                    PruneStrategy::KeepLatest => Vec::new(),
                };
                Ok(Pruned::Done {
                    count,
                    ended: in_commit_order(ended),
                })
            })
            .await
    }

    /// Ends some of the threads whose time has passed and that have no run: deletes them, or prunes them to their latest state.
    /// More may be left; see [`Store::next_thread_expiry`].
    ///
    /// Takes no scope: time passes for everybody's threads. `in_commit_order` is told which threads end; see [`Store`].
    pub async fn expire_threads<R: Send + 'static>(
        &self,
        now: Timestamp,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<R> {
        self.sqlite()
            .write(move |connection| sql::sweep(connection, now).map(in_commit_order))
            .await
    }

    /// When the next thread expires, if any does. One that is busy cannot before it has been idle for its whole time to live.
    ///
    /// Takes no scope, as [`Store::expire_threads`].
    pub async fn next_thread_expiry(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.sqlite()
            .read(move |connection| sql::next_expiry(connection, now))
            .await
    }
}
