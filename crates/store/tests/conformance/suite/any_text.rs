//! Names have any character, U+0000 too: each is kept, found, and in its place among the others.

use lgx_model::query::{AssistantQuery, AssistantSort, RunSearch, SortOrder};
use lgx_store::checkpoints::{ListQuery, NewWrites};
use lgx_store::events::{Append, Change};

use super::assistants::{graph, own};
use super::crons::{example, insert};
use super::examples::{blob, channel, row, write};
use super::*;

/// Names in their order, all of which are parts of the last but one.
const NAMES: [&str; 7] = ["a", "a\0", "a\0b", "a\u{1}", "a\u{2}", "a\u{3}b", "b"];

#[tokio::test]
async fn assistants_are_named_found_and_sorted_by_any_characters() {
    let store = open().await;
    let everything = store.everything();
    for (seconds, name) in (1..).zip(NAMES.iter().rev()) {
        let mut assistant = own(name, name, json!({"owner": name}), seconds);
        assistant.description = Some(format!("{name}\0"));
        let made = store.create_assistant(assistant.clone(), &everything);
        assert_eq!(made.await.unwrap(), Creation::Created(Box::new(assistant)));
    }
    for sort_by in [AssistantSort::Name, AssistantSort::GraphId] {
        let query = AssistantQuery {
            sort_by,
            sort_order: SortOrder::Asc,
            ..AssistantQuery::default()
        };
        let found = store
            .search_assistants(query, ALL, &everything)
            .await
            .unwrap();
        let names: Vec<_> = found.rows.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, NAMES);
        let described =
            |found: &lgx_model::Assistant| found.description == Some(format!("{}\0", found.name));
        assert!(found.rows.iter().all(described), "{found:?}");
    }
    for (part, count) in [
        ("A\0", 2),
        ("\0", 2),
        ("\u{2}", 1),
        ("\u{1}", 1),
        ("b", 3),
        ("\0\u{1}", 0),
    ] {
        let query = AssistantQuery {
            name: Some(part.to_owned()),
            ..AssistantQuery::default()
        };
        let counted = store.count_assistants(query, &everything).await.unwrap();
        assert_eq!(counted, count, "{part:?}");
    }
    let of_graph = AssistantQuery {
        graph_id: Some("a\0".to_owned()),
        metadata: object(json!({"owner": "a\0"})),
        ..AssistantQuery::default()
    };
    let found = store
        .search_assistants(of_graph, ALL, &everything)
        .await
        .unwrap();
    let assistant_id = found.rows[0].assistant_id;
    let change = |assistant: &mut lgx_model::Assistant| assistant.name = "\0new".to_owned();
    let changed = store.change_assistant(assistant_id, &everything, at(50), change);
    assert_eq!(changed.await.unwrap().unwrap().name, "\0new");
    let versions = store.list_assistant_versions(assistant_id, JsonObject::new(), ALL, &everything);
    let versions = versions.await.unwrap().unwrap();
    let names: Vec<_> = versions
        .iter()
        .map(|version| version.name.as_str())
        .collect();
    assert_eq!(names, ["\0new", "a\0"]);
}

#[tokio::test]
async fn graphs_have_default_assistants_whatever_they_are_called() {
    let store = open().await;
    for _ in 0..2 {
        let graphs = vec![graph("a\0b"), graph("ab")];
        store.sync_default_assistants(graphs, at(1)).await.unwrap();
    }
    let everything = store.everything();
    let assistant = store.get_assistant(AssistantId::of_graph("a\0b"), &everything);
    let assistant = assistant.await.unwrap().unwrap();
    assert_eq!((&*assistant.graph_id, assistant.version), ("a\0b", 1));
}

#[tokio::test]
async fn runs_are_found_by_the_name_of_any_graph() {
    let store = open().await;
    let everything = store.everything();
    let thread_id = thread(&store, json!({})).await;
    for name in NAMES {
        let mut new = new_run(thread_id, 1);
        let configurable = json!({"graph_id": name});
        new.run
            .kwargs
            .config
            .insert("configurable".to_owned(), configurable);
        store.admit(new, &everything).await.unwrap();
    }
    for name in NAMES {
        let search = RunSearch {
            graph_id: Some(name.to_owned()),
            ..RunSearch::default()
        };
        let found = store.search_runs(search, ALL, &everything).await.unwrap();
        assert_eq!((found.rows.len(), found.total), (1, 1), "{name:?}");
    }
}

#[tokio::test]
async fn a_reason_to_stop_is_kept_to_the_letter() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    started(&store, new_run(thread_id, 1)).await;
    let order = StopOrder {
        reason: "enough\0\u{1}".to_owned(),
        ..asked(false)
    };
    let all = lgx_store::runs::CancelTarget::Status(vec![RunStatus::Running]);
    let everything = store.everything();
    let cancelled = store.cancel_runs(all, order.clone(), at(2), &everything, |_| ());
    cancelled.await.unwrap();
    assert_eq!(recovered(&store, 3).await.stopped[0].order, order);
}

#[tokio::test]
async fn crons_come_back_with_all_characters() {
    let store = open().await;
    let mut stored = example(1, Some(60));
    stored.cron.user_id = "al\0ice".to_owned();
    stored.cron.schedule = "* * * * *\0".to_owned();
    stored.cron.timezone = Some("\0".to_owned());
    stored.cron.end_time = Some("\u{1}".to_owned());
    stored.permissions = vec!["\0".to_owned()];
    let cron_id = insert(&store, &stored).await;
    let found = store.get_cron(cron_id, &store.everything()).await.unwrap();
    assert_eq!(found, Some(stored));
}

#[tokio::test]
async fn events_come_back_under_any_name() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let claim = started(&store, new_run(thread_id, 1)).await.claim;
    let append = Change::Append(Append {
        run_id: claim.run_id,
        claim: Some(claim),
        millis: 1,
        serial: 0,
        seq: 1,
        frames: 1,
        name: "custom|a\0:b".into(),
        data: b"\0".to_vec(),
    });
    let changed = store.change_events(vec![(thread_id, append)]);
    changed.await.await.unwrap();
    let kept = store.get_events_of_thread(thread_id).await.unwrap();
    assert_eq!(kept.events[0].name, "custom|a\0:b");
    assert_eq!(kept.events[0].data, b"\0");
}

#[tokio::test]
async fn checkpoints_channels_and_tasks_have_any_names() {
    let store = open().await;
    let everything = store.everything();
    let thread_id = thread(&store, json!({})).await;
    for ns in ["", "a\0", "a\u{1}"] {
        let mut parent = None;
        for id in NAMES {
            let version = format!("{id}\0");
            let mut row = row(
                thread_id,
                id,
                parent,
                json!({"a\0": version, "a\u{1}": version, "n": 1}),
            );
            row.checkpoint_ns = ns.to_owned();
            row.run_id = Some("run\0".to_owned());
            row.checkpoint = blob("\0");
            let channels =
                ["a\0", "a\u{1}"].map(|name| channel(name, &version, &format!("{name}{id}")));
            let put = store.put_checkpoint(None, row.clone(), channels.to_vec());
            put.await.await.unwrap();
            let mut of_task = write("task\0", 0, "~__pregel_pull, a\0", "value\0");
            of_task.channel = "a\0".to_owned();
            let writes = NewWrites {
                thread_id,
                checkpoint_ns: ns.to_owned(),
                checkpoint_id: id.to_owned(),
                run_id: None,
                writes: vec![of_task.clone()],
            };
            let put = store.put_checkpoint_writes(None, writes);
            put.await.await.unwrap();
            let got = store.get_checkpoint(thread_id, ns.to_owned(), Some(id.to_owned()));
            let got = got.await.await.unwrap().unwrap();
            assert_eq!((&got.row, &*got.channels), (&row, &channels[..]));
            assert_eq!(got.writes, [of_task]);
            parent = Some(id);
        }
    }
    let listed = store.list_checkpoints(ListQuery {
        thread_id: Some(thread_id),
        checkpoint_ns: Some("a\0".to_owned()),
        before: Some("a\u{1}".to_owned()),
        ..ListQuery::default()
    });
    let listed = listed.await.await.unwrap().tuples;
    let ids: Vec<_> = listed
        .iter()
        .map(|tuple| tuple.row.checkpoint_id.as_str())
        .collect();
    assert_eq!(ids, ["a\0b", "a\0", "a"]);
    let storage = store.get_thread_storage(thread_id, &everything);
    let storage = storage.await.unwrap().unwrap().channel_values.by_channel;
    assert_eq!(storage["a\0"].versions, 21);
    let of_ns =
        store.list_checkpoint_summaries(thread_id, Some("a\0".to_owned()), ALL, &everything);
    let of_ns = of_ns.await.unwrap().unwrap();
    assert_eq!(of_ns.total, 7);
    assert_eq!(of_ns.checkpoints[0].nodes, ["a\0"]);

    let copied = ThreadId::fresh();
    let copy = store.copy_checkpoints(thread_id, copied);
    copy.await.await.unwrap();
    let pruned = store.prune_checkpoints(vec![copied], lgx_model::PruneStrategy::KeepLatest);
    pruned.await.await.unwrap();
    let newest = store.get_checkpoint(copied, "a\0".to_owned(), None);
    let newest = newest.await.await.unwrap().unwrap();
    assert_eq!(newest.channels[0], channel("a\0", "b\0", "a\0b"));
    let deleted = store.delete_checkpoints_of_runs(vec!["run\0".to_owned()]);
    deleted.await.await.unwrap();
    let left = store.get_checkpoint(thread_id, "a\0".to_owned(), None);
    assert_eq!(left.await.await.unwrap(), None);
}
