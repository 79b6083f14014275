//! Assistants: the default ones follow the configuration, users' own stay.

use futures_util::future::join_all;
use lgx_model::query::{AssistantQuery, AssistantSort, SortOrder};
use lgx_model::{Assistant, AssistantId};
use serde_json::{Value, json};

use lgx_store::assistants::DefaultAssistant;

use super::*;

pub(super) fn graph(graph_id: &str) -> DefaultAssistant {
    DefaultAssistant {
        graph_id: graph_id.to_owned(),
        name: graph_id.to_owned(),
        description: None,
    }
}

pub(super) fn own(graph_id: &str, name: &str, metadata: Value, seconds: i64) -> Assistant {
    Assistant {
        assistant_id: AssistantId::random(),
        graph_id: graph_id.to_owned(),
        config: JsonObject::new(),
        context: JsonObject::new(),
        metadata: object(metadata),
        name: name.to_owned(),
        created_at: at(seconds),
        updated_at: at(seconds),
        version: 1,
        description: None,
    }
}

async fn names(store: &Backend, query: &AssistantQuery, scope: &Scope) -> Vec<String> {
    let rows = store
        .search_assistants(query.clone(), ALL, scope)
        .await
        .unwrap();
    assert_eq!(
        rows.total,
        store.count_assistants(query.clone(), scope).await.unwrap()
    );
    rows.rows
        .into_iter()
        .map(|assistant| assistant.name)
        .collect()
}

#[tokio::test]
async fn each_graph_has_a_default_assistant() {
    let store = open().await;
    let described = DefaultAssistant {
        description: Some("helps".to_owned()),
        ..graph("agent")
    };
    store
        .sync_default_assistants(vec![described], at(1))
        .await
        .unwrap();
    let id = AssistantId::of_graph("agent");
    let assistant = store
        .get_assistant(id, &store.everything())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        serde_json::to_value(assistant).unwrap(),
        json!({"assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca", "graph_id": "agent", "config": {}, "context": {},
               "metadata": {"created_by": "system"}, "name": "agent", "created_at": "1970-01-01T00:00:01+00:00",
               "updated_at": "1970-01-01T00:00:01+00:00", "version": 1, "description": "helps"})
    );
}

#[tokio::test]
async fn defaults_follow_the_configured_graphs_and_leave_the_rest_alone() {
    let store = open().await;
    store
        .sync_default_assistants(vec![graph("kept"), graph("renamed"), graph("gone")], at(1))
        .await
        .unwrap();
    let mine = own("gone", "mine", json!({"created_by": "system"}), 2);
    store
        .create_assistant(mine.clone(), &store.everything())
        .await
        .unwrap();

    let renamed = DefaultAssistant {
        name: "new name".to_owned(),
        ..graph("renamed")
    };
    store
        .sync_default_assistants(vec![graph("kept"), renamed, graph("added")], at(3))
        .await
        .unwrap();
    let get = async |id| store.get_assistant(id, &store.everything()).await.unwrap();
    assert_eq!(
        get(AssistantId::of_graph("kept")).await.unwrap().created_at,
        at(1)
    );
    let renamed = get(AssistantId::of_graph("renamed")).await.unwrap();
    assert_eq!(
        (renamed.name.as_str(), renamed.created_at, renamed.version),
        ("new name", at(3), 1)
    );
    assert_eq!(
        get(AssistantId::of_graph("added"))
            .await
            .unwrap()
            .created_at,
        at(3)
    );
    assert_eq!(get(AssistantId::of_graph("gone")).await, None);
    assert_eq!(get(mine.assistant_id).await, Some(mine));
}

#[tokio::test]
async fn an_id_is_taken_once() {
    let store = open().await;
    let mine = own("agent", "mine", json!({"owner": "alice"}), 1);
    let create = async |scope: &Scope| store.create_assistant(mine.clone(), scope).await.unwrap();
    assert_eq!(
        create(&store.owned_by("alice")).await,
        Creation::Created(Box::new(mine.clone()))
    );
    assert_eq!(
        create(&store.owned_by("alice")).await,
        Creation::Existing(Box::new(mine.clone()))
    );
    assert_eq!(create(&store.owned_by("bob")).await, Creation::Hidden);
}

#[tokio::test]
async fn everybody_may_run_a_default_assistant_but_only_its_owner_another() {
    let store = open().await;
    store
        .sync_default_assistants(vec![graph("agent")], at(1))
        .await
        .unwrap();
    // Saying so does not make it one.
    let hers = own(
        "agent",
        "hers",
        json!({"owner": "alice", "created_by": "system"}),
        2,
    );
    store
        .create_assistant(hers.clone(), &store.everything())
        .await
        .unwrap();
    let default = AssistantId::of_graph("agent");
    let runnable = async |id, scope: &Scope| {
        store
            .get_runnable_assistant(id, scope)
            .await
            .unwrap()
            .is_some()
    };
    assert!(runnable(default, &store.owned_by("bob")).await);
    assert!(
        store
            .get_assistant(default, &store.owned_by("bob"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(runnable(hers.assistant_id, &store.owned_by("alice")).await);
    assert!(!runnable(hers.assistant_id, &store.owned_by("bob")).await);
    assert!(!runnable(AssistantId::random(), &store.everything()).await);
}

#[tokio::test]
async fn searches_filter_and_sort() {
    let store = open().await;
    store
        .sync_default_assistants(vec![graph("agent")], at(1))
        .await
        .unwrap();
    for (n, (name, owner)) in
        (2..).zip([("Beta", "alice"), ("alpha 100%", "bob"), ("Ärger", "alice")])
    {
        let own = own("other", name, json!({"owner": owner}), n);
        store
            .create_assistant(own.clone(), &store.everything())
            .await
            .unwrap();
    }
    let everything = store.everything();
    let query = AssistantQuery::default();
    assert_eq!(
        names(&store, &query, &everything).await,
        ["Ärger", "alpha 100%", "Beta", "agent"]
    );
    assert_eq!(
        names(&store, &query, &store.owned_by("alice")).await,
        ["Ärger", "Beta"]
    );
    let by_name = AssistantQuery {
        sort_by: AssistantSort::Name,
        sort_order: SortOrder::Asc,
        ..query.clone()
    };
    assert_eq!(
        names(&store, &by_name, &everything).await,
        ["agent", "alpha 100%", "Beta", "Ärger"]
    );
    let graph = AssistantQuery {
        graph_id: Some("agent".to_owned()),
        ..query.clone()
    };
    assert_eq!(names(&store, &graph, &everything).await, ["agent"]);
    let bobs = AssistantQuery {
        metadata: object(json!({"owner": "bob"})),
        ..query.clone()
    };
    assert_eq!(names(&store, &bobs, &everything).await, ["alpha 100%"]);
    for (part, found) in [
        ("ÄRG", vec!["Ärger"]),
        ("0%", vec!["alpha 100%"]),
        ("%", vec!["alpha 100%"]),
        ("zz", vec![]),
    ] {
        let named = AssistantQuery {
            name: Some(part.to_owned()),
            ..query.clone()
        };
        assert_eq!(names(&store, &named, &everything).await, found, "{part}");
    }
}

#[tokio::test]
async fn of_many_who_make_the_same_assistant_one_does() {
    let store = open().await;
    let mine = own("agent", "mine", json!({"owner": "alice"}), 1);
    let alice = store.owned_by("alice");
    let all = (0..8).map(|_| store.create_assistant(mine.clone(), &alice));
    let (made, found): (Vec<_>, Vec<_>) = join_all(all)
        .await
        .into_iter()
        .map(Result::unwrap)
        .partition(|creation| matches!(creation, Creation::Created(_)));
    assert_eq!((made.len(), found.len()), (1, 7));
    let there = Creation::Existing(Box::new(mine));
    assert!(found.iter().all(|found| *found == there));
}

#[tokio::test]
async fn several_servers_may_start_at_once_while_assistants_change() {
    let store = open().await;
    let graphs = || vec![graph("one"), graph("two"), graph("three")];
    let everything = store.everything();
    let ids = ["three", "two", "one"].map(AssistantId::of_graph);
    store
        .sync_default_assistants(graphs(), at(1))
        .await
        .unwrap();
    let syncs = (2..8).map(|second| {
        let mut graphs = graphs();
        graphs.rotate_left(usize::try_from(second).unwrap() % 3);
        store.sync_default_assistants(graphs, at(second))
    });
    let changes = ids.map(|id| {
        store.change_assistant(id, &everything, at(9), |assistant| {
            assistant.name.push('!');
        })
    });
    let deletes = ids.map(|id| store.delete_assistant(id, &everything, None, at(9), |_| ()));
    let (synced, changed, deleted) =
        tokio::join!(join_all(syncs), join_all(changes), join_all(deletes));
    assert!(synced.into_iter().all(|synced| synced.is_ok()));
    // They are there all the time.
    assert!(
        changed
            .into_iter()
            .all(|changed| changed.unwrap().is_some())
    );
    assert!(
        deleted
            .into_iter()
            .all(|deleted| deleted.unwrap().is_some())
    );
    store
        .sync_default_assistants(graphs(), at(10))
        .await
        .unwrap();
    for (id, name) in ids.into_iter().zip(["three", "two", "one"]) {
        let assistant = store.get_assistant(id, &everything).await.unwrap();
        assert_eq!(assistant.unwrap().name, name);
    }
}

#[tokio::test]
async fn the_config_of_a_thread_is_that_of_the_assistant_it_names() {
    let store = open().await;
    let mut mine = own("agent", "mine", json!({}), 1);
    mine.config = object(json!({"configurable": {"model": "large"}}));
    store
        .create_assistant(mine.clone(), &store.everything())
        .await
        .unwrap();
    let config = async |metadata: Value| {
        let metadata = object(metadata);
        store.get_config_of_thread(&metadata).await.unwrap()
    };
    let named = json!({"assistant_id": mine.assistant_id});
    assert_eq!(config(named).await, mine.config);
    let none = JsonObject::new();
    assert_eq!(config(json!({})).await, none);
    assert_eq!(config(json!({"assistant_id": "no id"})).await, none);
    let other = json!({"assistant_id": AssistantId::random()});
    assert_eq!(config(other).await, none);
}
