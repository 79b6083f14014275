//! Checkpoints: what is put is found again, newest first, and goes with what it belongs to.

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, PendingWrite, ThreadId};
use serde_json::{Value, json};

use super::*;
use crate::checkpoints::{
    ListQuery, PruneStrategy, copy_thread, delete_for_runs, delete_thread, get, list, prune, put,
    put_writes,
};

fn blob(text: &str) -> TypedBlob {
    TypedBlob {
        encoding: "msgpack".to_owned(),
        bytes: text.to_owned().into(),
    }
}

fn channel(channel: &str, version: &str, value: &str) -> ChannelBlob {
    ChannelBlob {
        channel: channel.to_owned(),
        version: version.to_owned(),
        value: blob(value),
    }
}

fn row(
    thread_id: ThreadId,
    checkpoint_id: &str,
    parent: Option<&str>,
    versions: Value,
) -> CheckpointRow {
    CheckpointRow {
        thread_id,
        checkpoint_ns: String::new(),
        checkpoint_id: checkpoint_id.to_owned(),
        parent_checkpoint_id: parent.map(str::to_owned),
        run_id: None,
        checkpoint: blob(checkpoint_id),
        metadata: object(json!({"source": "loop"})),
        channel_versions: object(versions),
    }
}

fn write(task_id: &str, idx: i64, path: &str, value: &str) -> PendingWrite {
    PendingWrite {
        task_id: task_id.to_owned(),
        idx,
        channel: "messages".to_owned(),
        value: blob(value),
        task_path: path.to_owned(),
    }
}

/// Adds checkpoints to the root of a thread, each with a value and a write of its own, made by these runs.
pub(super) fn chain(
    connection: &Connection,
    thread_id: ThreadId,
    runs: &[Option<&str>],
) -> Vec<String> {
    let mut parent = get(connection, thread_id, "", None)
        .unwrap()
        .map(|tuple| tuple.row.checkpoint_id);
    let mut ids = Vec::new();
    for run_id in runs {
        let id = uuid::Uuid::now_v7().to_string();
        let mut row = row(thread_id, &id, parent.as_deref(), json!({"messages": id}));
        row.run_id = run_id.map(str::to_owned);
        put(connection, &row, &[channel("messages", &id, "value")]).unwrap();
        put_writes(
            connection,
            thread_id,
            "",
            &id,
            *run_id,
            &[write("task", 0, "", "write")],
        )
        .unwrap();
        parent = Some(id.clone());
        ids.push(id);
    }
    ids
}

fn ids(connection: &Connection, query: &ListQuery) -> Vec<String> {
    list(connection, query)
        .unwrap()
        .tuples
        .into_iter()
        .map(|tuple| tuple.row.checkpoint_id)
        .collect()
}

fn of_thread(thread_id: ThreadId) -> ListQuery {
    ListQuery {
        thread_id: Some(thread_id),
        ..ListQuery::default()
    }
}

fn count(connection: &Connection, table: &str, thread_id: ThreadId) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE thread_id = ?1");
    connection
        .query_row(&sql, [thread_id.to_string()], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_checkpoint_comes_back_with_the_values_of_its_versions() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let first = row(thread_id, "1", None, json!({"a": "01", "b": "01"}));
    put(
        &connection,
        &first,
        &[channel("a", "01", "a1"), channel("b", "01", "b1")],
    )
    .unwrap();
    let second = row(
        thread_id,
        "2",
        Some("1"),
        json!({"a": "02", "b": "01", "unset": "01"}),
    );
    put(&connection, &second, &[channel("a", "02", "a2")]).unwrap();

    let newest = get(&connection, thread_id, "", None).unwrap().unwrap();
    assert_eq!(newest.row, second);
    assert_eq!(
        newest.channels,
        [channel("a", "02", "a2"), channel("b", "01", "b1")]
    );
    let older = get(&connection, thread_id, "", Some("1")).unwrap().unwrap();
    assert_eq!(
        older.channels,
        [channel("a", "01", "a1"), channel("b", "01", "b1")]
    );
    assert!(
        get(&connection, thread_id, "", Some("3"))
            .unwrap()
            .is_none()
    );
    assert!(
        get(&connection, thread_id, "child", None)
            .unwrap()
            .is_none()
    );
    assert!(
        get(&connection, ThreadId::fresh(), "", None)
            .unwrap()
            .is_none()
    );
}

#[test]
fn versions_may_be_numbers_and_empty_channels_have_no_value() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let empty = ChannelBlob {
        channel: "gone".to_owned(),
        version: "2".to_owned(),
        value: TypedBlob {
            encoding: "empty".to_owned(),
            bytes: Vec::new().into(),
        },
    };
    let row = row(thread_id, "1", None, json!({"n": 1, "gone": 2}));
    put(&connection, &row, &[channel("n", "1", "one"), empty]).unwrap();
    let tuple = get(&connection, thread_id, "", None).unwrap().unwrap();
    assert_eq!(tuple.channels, [channel("n", "1", "one")]);
}

#[test]
fn namespaces_are_apart() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    put(
        &connection,
        &row(thread_id, "1", None, json!({"a": "01"})),
        &[channel("a", "01", "root")],
    )
    .unwrap();
    let child = CheckpointRow {
        checkpoint_ns: "mid:1".to_owned(),
        ..row(thread_id, "2", None, json!({"a": "01"}))
    };
    put(&connection, &child, &[channel("a", "01", "child")]).unwrap();
    let root = get(&connection, thread_id, "", None).unwrap().unwrap();
    assert_eq!(
        (root.row.checkpoint_id.as_str(), &root.channels[..]),
        ("1", &[channel("a", "01", "root")][..])
    );
    let child = get(&connection, thread_id, "mid:1", None).unwrap().unwrap();
    assert_eq!(child.channels, [channel("a", "01", "child")]);
    assert_eq!(ids(&connection, &of_thread(thread_id)), ["2", "1"]);
    let only = ListQuery {
        checkpoint_ns: Some(String::new()),
        ..of_thread(thread_id)
    };
    assert_eq!(ids(&connection, &only), ["1"]);
}

#[test]
fn writes_are_kept_or_replaced_by_their_index_and_sorted_by_path() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    put(&connection, &row(thread_id, "1", None, json!({})), &[]).unwrap();
    let put = |writes: &[PendingWrite]| {
        put_writes(&connection, thread_id, "", "1", None, writes).unwrap();
    };
    put(&[write("z", 0, "a", "first"), write("z", -1, "a", "error")]);
    put(&[
        write("z", 0, "a", "second"),
        write("z", -1, "a", "newer error"),
        write("z", 1, "a", "more"),
    ]);
    put(&[write("a", 0, "b", "other task")]);
    let tuple = get(&connection, thread_id, "", None).unwrap().unwrap();
    assert_eq!(
        tuple.writes,
        [
            write("z", -1, "a", "newer error"),
            write("z", 0, "a", "first"),
            write("z", 1, "a", "more"),
            write("a", 0, "b", "other task")
        ]
    );
}

#[test]
fn a_list_ends_where_it_has_enough_bytes_and_says_so() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    for n in 1..=3 {
        let row = row(thread_id, &n.to_string(), None, json!({"c": n.to_string()}));
        let blob = ChannelBlob {
            channel: "c".into(),
            version: n.to_string(),
            value: TypedBlob {
                encoding: "json".into(),
                bytes: vec![b'x'; 1_000_000].into(),
            },
        };
        put(&connection, &row, &[blob]).unwrap();
    }
    let listed = |most_bytes: Option<usize>, before: Option<&str>| {
        let query = ListQuery {
            most_bytes,
            before: before.map(str::to_owned),
            ..of_thread(thread_id)
        };
        let listed = list(&connection, &query).unwrap();
        (listed.tuples.len(), listed.more)
    };
    assert_eq!(listed(None, None), (3, false));
    assert_eq!(listed(Some(10_000_000), None), (3, false));
    assert_eq!(listed(Some(2_100_000), None), (2, true));
    assert_eq!(listed(Some(1), None), (1, true), "never none at all");
    assert_eq!(listed(Some(1), Some("2")), (1, false));
}

#[test]
fn lists_are_newest_first_and_narrowed_by_all_that_is_asked() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let other = ThreadId::fresh();
    for n in 1..=4 {
        let mut row = row(thread_id, &n.to_string(), None, json!({}));
        row.metadata =
            object(json!({"source": if n == 1 { "input" } else { "loop" }, "step": n - 2}));
        put(&connection, &row, &[]).unwrap();
    }
    put(&connection, &row(other, "9", None, json!({})), &[]).unwrap();
    let all = of_thread(thread_id);
    assert_eq!(ids(&connection, &all), ["4", "3", "2", "1"]);
    assert_eq!(
        ids(
            &connection,
            &ListQuery {
                before: Some("3".to_owned()),
                ..all.clone()
            }
        ),
        ["2", "1"]
    );
    assert_eq!(
        ids(
            &connection,
            &ListQuery {
                limit: Some(2),
                ..all.clone()
            }
        ),
        ["4", "3"]
    );
    assert_eq!(
        ids(
            &connection,
            &ListQuery {
                limit: Some(0),
                ..all.clone()
            }
        ),
        [""; 0]
    );
    assert_eq!(
        ids(
            &connection,
            &ListQuery {
                checkpoint_id: Some("2".to_owned()),
                ..all.clone()
            }
        ),
        ["2"]
    );
    let filtered = ListQuery {
        filter: object(json!({"source": "loop", "step": 1})),
        ..all.clone()
    };
    assert_eq!(ids(&connection, &filtered), ["3"]);
    let first_loop = ListQuery {
        filter: object(json!({"source": "loop"})),
        limit: Some(1),
        ..all
    };
    assert_eq!(ids(&connection, &first_loop), ["4"]);
    assert_eq!(
        ids(&connection, &ListQuery::default()),
        ["9", "4", "3", "2", "1"]
    );
}

#[test]
fn deleting_a_runs_checkpoints_leaves_what_others_use() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let untouched = ThreadId::fresh();
    chain(&connection, untouched, &[Some("other")]);
    let kept = chain(&connection, thread_id, &[Some("kept")]);
    chain(&connection, thread_id, &[Some("gone"), Some("gone")]);
    // A resumed run also writes to a checkpoint of the run before.
    put_writes(
        &connection,
        thread_id,
        "",
        &kept[0],
        Some("gone"),
        &[write("resume", -4, "", "answer")],
    )
    .unwrap();

    delete_for_runs(&connection, &["gone".to_owned(), "unknown".to_owned()]).unwrap();
    assert_eq!(ids(&connection, &of_thread(thread_id)), kept);
    let tuple = get(&connection, thread_id, "", None).unwrap().unwrap();
    assert_eq!(
        (tuple.channels.len(), &tuple.writes[..]),
        (1, &[write("task", 0, "", "write")][..])
    );
    assert_eq!(
        (
            count(&connection, "blobs", thread_id),
            count(&connection, "writes", thread_id)
        ),
        (1, 1)
    );
    assert_eq!(ids(&connection, &of_thread(untouched)).len(), 1);
}

#[test]
fn a_run_is_known_from_the_metadata_too() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let mut row = row(thread_id, "1", None, json!({}));
    row.metadata = object(json!({"run_id": "mine"}));
    put(&connection, &row, &[]).unwrap();
    delete_for_runs(&connection, &["mine".to_owned()]).unwrap();
    assert!(get(&connection, thread_id, "", None).unwrap().is_none());
}

#[test]
fn a_copy_has_everything_and_belongs_to_the_copy() {
    let connection = connection();
    let (source, target) = (ThreadId::fresh(), ThreadId::fresh());
    let mut first = row(source, "1", None, json!({"a": "01"}));
    first.metadata = object(json!({"thread_id": source.to_string(), "step": 1}));
    put(&connection, &first, &[channel("a", "01", "value")]).unwrap();
    put_writes(
        &connection,
        source,
        "",
        "1",
        None,
        &[write("task", 0, "", "interrupt")],
    )
    .unwrap();
    chain(&connection, source, &[Some("run")]);

    copy_thread(&connection, source, target).unwrap();
    assert_eq!(
        ids(&connection, &of_thread(source)),
        ids(&connection, &of_thread(target))
    );
    let copy = get(&connection, target, "", Some("1")).unwrap().unwrap();
    assert_eq!(
        Value::from(copy.row.metadata),
        json!({"thread_id": target.to_string(), "step": 1})
    );
    assert_eq!(copy.channels, [channel("a", "01", "value")]);
    assert_eq!(copy.writes, [write("task", 0, "", "interrupt")]);

    // Deleting the source's run must not reach into the copy.
    delete_for_runs(&connection, &["run".to_owned()]).unwrap();
    assert_eq!(ids(&connection, &of_thread(source)).len(), 1);
    assert_eq!(ids(&connection, &of_thread(target)).len(), 2);
    delete_thread(&connection, source).unwrap();
    assert_eq!(count(&connection, "blobs", source), 0);
    assert_eq!(count(&connection, "blobs", target), 2);
}

#[test]
fn pruning_keeps_the_newest_of_each_namespace() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let root = chain(&connection, thread_id, &[None, None, None]);
    for n in ["1", "2"] {
        let child = CheckpointRow {
            checkpoint_ns: "child".to_owned(),
            ..row(thread_id, n, None, json!({}))
        };
        put(&connection, &child, &[]).unwrap();
    }
    prune(
        &connection,
        &[thread_id, ThreadId::fresh()],
        PruneStrategy::KeepLatest,
    )
    .unwrap();
    assert_eq!(
        ids(&connection, &of_thread(thread_id)),
        ["2".to_owned(), root[2].clone()]
    );
    let newest = get(&connection, thread_id, "", None).unwrap().unwrap();
    assert_eq!((newest.channels.len(), newest.writes.len()), (1, 1));
    assert_eq!(
        (
            count(&connection, "blobs", thread_id),
            count(&connection, "writes", thread_id)
        ),
        (1, 1)
    );

    prune(&connection, &[thread_id], PruneStrategy::Delete).unwrap();
    assert!(ids(&connection, &of_thread(thread_id)).is_empty());
}

#[test]
fn pruning_keeps_the_ancestors_that_a_value_is_rebuilt_from() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    put(
        &connection,
        &row(thread_id, "1", None, json!({"log": "01"})),
        &[channel("log", "01", "old")],
    )
    .unwrap();
    put(
        &connection,
        &row(thread_id, "2", Some("1"), json!({"log": "02"})),
        &[channel("log", "02", "snapshot")],
    )
    .unwrap();
    put(
        &connection,
        &row(thread_id, "3", Some("2"), json!({"log": "03"})),
        &[],
    )
    .unwrap();
    put(
        &connection,
        &row(thread_id, "4", Some("3"), json!({"log": "04"})),
        &[],
    )
    .unwrap();
    prune(&connection, &[thread_id], PruneStrategy::KeepLatest).unwrap();
    assert_eq!(ids(&connection, &of_thread(thread_id)), ["4", "3", "2"]);
}

#[test]
fn pruning_keeps_no_ancestor_for_a_signal_that_has_been_read() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let versions =
        json!({"__start__": "02", "branch:to:a": "02", "__pregel_tasks": "02", "log": "01"});
    put(
        &connection,
        &row(thread_id, "1", None, json!({"log": "01"})),
        &[channel("log", "01", "value")],
    )
    .unwrap();
    put(&connection, &row(thread_id, "2", Some("1"), versions), &[]).unwrap();

    prune(&connection, &[thread_id], PruneStrategy::KeepLatest).unwrap();
    assert_eq!(ids(&connection, &of_thread(thread_id)), ["2"]);
}
