//! Assistants: the default ones follow the configuration, users' own stay.

use lgx_model::query::{AssistantQuery, AssistantSort, SortOrder};
use lgx_model::{Assistant, AssistantId};
use serde_json::{Value, json};

use super::*;
use crate::assistants::{self, Created, DefaultAssistant, sync_defaults};

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

fn names(connection: &Connection, query: &AssistantQuery, scope: &Scope) -> Vec<String> {
    let rows = assistants::search(connection, query, ALL, scope).unwrap();
    assert_eq!(
        rows.total,
        assistants::count(connection, query, scope).unwrap()
    );
    rows.rows
        .into_iter()
        .map(|assistant| assistant.name)
        .collect()
}

#[test]
fn each_graph_has_a_default_assistant() {
    let connection = connection();
    let described = DefaultAssistant {
        description: Some("helps".to_owned()),
        ..graph("agent")
    };
    sync_defaults(&connection, &[described], at(1)).unwrap();
    let id = AssistantId::of_graph("agent");
    let assistant = assistants::get(&connection, id, &Scope::everything())
        .unwrap()
        .unwrap();
    assert_eq!(
        serde_json::to_value(assistant).unwrap(),
        json!({"assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca", "graph_id": "agent", "config": {}, "context": {},
               "metadata": {"created_by": "system"}, "name": "agent", "created_at": "1970-01-01T00:00:01+00:00",
               "updated_at": "1970-01-01T00:00:01+00:00", "version": 1, "description": "helps"})
    );
}

#[test]
fn defaults_follow_the_configured_graphs_and_leave_the_rest_alone() {
    let connection = connection();
    sync_defaults(
        &connection,
        &[graph("kept"), graph("renamed"), graph("gone")],
        at(1),
    )
    .unwrap();
    let mine = own("gone", "mine", json!({"created_by": "system"}), 2);
    assistants::create(&connection, &mine, &Scope::everything()).unwrap();

    let renamed = DefaultAssistant {
        name: "new name".to_owned(),
        ..graph("renamed")
    };
    sync_defaults(
        &connection,
        &[graph("kept"), renamed, graph("added")],
        at(3),
    )
    .unwrap();
    let get = |id| assistants::get(&connection, id, &Scope::everything()).unwrap();
    assert_eq!(
        get(AssistantId::of_graph("kept")).unwrap().created_at,
        at(1)
    );
    let renamed = get(AssistantId::of_graph("renamed")).unwrap();
    assert_eq!(
        (renamed.name.as_str(), renamed.created_at, renamed.version),
        ("new name", at(3), 1)
    );
    assert_eq!(
        get(AssistantId::of_graph("added")).unwrap().created_at,
        at(3)
    );
    assert_eq!(get(AssistantId::of_graph("gone")), None);
    assert_eq!(get(mine.assistant_id), Some(mine));
}

#[test]
fn an_id_is_taken_once() {
    let connection = connection();
    let mine = own("agent", "mine", json!({"owner": "alice"}), 1);
    let create = |scope: &Scope| assistants::create(&connection, &mine, scope).unwrap();
    assert_eq!(
        create(&owned_by("alice")),
        Created::Created(Box::new(mine.clone()))
    );
    assert_eq!(
        create(&owned_by("alice")),
        Created::Existing(Box::new(mine.clone()))
    );
    assert_eq!(create(&owned_by("bob")), Created::Hidden);
}

#[test]
fn everybody_may_run_a_default_assistant_but_only_its_owner_another() {
    let connection = connection();
    sync_defaults(&connection, &[graph("agent")], at(1)).unwrap();
    // Saying so does not make it one.
    let hers = own(
        "agent",
        "hers",
        json!({"owner": "alice", "created_by": "system"}),
        2,
    );
    assistants::create(&connection, &hers, &Scope::everything()).unwrap();
    let default = AssistantId::of_graph("agent");
    let runnable = |id, scope: &Scope| {
        assistants::runnable(&connection, id, scope)
            .unwrap()
            .is_some()
    };
    assert!(runnable(default, &owned_by("bob")));
    assert!(
        assistants::get(&connection, default, &owned_by("bob"))
            .unwrap()
            .is_none()
    );
    assert!(runnable(hers.assistant_id, &owned_by("alice")));
    assert!(!runnable(hers.assistant_id, &owned_by("bob")));
    assert!(!runnable(AssistantId::random(), &Scope::everything()));
}

#[test]
fn searches_filter_and_sort() {
    let connection = connection();
    sync_defaults(&connection, &[graph("agent")], at(1)).unwrap();
    for (n, (name, owner)) in
        (2..).zip([("Beta", "alice"), ("alpha 100%", "bob"), ("Ärger", "alice")])
    {
        let own = own("other", name, json!({"owner": owner}), n);
        assistants::create(&connection, &own, &Scope::everything()).unwrap();
    }
    let everything = Scope::everything();
    let query = AssistantQuery::default();
    assert_eq!(
        names(&connection, &query, &everything),
        ["Ärger", "alpha 100%", "Beta", "agent"]
    );
    assert_eq!(
        names(&connection, &query, &owned_by("alice")),
        ["Ärger", "Beta"]
    );
    let by_name = AssistantQuery {
        sort_by: AssistantSort::Name,
        sort_order: SortOrder::Asc,
        ..query.clone()
    };
    assert_eq!(
        names(&connection, &by_name, &everything),
        ["agent", "alpha 100%", "Beta", "Ärger"]
    );
    let graph = AssistantQuery {
        graph_id: Some("agent".to_owned()),
        ..query.clone()
    };
    assert_eq!(names(&connection, &graph, &everything), ["agent"]);
    let bobs = AssistantQuery {
        metadata: object(json!({"owner": "bob"})),
        ..query.clone()
    };
    assert_eq!(names(&connection, &bobs, &everything), ["alpha 100%"]);
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
        assert_eq!(names(&connection, &named, &everything), found, "{part}");
    }
}
