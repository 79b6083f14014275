//! Versions of assistants: every change makes one, any can be restored, and defaults cannot be lost.

use lgx_model::{Assistant, AssistantId};
use serde_json::json;

use super::assistants::{graph, own};
use super::*;
use crate::assistants::{self, sync_defaults};

fn everything() -> Scope {
    Scope::everything()
}

fn made(connection: &Connection) -> AssistantId {
    let mine = own("agent", "first", json!({"owner": "alice"}), 1);
    assistants::create(connection, &mine, &everything()).unwrap();
    mine.assistant_id
}

fn rename(connection: &Connection, id: AssistantId, name: &str, seconds: i64) -> Assistant {
    assistants::change(connection, id, &everything(), at(seconds), |assistant| {
        name.clone_into(&mut assistant.name);
    })
    .unwrap()
    .unwrap()
}

fn listed(connection: &Connection, id: AssistantId, page: Page) -> Vec<(i64, String)> {
    let none = JsonObject::new();
    let versions = assistants::versions(connection, id, &none, page, &everything()).unwrap();
    versions
        .unwrap()
        .into_iter()
        .map(|version| (version.version, version.name))
        .collect()
}

#[test]
fn every_change_makes_the_highest_version_so_far() {
    let connection = connection();
    let id = made(&connection);
    let second = rename(&connection, id, "second", 2);
    assert_eq!(
        (second.version, second.created_at, second.updated_at),
        (2, at(1), at(2))
    );
    assistants::restore(&connection, id, 1, &everything(), at(3)).unwrap();
    let third = rename(&connection, id, "third", 4);
    assert_eq!(third.version, 3);
    assert_eq!(
        assistants::get(&connection, id, &everything()).unwrap(),
        Some(third)
    );
    let names = [(3, "third"), (2, "second"), (1, "first")].map(|(n, name)| (n, name.to_owned()));
    assert_eq!(listed(&connection, id, ALL), names);
    let page = Page {
        limit: 1,
        offset: 1,
    };
    assert_eq!(listed(&connection, id, page), names[1..2]);
    let past = Page {
        limit: 1,
        offset: 9,
    };
    assert_eq!(listed(&connection, id, past), []);
}

#[test]
fn a_version_comes_back_with_all_that_was_in_it() {
    let connection = connection();
    let id = made(&connection);
    let first = assistants::get(&connection, id, &everything())
        .unwrap()
        .unwrap();
    assistants::change(&connection, id, &everything(), at(2), |assistant| {
        assistant.graph_id = "other".to_owned();
        assistant.context = object(json!({"a": 1}));
        assistant.config = object(json!({"configurable": {"a": 1}}));
        assistant.metadata = object(json!({"owner": "bob"}));
        assistant.description = Some("new".to_owned());
    })
    .unwrap();
    let restored = assistants::restore(&connection, id, 1, &everything(), at(3))
        .unwrap()
        .unwrap();
    let expected = Assistant {
        updated_at: at(3),
        ..first
    };
    assert_eq!(restored, expected);
    assert_eq!(
        assistants::get(&connection, id, &everything()).unwrap(),
        Some(expected)
    );
    for version in [0, -1, 3] {
        let none = assistants::restore(&connection, id, version, &everything(), at(4)).unwrap();
        assert_eq!(none, None, "{version}");
    }
}

#[test]
fn only_who_sees_an_assistant_can_change_it() {
    let connection = connection();
    let id = made(&connection);
    let bob = owned_by("bob");
    let none = JsonObject::new();
    assert_eq!(
        assistants::change(&connection, id, &bob, at(2), |_| {}).unwrap(),
        None
    );
    assert_eq!(
        assistants::restore(&connection, id, 1, &bob, at(2)).unwrap(),
        None
    );
    assert_eq!(
        assistants::versions(&connection, id, &none, ALL, &bob).unwrap(),
        None
    );
    assert_eq!(
        assistants::delete(&connection, id, &bob, None, at(2)).unwrap(),
        None
    );
    assert_eq!(listed(&connection, id, ALL).len(), 1);
}

#[test]
fn a_deleted_assistant_takes_those_of_its_threads_that_may_go() {
    let connection = connection();
    let id = made(&connection);
    let label = |owner: &str| json!({"assistant_id": id.to_string(), "owner": owner});
    let hers = thread(&connection, label("alice"));
    let his = thread(&connection, label("bob"));
    let other = thread(&connection, json!({"owner": "alice"}));
    let gone = assistants::delete(
        &connection,
        id,
        &everything(),
        Some(&owned_by("alice")),
        at(2),
    );
    assert_eq!(gone.unwrap(), Some(vec![hers]));
    for thread_id in [his, other] {
        thread_row(&connection, thread_id);
    }
    assert_eq!(
        assistants::get(&connection, id, &everything()).unwrap(),
        None
    );
    let again = assistants::delete(&connection, id, &everything(), None, at(3));
    assert_eq!(again.unwrap(), None);
}

#[test]
fn a_deleted_default_assistant_is_back_as_its_graph_has_it() {
    let connection = connection();
    sync_defaults(&connection, &[graph("agent")], at(1)).unwrap();
    let id = AssistantId::of_graph("agent");
    rename(&connection, id, "mine", 2);
    let gone = assistants::delete(&connection, id, &everything(), None, at(3)).unwrap();
    assert_eq!(gone, Some(Vec::new()));
    let back = assistants::runnable(&connection, id, &owned_by("anybody"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (back.name.as_str(), back.version, back.created_at),
        ("agent", 1, at(3))
    );
    assert_eq!(
        listed(&connection, id, ALL),
        [(1, "agent".to_owned())],
        "one version, not two"
    );
    // It is what the configuration wants, so that a reload leaves it alone.
    sync_defaults(&connection, &[graph("agent")], at(4)).unwrap();
    assert_eq!(
        assistants::get(&connection, id, &everything()).unwrap(),
        Some(back)
    );
}
