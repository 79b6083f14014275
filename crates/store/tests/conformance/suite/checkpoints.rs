//! Checkpoints: what is put is found again, newest first, and goes with what it belongs to.

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, CheckpointTuple, PendingWrite, PruneStrategy, ThreadId};
use lgx_store::checkpoints::{ListQuery, NewWrites};
use serde_json::{Value, json};

use super::examples::{channel, row, write};
use super::*;

/// Stores a checkpoint with the values of its channels.
async fn put(store: &Backend, row: &CheckpointRow, channels: &[ChannelBlob]) {
    let put = store.put_checkpoint(None, row.clone(), channels.to_vec());
    put.await.await.unwrap();
}

/// Stores writes for a checkpoint of the root.
async fn put_writes(
    store: &Backend,
    thread_id: ThreadId,
    checkpoint_id: &str,
    run_id: Option<&str>,
    writes: &[PendingWrite],
) {
    let writes = NewWrites {
        thread_id,
        checkpoint_ns: String::new(),
        checkpoint_id: checkpoint_id.to_owned(),
        run_id: run_id.map(str::to_owned),
        writes: writes.to_vec(),
    };
    store
        .put_checkpoint_writes(None, writes)
        .await
        .await
        .unwrap();
}

/// A checkpoint; the newest without an id.
pub(super) async fn get(
    store: &Backend,
    thread_id: ThreadId,
    namespace: &str,
    checkpoint_id: Option<&str>,
) -> Option<CheckpointTuple> {
    let (namespace, checkpoint_id) = (namespace.to_owned(), checkpoint_id.map(str::to_owned));
    let got = store.get_checkpoint(thread_id, namespace, checkpoint_id);
    got.await.await.unwrap()
}

async fn delete_for_runs(store: &Backend, run_ids: &[String]) {
    let deleted = store.delete_checkpoints_of_runs(run_ids.to_vec());
    deleted.await.await.unwrap();
}

async fn prune(store: &Backend, thread_ids: &[ThreadId], strategy: PruneStrategy) {
    let pruned = store.prune_checkpoints(thread_ids.to_vec(), strategy);
    pruned.await.await.unwrap();
}

/// How many channel values and writes a thread has.
async fn counts(store: &Backend, thread_id: ThreadId) -> (i64, i64) {
    let everything = store.everything();
    let storage = store.get_thread_storage(thread_id, &everything).await;
    let storage = storage.unwrap().unwrap();
    (storage.channel_values.count, storage.pending_writes.count)
}

/// Adds checkpoints to the root of a thread, each with a value and a write of its own, made by these runs.
pub(super) async fn chain(
    store: &Backend,
    thread_id: ThreadId,
    runs: &[Option<&str>],
) -> Vec<String> {
    let mut parent = get(store, thread_id, "", None)
        .await
        .map(|tuple| tuple.row.checkpoint_id);
    let mut ids = Vec::new();
    for run_id in runs {
        let id = uuid::Uuid::now_v7().to_string();
        let mut row = row(thread_id, &id, parent.as_deref(), json!({"messages": id}));
        row.run_id = run_id.map(str::to_owned);
        put(store, &row, &[channel("messages", &id, "value")]).await;
        put_writes(
            store,
            thread_id,
            &id,
            *run_id,
            &[write("task", 0, "", "write")],
        )
        .await;
        parent = Some(id.clone());
        ids.push(id);
    }
    ids
}

async fn ids(store: &Backend, query: &ListQuery) -> Vec<String> {
    store
        .list_checkpoints(query.clone())
        .await
        .await
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

#[tokio::test]
async fn a_checkpoint_comes_back_with_the_values_of_its_versions() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let first = row(thread_id, "1", None, json!({"a": "01", "b": "01"}));
    put(
        &store,
        &first,
        &[channel("a", "01", "a1"), channel("b", "01", "b1")],
    )
    .await;
    let second = row(
        thread_id,
        "2",
        Some("1"),
        json!({"a": "02", "b": "01", "unset": "01"}),
    );
    put(&store, &second, &[channel("a", "02", "a2")]).await;

    let newest = get(&store, thread_id, "", None).await.unwrap();
    assert_eq!(newest.row, second);
    assert_eq!(
        newest.channels,
        [channel("a", "02", "a2"), channel("b", "01", "b1")]
    );
    let older = get(&store, thread_id, "", Some("1")).await.unwrap();
    assert_eq!(
        older.channels,
        [channel("a", "01", "a1"), channel("b", "01", "b1")]
    );
    assert!(get(&store, thread_id, "", Some("3")).await.is_none());
    assert!(get(&store, thread_id, "child", None).await.is_none());
    assert!(get(&store, ThreadId::fresh(), "", None).await.is_none());
}

#[tokio::test]
async fn versions_may_be_numbers_and_empty_channels_have_no_value() {
    let store = open().await;
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
    put(&store, &row, &[channel("n", "1", "one"), empty]).await;
    let tuple = get(&store, thread_id, "", None).await.unwrap();
    assert_eq!(tuple.channels, [channel("n", "1", "one")]);
}

#[tokio::test]
async fn namespaces_are_apart() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    put(
        &store,
        &row(thread_id, "1", None, json!({"a": "01"})),
        &[channel("a", "01", "root")],
    )
    .await;
    let child = CheckpointRow {
        checkpoint_ns: "mid:1".to_owned(),
        ..row(thread_id, "2", None, json!({"a": "01"}))
    };
    put(&store, &child, &[channel("a", "01", "child")]).await;
    let root = get(&store, thread_id, "", None).await.unwrap();
    assert_eq!(
        (root.row.checkpoint_id.as_str(), &root.channels[..]),
        ("1", &[channel("a", "01", "root")][..])
    );
    let child = get(&store, thread_id, "mid:1", None).await.unwrap();
    assert_eq!(child.channels, [channel("a", "01", "child")]);
    assert_eq!(ids(&store, &of_thread(thread_id)).await, ["2", "1"]);
    let only = ListQuery {
        checkpoint_ns: Some(String::new()),
        ..of_thread(thread_id)
    };
    assert_eq!(ids(&store, &only).await, ["1"]);
}

#[tokio::test]
async fn writes_are_kept_or_replaced_by_their_index_and_sorted_by_path() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    put(&store, &row(thread_id, "1", None, json!({})), &[]).await;
    for writes in [
        vec![write("z", 0, "a", "first"), write("z", -1, "a", "error")],
        vec![
            write("z", 0, "a", "second"),
            write("z", -1, "a", "newer error"),
            write("z", 1, "a", "more"),
        ],
        vec![write("a", 0, "b", "other task")],
    ] {
        put_writes(&store, thread_id, "1", None, &writes).await;
    }
    let tuple = get(&store, thread_id, "", None).await.unwrap();
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

#[tokio::test]
async fn a_list_ends_where_it_has_enough_bytes_and_says_so() {
    let store = open().await;
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
        put(&store, &row, &[blob]).await;
    }
    let listed = async |most_bytes: Option<usize>, before: Option<&str>| {
        let query = ListQuery {
            most_bytes,
            before: before.map(str::to_owned),
            ..of_thread(thread_id)
        };
        let listed = store.list_checkpoints(query).await.await.unwrap();
        (listed.tuples.len(), listed.more)
    };
    assert_eq!(listed(None, None).await, (3, false));
    assert_eq!(listed(Some(10_000_000), None).await, (3, false));
    assert_eq!(listed(Some(2_100_000), None).await, (2, true));
    assert_eq!(listed(Some(1), None).await, (1, true), "never none at all");
    assert_eq!(listed(Some(1), Some("2")).await, (1, false));
}

#[tokio::test]
async fn lists_are_newest_first_and_narrowed_by_all_that_is_asked() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let other = ThreadId::fresh();
    for n in 1..=4 {
        let mut row = row(thread_id, &n.to_string(), None, json!({}));
        row.metadata =
            object(json!({"source": if n == 1 { "input" } else { "loop" }, "step": n - 2}));
        put(&store, &row, &[]).await;
    }
    put(&store, &row(other, "9", None, json!({})), &[]).await;
    let all = of_thread(thread_id);
    assert_eq!(ids(&store, &all).await, ["4", "3", "2", "1"]);
    assert_eq!(
        ids(
            &store,
            &ListQuery {
                before: Some("3".to_owned()),
                ..all.clone()
            }
        )
        .await,
        ["2", "1"]
    );
    assert_eq!(
        ids(
            &store,
            &ListQuery {
                limit: Some(2),
                ..all.clone()
            }
        )
        .await,
        ["4", "3"]
    );
    assert_eq!(
        ids(
            &store,
            &ListQuery {
                limit: Some(0),
                ..all.clone()
            }
        )
        .await,
        [""; 0]
    );
    assert_eq!(
        ids(
            &store,
            &ListQuery {
                checkpoint_id: Some("2".to_owned()),
                ..all.clone()
            }
        )
        .await,
        ["2"]
    );
    let filtered = ListQuery {
        filter: object(json!({"source": "loop", "step": 1})),
        ..all.clone()
    };
    assert_eq!(ids(&store, &filtered).await, ["3"]);
    let first_loop = ListQuery {
        filter: object(json!({"source": "loop"})),
        limit: Some(1),
        ..all
    };
    assert_eq!(ids(&store, &first_loop).await, ["4"]);
    assert_eq!(
        ids(&store, &ListQuery::default()).await,
        ["9", "4", "3", "2", "1"]
    );
}

#[tokio::test]
async fn deleting_a_runs_checkpoints_leaves_what_others_use() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let untouched = ThreadId::fresh();
    chain(&store, untouched, &[Some("other")]).await;
    let kept = chain(&store, thread_id, &[Some("kept")]).await;
    chain(&store, thread_id, &[Some("gone"), Some("gone")]).await;
    // A resumed run also writes to a checkpoint of the run before.
    put_writes(
        &store,
        thread_id,
        &kept[0],
        Some("gone"),
        &[write("resume", -4, "", "answer")],
    )
    .await;

    delete_for_runs(&store, &["gone".to_owned(), "unknown".to_owned()]).await;
    assert_eq!(ids(&store, &of_thread(thread_id)).await, kept);
    let tuple = get(&store, thread_id, "", None).await.unwrap();
    assert_eq!(
        (tuple.channels.len(), &tuple.writes[..]),
        (1, &[write("task", 0, "", "write")][..])
    );
    assert_eq!(counts(&store, thread_id).await, (1, 1));
    assert_eq!(ids(&store, &of_thread(untouched)).await.len(), 1);
}

#[tokio::test]
async fn a_run_is_known_from_the_metadata_too() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let mut row = row(thread_id, "1", None, json!({}));
    row.metadata = object(json!({"run_id": "mine"}));
    put(&store, &row, &[]).await;
    delete_for_runs(&store, &["mine".to_owned()]).await;
    assert!(get(&store, thread_id, "", None).await.is_none());
}

#[tokio::test]
async fn a_copy_has_everything_and_belongs_to_the_copy() {
    let store = open().await;
    let source = thread(&store, json!({})).await;
    let target = thread(&store, json!({})).await;
    let mut first = row(source, "1", None, json!({"a": "01"}));
    first.metadata = object(json!({"thread_id": source.to_string(), "step": 1}));
    put(&store, &first, &[channel("a", "01", "value")]).await;
    put_writes(
        &store,
        source,
        "1",
        None,
        &[write("task", 0, "", "interrupt")],
    )
    .await;
    chain(&store, source, &[Some("run")]).await;

    store.copy_checkpoints(source, target).await.await.unwrap();
    assert_eq!(
        ids(&store, &of_thread(source)).await,
        ids(&store, &of_thread(target)).await
    );
    let copy = get(&store, target, "", Some("1")).await.unwrap();
    assert_eq!(
        Value::from(copy.row.metadata),
        json!({"thread_id": target.to_string(), "step": 1})
    );
    assert_eq!(copy.channels, [channel("a", "01", "value")]);
    assert_eq!(copy.writes, [write("task", 0, "", "interrupt")]);

    // Deleting the source's run must not reach into the copy.
    delete_for_runs(&store, &["run".to_owned()]).await;
    assert_eq!(ids(&store, &of_thread(source)).await.len(), 1);
    assert_eq!(ids(&store, &of_thread(target)).await.len(), 2);
    store.delete_checkpoints(source).await.await.unwrap();
    assert_eq!(counts(&store, source).await.0, 0);
    assert_eq!(counts(&store, target).await.0, 2);
}

#[tokio::test]
async fn pruning_keeps_the_newest_of_each_namespace() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let root = chain(&store, thread_id, &[None, None, None]).await;
    for n in ["1", "2"] {
        let child = CheckpointRow {
            checkpoint_ns: "child".to_owned(),
            ..row(thread_id, n, None, json!({}))
        };
        put(&store, &child, &[]).await;
    }
    prune(
        &store,
        &[thread_id, ThreadId::fresh()],
        PruneStrategy::KeepLatest,
    )
    .await;
    assert_eq!(
        ids(&store, &of_thread(thread_id)).await,
        ["2".to_owned(), root[2].clone()]
    );
    let newest = get(&store, thread_id, "", None).await.unwrap();
    assert_eq!((newest.channels.len(), newest.writes.len()), (1, 1));
    assert_eq!(counts(&store, thread_id).await, (1, 1));

    prune(&store, &[thread_id], PruneStrategy::Delete).await;
    assert!(ids(&store, &of_thread(thread_id)).await.is_empty());
}

#[tokio::test]
async fn pruning_keeps_the_ancestors_that_a_value_is_rebuilt_from() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    put(
        &store,
        &row(thread_id, "1", None, json!({"log": "01"})),
        &[channel("log", "01", "old")],
    )
    .await;
    put(
        &store,
        &row(thread_id, "2", Some("1"), json!({"log": "02"})),
        &[channel("log", "02", "snapshot")],
    )
    .await;
    put(
        &store,
        &row(thread_id, "3", Some("2"), json!({"log": "03"})),
        &[],
    )
    .await;
    put(
        &store,
        &row(thread_id, "4", Some("3"), json!({"log": "04"})),
        &[],
    )
    .await;
    prune(&store, &[thread_id], PruneStrategy::KeepLatest).await;
    assert_eq!(ids(&store, &of_thread(thread_id)).await, ["4", "3", "2"]);
}

#[tokio::test]
async fn pruning_keeps_no_ancestor_for_a_signal_that_has_been_read() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let versions =
        json!({"__start__": "02", "branch:to:a": "02", "__pregel_tasks": "02", "log": "01"});
    put(
        &store,
        &row(thread_id, "1", None, json!({"log": "01"})),
        &[channel("log", "01", "value")],
    )
    .await;
    put(&store, &row(thread_id, "2", Some("1"), versions), &[]).await;

    prune(&store, &[thread_id], PruneStrategy::KeepLatest).await;
    assert_eq!(ids(&store, &of_thread(thread_id)).await, ["2"]);
}

/// Checkpoints of a channel that grows by some kilobytes each time, and what it says at each.
async fn growing(store: &Backend, thread_id: ThreadId, count: u32) -> Vec<(String, String)> {
    let (mut value, mut parent, mut expected) = (String::new(), None, Vec::new());
    for step in 0..count {
        value += &format!("{} ", uuid::Uuid::new_v4()).repeat(90);
        let (id, version) = (format!("{step:06}"), format!("{step:032}.0.5"));
        let mut row = row(
            thread_id,
            &id,
            parent.as_deref(),
            json!({"messages": version}),
        );
        row.run_id = Some(format!("run-{}", step / 10));
        put(store, &row, &[channel("messages", &version, &value)]).await;
        expected.push((id.clone(), value.clone()));
        parent = Some(id);
    }
    expected
}

async fn says(store: &Backend, thread_id: ThreadId, expected: &[(String, String)]) {
    let listed = store.list_checkpoints(of_thread(thread_id)).await.await;
    let listed = listed.unwrap().tuples.into_iter().rev();
    let found: Vec<_> = listed
        .map(|tuple| {
            (
                tuple.row.checkpoint_id,
                tuple.channels[0].value.bytes.to_vec(),
            )
        })
        .collect();
    assert_eq!(found.len(), expected.len());
    for ((id, found), (expected_id, value)) in found.iter().zip(expected) {
        assert_eq!(id, expected_id);
        assert!(*found == value.as_bytes(), "{id} says something else");
    }
}

#[tokio::test]
async fn a_growing_value_is_the_same_at_every_checkpoint_whatever_else_is_taken_away() {
    let store = open().await;
    let (thread_id, copy) = (ThreadId::fresh(), ThreadId::fresh());
    let expected = growing(&store, thread_id, 45).await;
    says(&store, thread_id, &expected).await;

    store.copy_checkpoints(thread_id, copy).await.await.unwrap();
    for run in ["run-4", "run-1"] {
        delete_for_runs(&store, &[run.to_owned()]).await;
    }
    let left = [&expected[..10], &expected[20..40]].concat();
    says(&store, thread_id, &left).await;
    prune(&store, &[thread_id], PruneStrategy::KeepLatest).await;
    says(&store, thread_id, &left[29..]).await;
    store.delete_checkpoints(thread_id).await.await.unwrap();
    says(&store, copy, &expected).await;
}

#[tokio::test]
async fn values_and_writes_of_some_megabytes_come_back_as_they_were() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let large = "again and again, ".repeat(200_000);
    let row = row(thread_id, "1", None, json!({"files": "1"}));
    put(&store, &row, &[channel("files", "1", &large)]).await;
    put_writes(
        &store,
        thread_id,
        "1",
        None,
        &[write("task", 0, "", &large)],
    )
    .await;
    let tuple = get(&store, thread_id, "", None).await.unwrap();
    assert!(tuple.channels[0].value.bytes == large);
    assert!(tuple.writes[0].value.bytes == large);
}

#[tokio::test]
async fn checkpoints_of_one_id_are_listed_by_namespace_and_thread() {
    let store = open().await;
    let threads = [1, 2].map(|n| ThreadId::from(uuid::Uuid::from_u128(n)));
    for thread_id in threads {
        for ns in ["b", "", "a"] {
            let mut row = row(thread_id, "1", None, json!({}));
            row.checkpoint_ns = ns.to_owned();
            put(&store, &row, &[]).await;
        }
    }
    let listed = store.list_checkpoints(ListQuery::default());
    let listed = listed.await.await.unwrap().tuples;
    let places = listed
        .iter()
        .map(|tuple| (&*tuple.row.checkpoint_ns, tuple.row.thread_id));
    let [first, second] = threads;
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            ("b", second),
            ("b", first),
            ("a", second),
            ("a", first),
            ("", second),
            ("", first)
        ]
    );
}
