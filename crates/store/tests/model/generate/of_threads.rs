//! Operations on threads.

use lgx_model::query::{ThreadQuery, ThreadSort};
use lgx_model::{PruneStrategy, RawJson, RunError, ThreadId, ThreadStatus, TimeToLive};
use lgx_store::threads::{NewThread, ThreadCopy, ThreadState};
use serde_json::json;
use uuid::Uuid;

use super::{Generator, examples};
use crate::operation::Operation;

impl Generator {
    pub(super) fn of_threads(&mut self) -> Operation {
        let id = self.thread_id();
        match self.chance.below(22) {
            0..4 => Operation::CreateThread(NewThread {
                thread_id: id,
                metadata: self.metadata(),
                ttl: self.ttl(),
                now: self.now(),
            }),
            4 => Operation::GetThread(id),
            5 => Operation::GetThreadTtl(id),
            6 | 7 => Operation::PatchThread(id, self.metadata(), self.ttl()),
            8 | 9 => Operation::SetThreadState(id, self.state()),
            10 => {
                self.copies += 1;
                Operation::CopyThread(ThreadCopy {
                    source: id,
                    target: ThreadId::from(Uuid::from_u128(999 + self.copies)),
                    metadata: self.metadata(),
                    now: self.now(),
                })
            }
            11..15 => {
                let query = self.thread_query();
                if self.chance.once_in(4) {
                    Operation::CountThreads(query)
                } else {
                    Operation::SearchThreads(query, self.page())
                }
            }
            15 => Operation::DeleteThread(id),
            16 => {
                let other = self.thread_id();
                Operation::PruneThreads([id, other].into(), self.prune_strategy())
            }
            17 => Operation::ExpireThreads,
            18 => Operation::NextThreadExpiry,
            19 => Operation::ThreadsBehind,
            _ => {
                let checkpoint_id = self.checkpoint_id();
                Operation::CatchUp(id, checkpoint_id, self.state())
            }
        }
    }

    fn ttl(&mut self) -> Option<TimeToLive> {
        let strategy = self.prune_strategy();
        let minutes = self.chance.maybe(&[0.05, 0.2, 1.0]);
        minutes.map(|minutes| TimeToLive { strategy, minutes })
    }

    pub(super) fn prune_strategy(&mut self) -> PruneStrategy {
        self.chance
            .one(&[PruneStrategy::Delete, PruneStrategy::KeepLatest])
    }

    fn state(&mut self) -> ThreadState {
        let values = self.values();
        ThreadState {
            status: self.resting_status(),
            values,
            interrupts: self.interrupts(),
            error: self.chance.maybe(&[RunError::new("Error", "no\0")]),
        }
    }

    pub(super) fn values(&mut self) -> Option<RawJson> {
        match self.chance.below(5) {
            0 => None,
            1 => Some(RawJson::null()),
            _ => Some(RawJson::of(&self.chance.one(&examples::states()))),
        }
    }

    pub(super) fn resting_status(&mut self) -> ThreadStatus {
        self.chance.one(&[
            ThreadStatus::Idle,
            ThreadStatus::Interrupted,
            ThreadStatus::Error,
        ])
    }

    pub(super) fn interrupts(&mut self) -> RawJson {
        let asked = RawJson::of(&json!({"task": [{"value": "why\0?"}]}));
        self.chance.one(&[RawJson::empty_object(), asked])
    }

    fn thread_query(&mut self) -> ThreadQuery {
        let ids = vec![self.thread_id(), self.thread_id()];
        ThreadQuery {
            ids: if self.chance.once_in(5) {
                ids
            } else {
                Vec::new()
            },
            metadata: self.filter(),
            values: if self.chance.once_in(3) {
                self.filter()
            } else {
                lgx_model::JsonObject::new()
            },
            status: self
                .chance
                .maybe(&[ThreadStatus::Idle, ThreadStatus::Busy])
                .filter(|_| self.chance.once_in(2)),
            sort_by: self.chance.one(&[
                ThreadSort::ThreadId,
                ThreadSort::Status,
                ThreadSort::CreatedAt,
                ThreadSort::UpdatedAt,
                ThreadSort::StateUpdatedAt,
            ]),
            sort_order: self.order(),
            ..ThreadQuery::default()
        }
    }
}
