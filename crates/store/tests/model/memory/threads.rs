//! Threads in memory.

use std::collections::BTreeSet;

use lgx_model::query::{ThreadQuery, ThreadSort};
use lgx_model::{
    JsonObject, PruneStrategy, RawJson, Thread, ThreadId, ThreadStatus, ThreadTtl, TimeToLive,
    Timestamp,
};
use lgx_store::Creation;
use lgx_store::threads::{Behind, NewThread, Pruned, ThreadCopy, ThreadState};

use super::{Memory, after, contains, may_see, sort_by};
use crate::operation::Caller;

/// A thread, and what of it is not shown.
#[derive(Clone)]
pub(super) struct KeptThread {
    pub(super) sequence: u64,
    pub(super) thread: Thread,
    /// Its status when no run is left.
    pub(super) resting: ThreadStatus,
    ttl: Option<TimeToLive>,
    pruned_at: Option<Timestamp>,
    pub(super) behind: IsBehind,
}

/// What of a thread is older than its newest checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum IsBehind {
    Nothing,
    Values,
    State,
}

impl KeptThread {
    fn expires_at(&self) -> Option<Timestamp> {
        let changed = self.thread.updated_at;
        let ttl = self.ttl.filter(|_| self.pruned_at != Some(changed))?;
        Some(after(changed, ttl.minutes))
    }

    fn is_busy(&self) -> bool {
        self.thread.status == ThreadStatus::Busy
    }
}

impl Memory {
    pub(super) fn insert_thread(
        &mut self,
        new: NewThread,
        status: ThreadStatus,
        config: JsonObject,
    ) -> Thread {
        let thread = Thread {
            thread_id: new.thread_id,
            created_at: new.now,
            updated_at: new.now,
            state_updated_at: new.now,
            metadata: new.metadata,
            status,
            config,
            values: RawJson::null(),
            error: None,
            interrupts: RawJson::empty_object(),
        };
        let kept = KeptThread {
            sequence: self.next_sequence(),
            thread: thread.clone(),
            resting: ThreadStatus::Idle,
            ttl: new.ttl,
            pruned_at: None,
            behind: IsBehind::Nothing,
        };
        self.threads.insert(new.thread_id, kept);
        thread
    }

    pub(super) fn create_thread(&mut self, new: NewThread, caller: Caller) -> Creation<Thread> {
        match self.threads.get(&new.thread_id) {
            Some(kept) if may_see(caller, &kept.thread.metadata) => {
                Creation::Existing(Box::new(kept.thread.clone()))
            }
            Some(_) => Creation::Hidden,
            None => {
                let made = self.insert_thread(new, ThreadStatus::Idle, JsonObject::new());
                Creation::Created(Box::new(made))
            }
        }
    }

    fn kept_thread(&self, id: ThreadId, caller: Caller) -> Option<&KeptThread> {
        let kept = self.threads.get(&id);
        kept.filter(|kept| may_see(caller, &kept.thread.metadata))
    }

    pub(super) fn thread(&self, id: ThreadId, caller: Caller) -> Option<Thread> {
        self.kept_thread(id, caller).map(|kept| kept.thread.clone())
    }

    pub(super) fn thread_ttl(&self, id: ThreadId, caller: Caller) -> Option<ThreadTtl> {
        let kept = self.kept_thread(id, caller)?;
        let ttl = kept.ttl?;
        Some(ThreadTtl {
            strategy: ttl.strategy,
            ttl_minutes: ttl.minutes,
            expires_at: kept.expires_at(),
        })
    }

    pub(super) fn patch_thread(
        &mut self,
        id: ThreadId,
        metadata: JsonObject,
        ttl: Option<TimeToLive>,
        now: Timestamp,
        caller: Caller,
    ) -> Option<Thread> {
        self.kept_thread(id, caller)?;
        let kept = self.threads.get_mut(&id)?;
        kept.thread.metadata.extend(metadata);
        kept.thread.updated_at = now;
        if ttl.is_some() {
            kept.ttl = ttl;
            kept.pruned_at = None;
        }
        Some(kept.thread.clone())
    }

    pub(super) fn set_state(
        &mut self,
        id: ThreadId,
        state: ThreadState,
        now: Timestamp,
    ) -> Option<Thread> {
        let kept = self.threads.get_mut(&id)?;
        let thread = &mut kept.thread;
        thread.values = state.values.unwrap_or_else(|| thread.values.clone());
        thread.error = state.error;
        thread.interrupts = state.interrupts;
        thread.updated_at = now;
        thread.state_updated_at = now;
        kept.resting = state.status;
        kept.behind = IsBehind::Nothing;
        self.settle(id);
        self.thread(id, Caller::Server)
    }

    pub(super) fn copy_thread(&mut self, copy: ThreadCopy, caller: Caller) -> Option<Thread> {
        let source = self.kept_thread(copy.source, caller)?;
        let mut kept = source.clone();
        kept.sequence = self.next_sequence();
        kept.pruned_at = None;
        let thread = &mut kept.thread;
        thread.thread_id = copy.target;
        thread.created_at = copy.now;
        thread.updated_at = copy.now;
        thread.state_updated_at = copy.now;
        thread.status = kept.resting;
        thread.metadata.extend(copy.metadata);
        thread.config = JsonObject::new();
        let copied = thread.clone();
        self.threads.insert(copy.target, kept);
        self.checkpoints.copy_thread(copy.source, copy.target);
        Some(copied)
    }

    pub(super) fn threads_that_match(&self, query: &ThreadQuery, caller: Caller) -> Vec<Thread> {
        let has_values = |thread: &Thread| {
            let values: Result<JsonObject, _> = serde_json::from_str(thread.values.get());
            query.values.is_empty() || values.is_ok_and(|values| contains(&values, &query.values))
        };
        let matches = |kept: &&KeptThread| {
            let thread = &kept.thread;
            (query.ids.is_empty() || query.ids.contains(&thread.thread_id))
                && query.status.is_none_or(|status| thread.status == status)
                && contains(&thread.metadata, &query.metadata)
                && has_values(thread)
                && may_see(caller, &thread.metadata)
        };
        let matching = self.threads.values().filter(matches);
        let mut matching: Vec<(u64, Thread)> = matching
            .map(|kept| (kept.sequence, kept.thread.clone()))
            .collect();
        let (all, order) = (&mut matching, query.sort_order);
        match query.sort_by {
            ThreadSort::ThreadId => sort_by(all, order, true, |thread| thread.thread_id),
            ThreadSort::Status => sort_by(all, order, false, |thread| thread.status.as_str()),
            ThreadSort::CreatedAt => sort_by(all, order, true, |thread| thread.created_at),
            ThreadSort::UpdatedAt => sort_by(all, order, true, |thread| thread.updated_at),
            ThreadSort::StateUpdatedAt => {
                sort_by(all, order, true, |thread| thread.state_updated_at);
            }
        }
        matching.into_iter().map(|(_, thread)| thread).collect()
    }

    /// Those with this metadata that somebody may see, the first made first.
    pub(super) fn threads_with(&self, metadata: &JsonObject, caller: Caller) -> Vec<ThreadId> {
        let mut found: Vec<&KeptThread> = self.threads.values().collect();
        found.retain(|kept| {
            contains(&kept.thread.metadata, metadata) && may_see(caller, &kept.thread.metadata)
        });
        found.sort_by_key(|kept| kept.sequence);
        found.iter().map(|kept| kept.thread.thread_id).collect()
    }

    /// Removes a thread and all that belongs to it.
    pub(super) fn remove_thread(&mut self, id: ThreadId) {
        self.threads.remove(&id);
        self.runs.retain(|_, kept| kept.run.thread_id != id);
        self.crons
            .retain(|_, (_, stored)| stored.cron.thread_id != Some(id));
        self.checkpoints.delete_thread(id);
    }

    pub(super) fn delete_thread(&mut self, id: ThreadId, caller: Caller) -> Option<Vec<ThreadId>> {
        self.kept_thread(id, caller)?;
        self.remove_thread(id);
        Some(vec![id])
    }

    pub(super) fn prune_threads(
        &mut self,
        ids: &BTreeSet<ThreadId>,
        strategy: PruneStrategy,
        caller: Caller,
    ) -> Pruned<Vec<ThreadId>> {
        let is_hidden = |id: &&ThreadId| match self.threads.get(id) {
            Some(kept) => !may_see(caller, &kept.thread.metadata),
            None => caller != Caller::Server,
        };
        if ids.iter().any(|id| is_hidden(&id)) {
            return Pruned::Hidden;
        }
        let keeps = strategy == PruneStrategy::KeepLatest;
        let mut pruned: Vec<ThreadId> = ids.iter().copied().collect();
        pruned.retain(|id| {
            self.threads
                .get(id)
                .is_some_and(|kept| !(keeps && kept.is_busy()))
        });
        let count = pruned.len();
        if keeps {
            self.checkpoints.prune(&pruned, strategy);
            pruned.clear();
        }
        for &id in &pruned {
            self.remove_thread(id);
        }
        Pruned::Done {
            count,
            ended: pruned,
        }
    }

    pub(super) fn expire_threads(&mut self, now: Timestamp) -> Vec<ThreadId> {
        let resting = self.threads.values().filter(|kept| !kept.is_busy());
        let expired = resting.filter(|kept| kept.expires_at().is_some_and(|end| end <= now));
        let expired = expired.filter_map(|kept| Some((kept.thread.thread_id, kept.ttl?.strategy)));
        let mut deleted = Vec::new();
        for (id, strategy) in expired.collect::<Vec<_>>() {
            if strategy == PruneStrategy::Delete {
                self.remove_thread(id);
                deleted.push(id);
            } else if let Some(kept) = self.threads.get_mut(&id) {
                kept.pruned_at = Some(kept.thread.updated_at);
                self.checkpoints.prune(&[id], strategy);
            }
        }
        deleted
    }

    pub(super) fn next_thread_expiry(&self, now: Timestamp) -> Option<Timestamp> {
        let expiring = self.threads.values();
        let ends = expiring.filter_map(|kept| {
            let end = kept.expires_at()?;
            let at_rest = after(now, kept.ttl?.minutes);
            Some(if kept.is_busy() {
                end.max(at_rest)
            } else {
                end
            })
        });
        ends.min()
    }

    pub(super) fn threads_behind(&self) -> Vec<Behind> {
        let behind = self.threads.values();
        let behind = behind.filter(|kept| kept.behind != IsBehind::Nothing && !kept.is_busy());
        let behind = behind.map(|kept| Behind {
            thread_id: kept.thread.thread_id,
            metadata: kept.thread.metadata.clone(),
        });
        behind.collect()
    }

    pub(super) fn catch_up(
        &mut self,
        id: ThreadId,
        checkpoint_id: &str,
        state: ThreadState,
        now: Timestamp,
    ) -> bool {
        let newest = self.checkpoints.newest(id);
        let is_newest = newest.is_some_and(|row| row.checkpoint_id == checkpoint_id);
        let Some(kept) = self
            .threads
            .get_mut(&id)
            .filter(|kept| is_newest && !kept.is_busy())
        else {
            return false;
        };
        match kept.behind {
            IsBehind::Nothing => return false,
            IsBehind::Values => {
                if let Some(values) = state.values {
                    kept.thread.values = values;
                }
                kept.behind = IsBehind::Nothing;
            }
            IsBehind::State => {
                self.set_state(id, state, now);
            }
        }
        true
    }
}
