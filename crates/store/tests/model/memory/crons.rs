//! Crons in memory.

use lgx_model::query::{CronQuery, CronSort, SortOrder};
use lgx_model::{Cron, CronId, Timestamp};
use lgx_store::crons::StoredCron;
use lgx_store::runs::Firing;

use super::{Memory, contains, may_see};
use crate::operation::Caller;

impl Memory {
    pub(super) fn create_cron(&mut self, stored: StoredCron, caller: Caller) -> bool {
        if let Some(thread_id) = stored.cron.thread_id
            && self.thread(thread_id, caller).is_none()
        {
            return false;
        }
        let sequence = self.next_sequence();
        self.crons.insert(stored.cron.cron_id, (sequence, stored));
        true
    }

    fn kept_cron(&mut self, id: CronId, caller: Caller) -> Option<&mut StoredCron> {
        let kept = self.crons.get_mut(&id).map(|(_, stored)| stored);
        kept.filter(|stored| may_see(caller, &stored.cron.metadata))
    }

    pub(super) fn cron(&mut self, id: CronId, caller: Caller) -> Option<StoredCron> {
        self.kept_cron(id, caller).cloned()
    }

    pub(super) fn change_cron(
        &mut self,
        id: CronId,
        enabled: bool,
        next: Option<Timestamp>,
        now: Timestamp,
        caller: Caller,
    ) -> Option<Cron> {
        let stored = self.kept_cron(id, caller)?;
        stored.cron.enabled = enabled;
        stored.cron.next_run_date = next;
        stored.cron.updated_at = now;
        Some(stored.cron.clone())
    }

    pub(super) fn delete_cron(&mut self, id: CronId, caller: Caller) -> bool {
        self.kept_cron(id, caller).is_some() && self.crons.remove(&id).is_some()
    }

    pub(super) fn crons_that_match(&self, query: &CronQuery, caller: Caller) -> Vec<Cron> {
        let matches = |(_, stored): &&(u64, StoredCron)| {
            let cron = &stored.cron;
            let of_thread = cron
                .thread_id
                .is_none_or(|id| self.thread(id, caller).is_some());
            of_thread
                && query.assistant_id.is_none_or(|id| cron.assistant_id == id)
                && query.thread_id.is_none_or(|id| cron.thread_id == Some(id))
                && query.enabled.is_none_or(|enabled| cron.enabled == enabled)
                && contains(&cron.metadata, &query.metadata)
                && may_see(caller, &cron.metadata)
        };
        let mut found: Vec<(u64, StoredCron)> =
            self.crons.values().filter(matches).cloned().collect();
        let of_time =
            |time: Option<Timestamp>| (time.is_none(), time.map_or(0, Timestamp::micros), None);
        let key = |stored: &StoredCron| {
            let cron = &stored.cron;
            match query.sort_by {
                CronSort::CronId => (false, 0, Some(cron.cron_id.uuid())),
                CronSort::AssistantId => (false, 0, Some(cron.assistant_id.uuid())),
                CronSort::ThreadId => (
                    cron.thread_id.is_none(),
                    0,
                    cron.thread_id.map(lgx_model::ThreadId::uuid),
                ),
                CronSort::NextRunDate => of_time(cron.next_run_date),
                CronSort::EndTime => of_time(stored.ends_at),
                CronSort::CreatedAt => of_time(Some(cron.created_at)),
                CronSort::UpdatedAt => of_time(Some(cron.updated_at)),
            }
        };
        let with_place = matches!(query.sort_by, CronSort::CreatedAt | CronSort::UpdatedAt);
        super::sort_by(&mut found, query.sort_order, with_place, key);
        found.into_iter().map(|(_, stored)| stored.cron).collect()
    }

    /// Those of which this holds, those that were made first before others.
    fn enabled_crons(&self, is_due: impl Fn(Timestamp) -> bool) -> Vec<(u64, StoredCron)> {
        let mut found: Vec<(u64, StoredCron)> = self.crons.values().cloned().collect();
        found.retain(|(_, stored)| {
            stored.cron.enabled && stored.cron.next_run_date.is_some_and(&is_due)
        });
        found.sort_by_key(|(sequence, _)| *sequence);
        found
    }

    pub(super) fn due_crons(&self, now: Timestamp) -> Vec<StoredCron> {
        let mut due = self.enabled_crons(|next| next <= now);
        super::sort_by(&mut due, SortOrder::Asc, false, |stored| {
            stored.cron.next_run_date
        });
        due.into_iter().map(|(_, stored)| stored).collect()
    }

    pub(super) fn crons_ahead(&self, now: Timestamp) -> Vec<StoredCron> {
        let ahead = self.enabled_crons(|next| next > now);
        ahead.into_iter().map(|(_, stored)| stored).collect()
    }

    pub(super) fn next_due_cron(&self) -> Option<Timestamp> {
        let enabled = self.enabled_crons(|_| true).into_iter();
        enabled
            .filter_map(|(_, stored)| stored.cron.next_run_date)
            .min()
    }

    pub(super) fn advance_cron(&mut self, firing: Firing) -> bool {
        let kept = self
            .crons
            .get_mut(&firing.cron_id)
            .map(|(_, stored)| &mut stored.cron);
        let due = kept.filter(|cron| cron.enabled && cron.next_run_date == Some(firing.due));
        let Some(cron) = due else { return false };
        cron.next_run_date = firing.next;
        true
    }
}
