//! Steps by chance: few names, so that operations meet, and the values in which databases differ.

mod examples;
mod of_checkpoints;
mod of_items;
mod of_runs;
mod of_threads;

use lgx_model::query::{AssistantQuery, AssistantSort, CronQuery, CronSort, Page, SortOrder};
use lgx_model::{
    Assistant, AssistantId, Cron, CronId, JsonObject, OnRunCompleted, RunId, ThreadId, Timestamp,
};
use lgx_store::assistants::DefaultAssistant;
use lgx_store::crons::StoredCron;
use lgx_store::runs::Firing;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::chance::Chance;
use crate::operation::{Caller, Operation, Step};

/// How many threads, assistants and crons share their ids.
const IDS: usize = 5;

const NAMES: [&str; 8] = ["agent", "Chat", "chat", "a", "a\0", "a\u{1}", "Ä", "%00"];

/// Where steps come from.
pub(crate) struct Generator {
    chance: Chance,
    seconds: i64,
    /// How many runs were asked for, each under a new id.
    runs: u128,
    /// How many copies of threads.
    copies: u128,
    crons: u128,
}

fn uuid(number: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap() + 1)
}

pub(super) fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

impl Generator {
    pub(crate) const fn of(seed: u64) -> Self {
        Self {
            chance: Chance::of(seed),
            seconds: 0,
            runs: 0,
            copies: 0,
            crons: 0,
        }
    }

    /// The next step.
    pub(crate) fn step(&mut self) -> Step {
        // Some happen at the same time.
        self.seconds += i64::try_from(self.chance.below(3)).unwrap();
        let caller = if self.chance.once_in(4) {
            Caller::Alice
        } else {
            Caller::Server
        };
        let operation = match self.chance.below(100) {
            0..14 => self.of_assistants(),
            14..34 => self.of_threads(),
            34..60 => self.of_runs(),
            60..78 => self.of_checkpoints(),
            78..90 => self.of_items(),
            _ => self.of_crons(),
        };
        Step {
            now: self.now(),
            caller,
            operation,
        }
    }

    fn now(&self) -> Timestamp {
        self.at(0)
    }

    fn at(&self, seconds: i64) -> Timestamp {
        Timestamp::from_micros((1_000_000 + self.seconds + seconds) * 1_000_000)
    }

    fn thread_id(&mut self) -> ThreadId {
        let copies = usize::try_from(self.copies).unwrap().min(3);
        match self.chance.below(IDS + copies) {
            known @ 0..IDS => ThreadId::from(uuid(known)),
            copy => ThreadId::from(Uuid::from_u128(1000 + u128::try_from(copy - IDS).unwrap())),
        }
    }

    fn run_id(&mut self) -> RunId {
        let back = self.chance.below(6);
        let number = self.runs.saturating_sub(u128::try_from(back).unwrap());
        RunId::from(Uuid::from_u128(10_000 + number))
    }

    fn assistant_id(&mut self) -> AssistantId {
        match self.chance.below(IDS + 2) {
            number @ 0..IDS => AssistantId::from(uuid(number)),
            other => AssistantId::of_graph(NAMES[other % 2]),
        }
    }

    fn cron_id(&mut self) -> CronId {
        let back = self.chance.below(IDS);
        let number = self.crons.saturating_sub(u128::try_from(back).unwrap());
        CronId::from(Uuid::from_u128(100_000 + number))
    }

    fn name(&mut self) -> String {
        self.chance.one(&NAMES).to_owned()
    }

    fn page(&mut self) -> Page {
        let all = Page {
            limit: 1000,
            offset: 0,
        };
        let few = Page {
            limit: 2,
            offset: u64::try_from(self.chance.below(4)).unwrap(),
        };
        self.chance.one(&[all, all, few, Page { limit: 0, ..all }])
    }

    fn order(&mut self) -> SortOrder {
        self.chance.one(&[SortOrder::Asc, SortOrder::Desc])
    }

    /// Metadata that one of [`Generator::filter`] may find.
    fn metadata(&mut self) -> JsonObject {
        let mut metadata = JsonObject::new();
        for _ in 0..self.chance.below(4) {
            metadata.extend(object(self.chance.one(&examples::pairs())));
        }
        metadata
    }

    fn filter(&mut self) -> JsonObject {
        if self.chance.once_in(2) {
            return JsonObject::new();
        }
        object(self.chance.one(&examples::filters()))
    }

    fn of_assistants(&mut self) -> Operation {
        let id = self.assistant_id();
        match self.chance.below(10) {
            0 => {
                let graphs = ["agent", "Chat"].into_iter();
                let graphs = graphs
                    .filter(|_| !self.chance.once_in(4))
                    .map(str::to_owned);
                let graphs: Vec<String> = graphs.collect();
                let graphs = graphs.into_iter().map(|graph_id| DefaultAssistant {
                    graph_id,
                    name: self.name(),
                    description: self.chance.maybe(&["helps\0".to_owned()]),
                });
                Operation::SyncDefaultAssistants(graphs.collect())
            }
            1 | 2 => Operation::CreateAssistant(Assistant {
                assistant_id: id,
                graph_id: self.name(),
                config: object(json!({"configurable": {"model": "x"}})),
                context: JsonObject::new(),
                metadata: self.metadata(),
                name: self.name(),
                created_at: self.now(),
                updated_at: self.now(),
                version: 1,
                description: self.chance.maybe(&["says\0".to_owned()]),
            }),
            3 => self.chance.one(&[
                Operation::GetAssistant(id),
                Operation::GetRunnableAssistant(id),
            ]),
            4 | 5 => Operation::ChangeAssistant(id, self.name(), self.metadata()),
            6 => Operation::ListAssistantVersions(id, self.filter(), self.page()),
            7 => {
                let version = i64::try_from(self.chance.below(4)).unwrap();
                Operation::RestoreAssistantVersion(id, version)
            }
            8 => {
                let query = AssistantQuery {
                    metadata: self.filter(),
                    graph_id: self.chance.maybe(&NAMES[..2]).map(str::to_owned),
                    name: self
                        .chance
                        .maybe(&["A", "\0", "ha", "ä"])
                        .map(str::to_owned),
                    sort_by: self.chance.one(&[
                        AssistantSort::AssistantId,
                        AssistantSort::CreatedAt,
                        AssistantSort::UpdatedAt,
                        AssistantSort::Name,
                        AssistantSort::GraphId,
                    ]),
                    sort_order: self.order(),
                    ..AssistantQuery::default()
                };
                if self.chance.once_in(4) {
                    Operation::CountAssistants(query)
                } else {
                    Operation::SearchAssistants(query, self.page())
                }
            }
            _ => Operation::DeleteAssistant(id, self.chance.once_in(2)),
        }
    }

    fn of_crons(&mut self) -> Operation {
        let id = self.cron_id();
        let moments = [self.at(-5), self.at(0), self.at(2), self.at(20)];
        match self.chance.below(12) {
            0..4 => {
                self.crons += 1;
                let metadata = self.metadata();
                let (assistant_id, thread_id) = (self.assistant_id(), self.thread_id());
                Operation::CreateCron(StoredCron {
                    cron: Cron {
                        cron_id: CronId::from(Uuid::from_u128(100_000 + self.crons)),
                        assistant_id,
                        thread_id: self.chance.maybe(&[thread_id]),
                        user_id: self.name(),
                        end_time: self.chance.maybe(&["2030-01-01".to_owned()]),
                        schedule: "* * * * *".to_owned(),
                        timezone: self.chance.maybe(&["Europe/Berlin".to_owned()]),
                        payload: object(json!({"input": {"zero": "\0"}})),
                        next_run_date: self.chance.maybe(&moments),
                        metadata,
                        on_run_completed: self.chance.maybe(&[OnRunCompleted::Keep]),
                        enabled: !self.chance.once_in(4),
                        created_at: self.now(),
                        updated_at: self.now(),
                    },
                    ends_at: self.chance.maybe(&moments),
                    permissions: vec![self.name()],
                })
            }
            4 => Operation::GetCron(id),
            5 => Operation::ChangeCron(id, self.chance.once_in(2), self.chance.maybe(&moments)),
            6 => Operation::DeleteCron(id),
            7 | 8 => {
                let (assistant_id, thread_id) = (self.assistant_id(), self.thread_id());
                let query = CronQuery {
                    assistant_id: self
                        .chance
                        .maybe(&[assistant_id])
                        .filter(|_| self.chance.once_in(2)),
                    thread_id: self
                        .chance
                        .maybe(&[thread_id])
                        .filter(|_| self.chance.once_in(2)),
                    enabled: self.chance.maybe(&[true]),
                    metadata: self.filter(),
                    sort_by: self.chance.one(&[
                        CronSort::CronId,
                        CronSort::AssistantId,
                        CronSort::ThreadId,
                        CronSort::NextRunDate,
                        CronSort::EndTime,
                        CronSort::CreatedAt,
                        CronSort::UpdatedAt,
                    ]),
                    sort_order: self.order(),
                    ..CronQuery::default()
                };
                if self.chance.once_in(4) {
                    Operation::CountCrons(query)
                } else {
                    Operation::SearchCrons(query, self.page())
                }
            }
            9 => self.chance.one(&[
                Operation::ListDueCrons,
                Operation::ListCronsAhead,
                Operation::NextDueCron,
            ]),
            _ => {
                let firing = Firing {
                    cron_id: id,
                    due: self.chance.one(&moments),
                    next: self.chance.maybe(&moments),
                };
                if self.chance.once_in(2) {
                    Operation::AdvanceCron(firing)
                } else {
                    Operation::AdmitForCron(Box::new(self.new_run()), firing)
                }
            }
        }
    }
}
