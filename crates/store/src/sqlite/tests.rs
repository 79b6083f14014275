//! What only `SQLite` has: query plans, rows, the order of its one queue, and what a file goes through.

#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]

mod deltas;
mod durability;
mod kept_runs;
mod many_checkpoints;
mod plans;
mod rows;
mod store;
mod unavailable;

use lgx_model::{JsonObject, RawJson, RunError, RunId, RunStatus, ThreadId};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::checkpoints::LARGE;
use super::{Sqlite, checkpoints, database, runs, threads};
use crate::checkpoints::prepared::{NewValue, NewWrite};
use crate::examples::{ALL, at, channel, new_run, object, raw, row, success, with_strategy, write};
use crate::runs::{Admission, Admitted, Finish, NewRun, StopOrder};
use crate::threads::NewThread;
use crate::{Authority, Creation, Filter, Scope};

fn connection() -> Connection {
    database::in_memory()
}

/// A scope that sees everything.
fn everything() -> Scope {
    Authority::new().everything()
}

/// A scope that sees what `owner` owns.
fn owned_by(owner: &str) -> Scope {
    Authority::new().filtered(Filter::parse(&json!({"owner": owner})).unwrap())
}

/// A thread made at second 0 with `metadata`.
fn thread(connection: &Connection, metadata: Value) -> ThreadId {
    let new = NewThread {
        thread_id: ThreadId::fresh(),
        metadata: object(metadata),
        ttl: None,
        now: at(0),
    };
    match threads::create(connection, new, &everything()).unwrap() {
        Creation::Created(thread) => thread.thread_id,
        other => panic!("{other:?}"),
    }
}

/// How a run ends that had been told to stop.
fn interrupted(order: &StopOrder) -> Finish {
    Finish {
        status: RunStatus::Interrupted,
        rollback: order.rollback,
        ..Finish::failed(RunError::new("Stopped", order.reason.clone()), at(9))
    }
}

/// Admits a run that has to start at once.
fn started(connection: &Connection, new: NewRun) -> Admitted {
    match runs::admit(connection, new, &everything()).unwrap() {
        Admission::Started(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

/// Admits a run that has to wait.
fn queued(connection: &Connection, new: NewRun) -> Admitted {
    match runs::admit(connection, new, &everything()).unwrap() {
        Admission::Queued(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

/// Stores a checkpoint with a value and a write, made by this run.
fn checkpoint(connection: &Connection, thread_id: ThreadId, run_id: Option<&str>) {
    let id = uuid::Uuid::now_v7().to_string();
    let mut row = row(thread_id, &id, None, json!({"messages": id}));
    row.run_id = run_id.map(str::to_owned);
    checkpoints::put(
        connection,
        &row,
        &[NewValue::prepare(channel("messages", &id, "value"), LARGE)],
    )
    .unwrap();
    let writes = [NewWrite::prepare(write("task", 0, "", "write"), LARGE)];
    checkpoints::put_writes(connection, thread_id, "", &id, run_id, &writes).unwrap();
}
