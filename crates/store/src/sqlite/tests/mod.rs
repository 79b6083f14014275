//! The store's tests on real databases, and the examples they share.

#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]

mod assistants;
mod checkpoints;
mod crons;
mod durability;
mod events;
mod expiry;
mod items;
mod multitask;
mod plans;
mod queue;
mod run_ends;
mod runs;
mod store;
mod threads;
mod unavailable;
mod versions;

use lgx_model::query::Page;
use lgx_model::{
    AssistantId, JsonObject, MultitaskStrategy, RawJson, Run, RunId, RunKwargs, RunStatus,
    ThreadId, ThreadStatus, Timestamp,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::runs::{Admission, Admitted, Finish, IfNotExists, NewRun, ThreadEnd, admit};
use crate::sqlite::database;
use crate::threads::{Created, NewThread};
use crate::{Filter, Scope};

/// A page that holds everything.
const ALL: Page = Page {
    limit: 1000,
    offset: 0,
};

fn connection() -> Connection {
    database::in_memory()
}

/// The `seconds`th second.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

fn raw(value: &Value) -> RawJson {
    RawJson::of(value)
}

/// A scope that sees what `owner` owns.
fn owned_by(owner: &str) -> Scope {
    Scope::filtered(Filter::parse(&json!({"owner": owner})).unwrap())
}

/// A thread made at second 0 with `metadata`.
fn thread(connection: &Connection, metadata: Value) -> ThreadId {
    thread_at(connection, metadata, 0)
}

fn thread_at(connection: &Connection, metadata: Value, seconds: i64) -> ThreadId {
    let new = NewThread {
        thread_id: ThreadId::fresh(),
        metadata: object(metadata),
        ttl: None,
        now: at(seconds),
    };
    match crate::threads::create(connection, new, &Scope::everything()).unwrap() {
        Created::Created(thread) => thread.thread_id,
        other => panic!("{other:?}"),
    }
}

/// A run on `thread_id` that comes at second `seconds`, is due at once, and may start.
fn new_run(thread_id: ThreadId, seconds: i64) -> NewRun {
    let kwargs = RunKwargs {
        input: raw(&json!({"messages": ["hello"]})),
        command: RawJson::null(),
        config: object(json!({"configurable": {"graph_id": "agent"}})),
        context: JsonObject::new(),
        stream_mode: vec!["values".to_owned()],
        interrupt_before: RawJson::null(),
        interrupt_after: RawJson::null(),
        webhook: None,
        feedback_keys: None,
        temporary: false,
        subgraphs: false,
        resumable: false,
        checkpoint_during: true,
        durability: "async".to_owned(),
    };
    NewRun {
        run: Run {
            run_id: RunId::fresh(),
            thread_id,
            assistant_id: AssistantId::of_graph("agent"),
            metadata: object(json!({"graph_id": "agent"})),
            status: RunStatus::Pending,
            kwargs,
            multitask_strategy: MultitaskStrategy::Enqueue,
            created_at: at(seconds),
            updated_at: at(seconds),
            langsmith_session_name: None,
        },
        graph_id: "agent".to_owned(),
        own_metadata: JsonObject::new(),
        if_not_exists: IfNotExists::Reject,
        thread_metadata: JsonObject::new(),
        thread_ttl: None,
        config_for_thread: JsonObject::new(),
        may_start: true,
        now: at(seconds),
    }
}

fn with_strategy(mut new: NewRun, strategy: MultitaskStrategy) -> NewRun {
    new.run.multitask_strategy = strategy;
    new
}

/// Admits a run that has to start at once.
fn started(connection: &Connection, new: NewRun) -> Admitted {
    match admit(connection, new, &Scope::everything()).unwrap() {
        Admission::Started(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

/// Admits a run that has to wait.
fn queued(connection: &Connection, new: NewRun) -> Admitted {
    match admit(connection, new, &Scope::everything()).unwrap() {
        Admission::Queued(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

/// The end of a run that succeeded with `values` at second `seconds`.
fn success(values: Value, seconds: i64) -> Finish {
    Finish {
        status: RunStatus::Success,
        thread: ThreadEnd {
            status: ThreadStatus::Idle,
            values: Some(raw(&values)),
            error: None,
            interrupts: RawJson::empty_object(),
        },
        now: at(seconds),
        rollback: false,
        delete_thread: false,
    }
}

fn thread_row(connection: &Connection, thread_id: ThreadId) -> lgx_model::Thread {
    crate::threads::get(connection, thread_id, &Scope::everything())
        .unwrap()
        .unwrap()
}

fn run_status(connection: &Connection, run: &Run) -> Option<RunStatus> {
    let run =
        crate::runs::get(connection, run.thread_id, run.run_id, &Scope::everything()).unwrap();
    run.map(|run| run.status)
}
