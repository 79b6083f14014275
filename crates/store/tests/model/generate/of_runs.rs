//! Operations on runs.

use lgx_model::query::{Fields, RunQuery, RunSearch};
use lgx_model::{
    JsonObject, MultitaskStrategy, RawJson, Run, RunError, RunId, RunKwargs, RunOrigin, RunStatus,
};
use lgx_store::runs::{AssistantRuns, CancelTarget, Finish, NewRun, ThreadEnd};
use serde_json::json;
use uuid::Uuid;

use super::{Generator, object};
use crate::operation::Operation;

const STATUSES: [RunStatus; 5] = [
    RunStatus::Pending,
    RunStatus::Running,
    RunStatus::Success,
    RunStatus::Error,
    RunStatus::Interrupted,
];

impl Generator {
    pub(super) fn of_runs(&mut self) -> Operation {
        let (thread_id, run_id) = (self.thread_id(), self.run_id());
        match self.chance.below(34) {
            0..9 => Operation::Admit(Box::new(self.new_run())),
            9..12 => Operation::Claim,
            12..18 => {
                let end = Box::new(self.end());
                Operation::Finish(thread_id, run_id, end)
            }
            18 => Operation::ExecuteAgain(thread_id, run_id),
            19 | 20 => {
                let runs = CancelTarget::Runs(thread_id, vec![run_id, self.run_id(), run_id]);
                let status = CancelTarget::Status(vec![self.chance.one(&STATUSES[..2])]);
                let which = self.chance.one(&[runs, status]);
                Operation::CancelRuns(which, self.chance.once_in(2))
            }
            21 => Operation::DeleteRun(thread_id, run_id),
            22 => Operation::GetRun(thread_id, run_id),
            23 | 24 => {
                let query = RunQuery {
                    status: self.chance.maybe(&STATUSES),
                    fields: self
                        .chance
                        .one(&[Fields::default(), Fields::from_iter(["status"])]),
                };
                Operation::ListRuns(thread_id, query, self.page())
            }
            25 | 26 => {
                let graph_id = self.name();
                let search = RunSearch {
                    status: self
                        .chance
                        .maybe(&STATUSES)
                        .filter(|_| self.chance.once_in(2)),
                    graph_id: self
                        .chance
                        .maybe(&[graph_id])
                        .filter(|_| self.chance.once_in(2)),
                    thread_id: self
                        .chance
                        .maybe(&[thread_id])
                        .filter(|_| self.chance.once_in(2)),
                    created_after: self.chance.maybe(&[self.at(-20)]),
                    created_before: self.chance.maybe(&[self.at(1)]),
                    ..RunSearch::default()
                };
                Operation::SearchRuns(search, self.page())
            }
            27 => Operation::ListActiveRuns(thread_id),
            28 => Operation::ListThreadsOfAssistant(AssistantRuns {
                assistant_id: self.assistant_id(),
                thread_id: self
                    .chance
                    .maybe(&[thread_id])
                    .filter(|_| self.chance.once_in(2)),
                thread_metadata: self.filter(),
            }),
            29 => Operation::GetThreadToAnswer(thread_id),
            30 => Operation::RunQueue,
            31 => Operation::NextDueRun,
            _ => Operation::RecoverRuns,
        }
    }

    pub(super) fn new_run(&mut self) -> NewRun {
        self.runs += 1;
        let graph_id = self.name();
        let delay = self.chance.one(&[0, 0, 0, 4]);
        let kwargs = RunKwargs {
            input: RawJson::of(&json!({"n": 1, "zero": "\0"})),
            command: self
                .chance
                .one(&[RawJson::null(), RawJson::of(&json!({"resume": "yes"}))]),
            config: object(json!({"configurable": {"graph_id": graph_id}})),
            context: JsonObject::new(),
            stream_mode: vec!["values".to_owned()],
            interrupt_before: RawJson::null(),
            interrupt_after: RawJson::null(),
            webhook: None,
            feedback_keys: None,
            temporary: self.chance.once_in(8),
            subgraphs: false,
            resumable: false,
            checkpoint_during: true,
            durability: "async".to_owned(),
        };
        NewRun {
            run: Run {
                run_id: RunId::from(Uuid::from_u128(10_000 + self.runs)),
                thread_id: self.thread_id(),
                assistant_id: self.assistant_id(),
                metadata: self.metadata(),
                status: RunStatus::Pending,
                kwargs,
                multitask_strategy: self.chance.one(&[
                    MultitaskStrategy::Enqueue,
                    MultitaskStrategy::Reject,
                    MultitaskStrategy::Interrupt,
                    MultitaskStrategy::Rollback,
                ]),
                created_at: self.at(delay),
                updated_at: self.at(delay),
                langsmith_session_name: None,
                origin: RunOrigin {
                    assistant_version: self.chance.maybe(&[1]),
                    cron_id: None,
                },
            },
            graph_id,
            runtime: None,
            own_metadata: self.metadata(),
            create_thread: self.chance.once_in(2),
            thread_metadata: self.metadata(),
            thread_ttl: None,
            config_for_thread: object(
                json!({"tags": ["t"], "configurable": {"model": self.name()}}),
            ),
            may_start: !self.chance.once_in(3),
            may_wait_elsewhere: false,
            user_sealed: None,
            now: self.now().into(),
        }
    }

    fn end(&mut self) -> Finish {
        let error = RunError::new("Error", "it failed\0");
        Finish {
            status: self.chance.one(&STATUSES[2..]),
            thread: ThreadEnd {
                status: self.resting_status(),
                values: self.values(),
                is_behind: self.chance.once_in(2),
                error: self.chance.maybe(&[error]),
                interrupts: self.interrupts(),
            },
            began: None,
            now: self.now().into(),
            rollback: self.chance.once_in(4),
            delete_thread: self.chance.once_in(8),
        }
    }
}
