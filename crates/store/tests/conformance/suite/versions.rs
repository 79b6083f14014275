//! Versions of assistants: every change makes one, any can be restored, and defaults cannot be lost.

use futures_util::future::join_all;
use lgx_model::Assistant;
use lgx_model::query::Page;

use super::assistants::{graph, own};
use super::*;

async fn made(store: &Backend) -> AssistantId {
    let mine = own("agent", "first", json!({"owner": "alice"}), 1);
    store
        .create_assistant(mine.clone(), &store.everything())
        .await
        .unwrap();
    mine.assistant_id
}

async fn rename(store: &Backend, id: AssistantId, name: &'static str, seconds: i64) -> Assistant {
    store
        .change_assistant(id, &store.everything(), at(seconds), |assistant| {
            name.clone_into(&mut assistant.name);
        })
        .await
        .unwrap()
        .unwrap()
}

async fn listed(store: &Backend, id: AssistantId, page: Page) -> Vec<(i64, String)> {
    let none = JsonObject::new();
    let versions = store
        .list_assistant_versions(id, none.clone(), page, &store.everything())
        .await
        .unwrap();
    versions
        .unwrap()
        .into_iter()
        .map(|version| (version.version, version.name))
        .collect()
}

#[tokio::test]
async fn every_change_makes_the_highest_version_so_far() {
    let store = open().await;
    let id = made(&store).await;
    let second = rename(&store, id, "second", 2).await;
    assert_eq!(
        (second.version, second.created_at, second.updated_at),
        (2, at(1), at(2))
    );
    store
        .restore_assistant_version(id, 1, &store.everything(), at(3))
        .await
        .unwrap();
    let third = rename(&store, id, "third", 4).await;
    assert_eq!(third.version, 3);
    assert_eq!(
        store.get_assistant(id, &store.everything()).await.unwrap(),
        Some(third)
    );
    let names = [(3, "third"), (2, "second"), (1, "first")].map(|(n, name)| (n, name.to_owned()));
    assert_eq!(listed(&store, id, ALL).await, names);
    let page = Page {
        limit: 1,
        offset: 1,
    };
    assert_eq!(listed(&store, id, page).await, names[1..2]);
    let past = Page {
        limit: 1,
        offset: 9,
    };
    assert_eq!(listed(&store, id, past).await, []);
}

#[tokio::test]
async fn each_of_many_changes_at_once_makes_a_version() {
    let store = open().await;
    let id = made(&store).await;
    let everything = store.everything();
    let changes = (2..10).map(|second| {
        store.change_assistant(id, &everything, at(second), |assistant| {
            assistant.name.push('!');
        })
    });
    let changed = join_all(changes).await.into_iter();
    let mut changed: Vec<Assistant> = changed.map(|changed| changed.unwrap().unwrap()).collect();
    changed.sort_by_key(|assistant| assistant.version);
    for (before, assistant) in (1..).zip(&changed) {
        // None was made of what another one had changed already.
        let name = format!("first{}", "!".repeat(before));
        assert_eq!(assistant.name, name);
        assert_eq!(Ok(assistant.version), i64::try_from(before + 1));
    }
    assert_eq!(listed(&store, id, ALL).await.len(), 9);
}

#[tokio::test]
async fn versions_are_found_by_what_their_metadata_contains() {
    let store = open().await;
    let id = made(&store).await;
    let everything = store.everything();
    for (second, stage) in [(2, "test"), (3, "live"), (4, "test"), (5, "test")] {
        let change = move |assistant: &mut Assistant| {
            assistant.metadata = object(json!({"stage": {"name": stage, "since": second}}));
        };
        let changed = store.change_assistant(id, &everything, at(second), change);
        changed.await.unwrap();
    }
    let found = async |metadata: Value, limit, offset| {
        let page = Page { limit, offset };
        let versions = store
            .list_assistant_versions(id, object(metadata), page, &everything)
            .await;
        let versions = versions.unwrap().unwrap().into_iter();
        versions.map(|version| version.version).collect::<Vec<_>>()
    };
    let test = json!({"stage": {"name": "test"}});
    assert_eq!(found(test.clone(), 9, 0).await, [5, 4, 2]);
    assert_eq!(found(test, 1, 1).await, [4]);
    assert_eq!(found(json!({"owner": "alice"}), 9, 0).await, [1]);
    assert_eq!(found(json!({"owner": "bob"}), 9, 0).await, [0; 0]);
}

#[tokio::test]
async fn a_version_comes_back_with_all_that_was_in_it() {
    let store = open().await;
    let id = made(&store).await;
    let first = store
        .get_assistant(id, &store.everything())
        .await
        .unwrap()
        .unwrap();
    store
        .change_assistant(id, &store.everything(), at(2), |assistant| {
            assistant.graph_id = "other".to_owned();
            assistant.context = object(json!({"a": 1}));
            assistant.config = object(json!({"configurable": {"a": 1}}));
            assistant.metadata = object(json!({"owner": "bob"}));
            assistant.description = Some("new".to_owned());
        })
        .await
        .unwrap();
    let restored = store
        .restore_assistant_version(id, 1, &store.everything(), at(3))
        .await
        .unwrap()
        .unwrap();
    let expected = Assistant {
        updated_at: at(3),
        ..first
    };
    assert_eq!(restored, expected);
    assert_eq!(
        store.get_assistant(id, &store.everything()).await.unwrap(),
        Some(expected)
    );
    for version in [0, -1, 3] {
        let none = store
            .restore_assistant_version(id, version, &store.everything(), at(4))
            .await
            .unwrap();
        assert_eq!(none, None, "{version}");
    }
}

#[tokio::test]
async fn only_who_sees_an_assistant_can_change_it() {
    let store = open().await;
    let id = made(&store).await;
    let bob = store.owned_by("bob");
    let none = JsonObject::new();
    assert_eq!(
        store
            .change_assistant(id, &bob, at(2), |_| {})
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .restore_assistant_version(id, 1, &bob, at(2))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .list_assistant_versions(id, none.clone(), ALL, &bob)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .delete_assistant(id, &bob, None, at(2), |ended| ended)
            .await
            .unwrap(),
        None
    );
    assert_eq!(listed(&store, id, ALL).await.len(), 1);
}

#[tokio::test]
async fn a_deleted_assistant_takes_those_of_its_threads_that_may_go() {
    let store = open().await;
    let id = made(&store).await;
    let label = |owner: &str| json!({"assistant_id": id.to_string(), "owner": owner});
    let hers = thread(&store, label("alice")).await;
    let his = thread(&store, label("bob")).await;
    let other = thread(&store, json!({"owner": "alice"})).await;
    let gone = store
        .delete_assistant(
            id,
            &store.everything(),
            Some(store.owned_by("alice")),
            at(2),
            |ended| ended,
        )
        .await;
    assert_eq!(gone.unwrap(), Some(vec![hers]));
    for thread_id in [his, other] {
        thread_row(&store, thread_id).await;
    }
    assert_eq!(
        store.get_assistant(id, &store.everything()).await.unwrap(),
        None
    );
    let again = store
        .delete_assistant(id, &store.everything(), None, at(3), |ended| ended)
        .await;
    assert_eq!(again.unwrap(), None);
}

#[tokio::test]
async fn a_deleted_default_assistant_is_back_as_its_graph_has_it() {
    let store = open().await;
    store
        .sync_default_assistants(vec![graph("agent")], at(1))
        .await
        .unwrap();
    let id = AssistantId::of_graph("agent");
    rename(&store, id, "mine", 2).await;
    let gone = store
        .delete_assistant(id, &store.everything(), None, at(3), |ended| ended)
        .await
        .unwrap();
    assert_eq!(gone, Some(Vec::new()));
    let back = store
        .get_runnable_assistant(id, &store.owned_by("anybody"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (back.name.as_str(), back.version, back.created_at),
        ("agent", 1, at(3))
    );
    assert_eq!(
        listed(&store, id, ALL).await,
        [(1, "agent".to_owned())],
        "one version, not two"
    );
    // It is what the configuration wants, so that a reload leaves it alone.
    store
        .sync_default_assistants(vec![graph("agent")], at(4))
        .await
        .unwrap();
    assert_eq!(
        store.get_assistant(id, &store.everything()).await.unwrap(),
        Some(back)
    );
}
