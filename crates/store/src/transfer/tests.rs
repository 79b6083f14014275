//! Whole states out of a folder and into one. What only Postgres can do beside that is tested there.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{CheckpointTuple, ThreadId};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::tables::{Column, Kind, TABLES, Table};
use super::{Field, Outgoing, StatePlace, export, import};
use crate::checkpoints::NewWrites;
use crate::examples::{at, channel, object, row, write};
use crate::threads::NewThread;
use crate::{Result, Store, StoreError};

/// What no table has that is carried: each is known otherwise, or of no use elsewhere.
const NOT_CARRIED: &[&str] = &[
    // Given anew.
    "sequence",
    "report_id",
    "run",
    // Made of what is carried.
    "terms",
    "folded_name",
    "graph_id of runs",
    "graph_id of gone_runs",
    "threads.expires_at",
    // How a backend keeps a value.
    "packed",
    "base",
    "place",
    // Of servers, and none uses the state.
    "home",
    "claims",
    "user_sealed",
    "taken_by",
    "taken_until",
];

/// A state that has two rows of each kind, with everything in the first and as little as can be in the second.
pub(crate) fn example() -> Vec<u8> {
    let mut outgoing = Outgoing::to(Vec::new(), false).unwrap();
    for table in TABLES {
        for number in 0..2 {
            let fields = table.columns.iter().enumerate();
            let fields: Vec<Field> = fields
                .map(|(at, column)| example_of(table, column, at, number))
                .collect();
            outgoing.row(table, &fields).unwrap();
        }
    }
    outgoing.end().unwrap().0
}

/// A whole state that no backend can take, as a row is there twice.
pub(crate) fn doubled() -> Vec<u8> {
    let mut outgoing = Outgoing::to(Vec::new(), false).unwrap();
    let marks = TABLES.iter().find(|table| table.noun == "event_mark");
    let mark = [Field::Id(Uuid::from_u128(1)), Field::Number(1)];
    for _ in 0..2 {
        outgoing.row(marks.unwrap(), &mark).unwrap();
    }
    outgoing.end().unwrap().0
}

fn example_of(table: &Table, column: &Column, at: usize, number: usize) -> Field {
    if column.optional && number > 0 {
        return Field::Null;
    }
    let count = i64::try_from(at * 10 + number).unwrap();
    let id = |family: u128| {
        let number = u128::try_from(number).unwrap();
        Field::Id(Uuid::from_u128(family << 64 | number))
    };
    match (column.kind, column.name) {
        (Kind::Id | Kind::RunOfRow, "run_id") => id(if table.name == "gone_runs" { 2 } else { 1 }),
        (Kind::Id | Kind::RunOfRow, name) => id(u128::from(
            name.as_bytes().first().copied().unwrap_or_default(),
        )),
        // Unlike any other at the same time, in the order of the rows.
        (Kind::Text, name) => Field::Text(format!("{name} {number} \u{1f4a1}\n\"")),
        (Kind::Json, "permissions") => Field::Text(format!("[\"{number}\"]")),
        (Kind::Json, "kwargs") => Field::Text(
            r#"{"config":{"configurable":{"graph_id":"agent"}},"float":1.50,"text":"\u0000"}"#
                .into(),
        ),
        (Kind::Json, name) => Field::Text(format!(r#"{{ "{name}":{number},"of":1e400 }}"#)),
        (Kind::Number, "behind") => Field::Number(1),
        (Kind::Number, "version") => Field::Number(count),
        (Kind::Number, _) => Field::Number(1_700_000_000 + count),
        (Kind::Real, _) => Field::Real(0.1),
        (Kind::Flag, _) => Field::Flag(number == 0),
        (Kind::Bytes, _) => Field::Bytes(vec![0, 255, u8::try_from(number).unwrap()]),
        // Packed where values are, and not.
        (Kind::Value, _) => Field::Bytes(vec![7; if number == 0 { 100_000 } else { 3 }]),
        (Kind::Namespace, _) => Field::Labels(vec!["a.b".into(), format!("%2E{number}\0")]),
        (Kind::Key, _) => Field::Text(format!("%00 {number} \0")),
    }
}

/// What is kept in a place.
pub(crate) async fn exported(place: StatePlace) -> Vec<u8> {
    export(place, Vec::new(), false).await.unwrap().0
}

pub(crate) fn in_folder(folder: &Path) -> StatePlace {
    StatePlace::Directory(folder.to_owned())
}

/// A folder with a thread of many versions of a growing value, which stand on each other.
pub(crate) async fn grown() -> (TempDir, ThreadId, Vec<CheckpointTuple>) {
    let folder = tempfile::tempdir().unwrap();
    let (store, authority) = Store::open(folder.path()).unwrap();
    let thread_id = ThreadId::fresh();
    let new = NewThread {
        thread_id,
        metadata: object(json!({"owner": "alice"})),
        ttl: None,
        now: at(0),
    };
    store
        .create_thread(new, &authority.everything())
        .await
        .unwrap();
    let mut said = String::new();
    for number in 10..40 {
        said.push_str(&format!("message {number} of many. ").repeat(40));
        let version = format!("{number}");
        let checkpoint = row(thread_id, &version, None, json!({"messages": version}));
        let value: Vec<ChannelBlob> = vec![channel("messages", &version, &said)];
        store
            .put_checkpoint(None, checkpoint, value)
            .await
            .await
            .unwrap();
        let writes = NewWrites {
            thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: version,
            run_id: None,
            writes: vec![write("task", 0, "", &said)],
        };
        store
            .put_checkpoint_writes(None, writes)
            .await
            .await
            .unwrap();
    }
    let tuples = checkpoints(&store, thread_id).await;
    store.close().await;
    (folder, thread_id, tuples)
}

/// All checkpoints of a thread.
pub(crate) async fn checkpoints(store: &Store, thread_id: ThreadId) -> Vec<CheckpointTuple> {
    let mut tuples = Vec::new();
    for number in 10..40 {
        let found = store.get_checkpoint(thread_id, String::new(), Some(number.to_string()));
        tuples.push(found.await.await.unwrap().unwrap());
    }
    tuples
}

/// Fails unless each of these columns (`table.column`) is carried, or is said not to be.
pub(crate) fn all_are_carried(columns: impl IntoIterator<Item = String>) {
    let carried: BTreeSet<String> = TABLES
        .iter()
        .flat_map(|table| {
            let columns = table.columns.iter();
            columns.map(|column| format!("{}.{}", table.name, column.name))
        })
        .collect();
    for column in columns {
        let (table, name) = column.split_once('.').unwrap();
        let of_table = format!("{name} of {table}");
        let is_not = NOT_CARRIED
            .iter()
            .any(|other| [name, &column, &of_table].contains(other));
        let is_vector = table == "item_vectors" && matches!(name, "dimensions" | "vectors");
        assert!(carried.contains(&column) || is_not || is_vector, "{column}");
    }
}

#[tokio::test]
async fn a_state_comes_out_of_a_folder_as_it_went_in() {
    let whole = example();
    let folder = tempfile::tempdir().unwrap();
    let carried = import(Cursor::new(whole.clone()), in_folder(folder.path()));
    let carried = carried.await.unwrap();
    assert_eq!(
        (carried.threads, carried.rows),
        (2, 2 * TABLES.len() as u64)
    );
    let out = exported(in_folder(folder.path())).await;
    assert_eq!(String::from_utf8(out), String::from_utf8(whole.clone()));

    let packed = export(in_folder(folder.path()), Vec::new(), true);
    let (packed, _) = packed.await.unwrap();
    assert!(packed.len() < whole.len() / 4, "{}", packed.len());
    let other = tempfile::tempdir().unwrap();
    import(Cursor::new(packed), in_folder(other.path()))
        .await
        .unwrap();
    assert_eq!(exported(in_folder(other.path())).await, whole);
}

#[tokio::test]
async fn values_that_stand_on_each_other_come_out_whole() {
    let (folder, thread_id, tuples) = grown().await;
    let whole = exported(in_folder(folder.path())).await;
    let other = tempfile::tempdir().unwrap();
    import(Cursor::new(whole.clone()), in_folder(other.path()))
        .await
        .unwrap();
    assert_eq!(exported(in_folder(other.path())).await, whole);
    let (store, _) = Store::open(other.path()).unwrap();
    assert_eq!(checkpoints(&store, thread_id).await, tuples);
    store.close().await;
}

#[tokio::test]
async fn what_is_no_whole_state_leaves_nothing_behind() {
    let whole = example();
    let folder = tempfile::tempdir().unwrap();
    let half = whole.len() / 2;
    let lines = whole[..half].split(|&byte| byte == b'\n').count();
    let refused = import(
        Cursor::new(whole[..half].to_vec()),
        in_folder(folder.path()),
    );
    match refused.await.unwrap_err() {
        StoreError::NotImported { line, .. } => assert_eq!(line, lines as u64),
        other => panic!("{other}"),
    }
    let nothing = export(in_folder(folder.path()), Vec::new(), false).await;
    assert!(matches!(nothing, Err(StoreError::NoState(_))));

    // A line that no state can have: a record of no run.
    let text = String::from_utf8(whole).unwrap();
    let astray = text.replacen(
        r#"{"run":{"run_id":"00000000-0000-0001"#,
        r#"{"run":{"run_id":"00000000-0000-0009"#,
        1,
    );
    assert_ne!(astray, text);
    let refused = import(Cursor::new(astray.into_bytes()), in_folder(folder.path())).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("this `run_record` cannot be taken"),
        "{refused}"
    );
    let refused = import(Cursor::new(doubled()), in_folder(folder.path())).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.starts_with("line 3: this `event_mark` cannot be taken"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_state_is_imported_only_where_there_is_none() {
    let (folder, ..) = grown().await;
    let before = exported(in_folder(folder.path())).await;
    let refused = import(Cursor::new(example()), in_folder(folder.path())).await;
    assert!(matches!(refused, Err(StoreError::NotEmpty)));
    assert_eq!(exported(in_folder(folder.path())).await, before);
    // Nor while somebody uses it.
    let (store, _) = Store::open(folder.path()).unwrap();
    let refused = export(in_folder(folder.path()), Vec::new(), false).await;
    assert!(matches!(refused, Err(StoreError::Locked { .. })));
    store.close().await;
}

#[tokio::test]
async fn all_that_a_folder_keeps_is_carried() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path()).unwrap();
    let columns = store.sqlite().read(|connection| {
        let mut statement = connection.prepare(
            "SELECT tables.name || '.' || columns.name FROM sqlite_schema AS tables, pragma_table_xinfo(tables.name) AS columns
             WHERE tables.type = 'table' AND tables.name NOT IN ('thread_terms', 'run_logs_size', 'sqlite_sequence')",
        )?;
        let columns = statement.query_map([], |row| row.get(0))?;
        Ok(columns.collect::<Result<Vec<String>, _>>()?)
    });
    all_are_carried(columns.await.unwrap());
    store.close().await;
}
