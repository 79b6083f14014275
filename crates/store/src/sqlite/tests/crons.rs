//! Crons: what is due when, what goes with threads and assistants, and who sees which.

use lgx_model::query::{CronQuery, CronSort, SortOrder};
use lgx_model::{Assistant, Cron, CronId, OnRunCompleted};
use serde_json::json;

use super::*;
use crate::crons::{self, StoredCron};
use crate::{assistants, threads};

/// A cron of the graph `agent` that was made at second `made` and is due at second `due`.
fn example(made: i64, due: Option<i64>) -> StoredCron {
    let cron_id = CronId::fresh();
    StoredCron {
        cron: Cron {
            cron_id,
            assistant_id: AssistantId::of_graph("agent"),
            thread_id: None,
            user_id: "alice".to_owned(),
            end_time: None,
            schedule: "* * * * *".to_owned(),
            timezone: Some("Europe/Berlin".to_owned()),
            payload: object(
                json!({"input": {"n": 1}, "config": {"configurable": {"cron_id": cron_id}}}),
            ),
            next_run_date: due.map(at),
            metadata: object(json!({"owner": "alice"})),
            on_run_completed: Some(OnRunCompleted::Keep),
            enabled: true,
            created_at: at(made),
            updated_at: at(made),
        },
        ends_at: None,
        permissions: vec!["cook".to_owned()],
    }
}

fn insert(connection: &Connection, stored: &StoredCron) -> CronId {
    crons::insert(connection, stored).unwrap();
    stored.cron.cron_id
}

fn is_there(connection: &Connection, cron_id: CronId) -> bool {
    crons::get(connection, cron_id, &Scope::everything())
        .unwrap()
        .is_some()
}

#[test]
fn a_cron_is_read_as_it_was_written() {
    let connection = connection();
    let mut stored = example(1, Some(60));
    insert(&connection, &stored);
    let read = || {
        crons::get(&connection, stored.cron.cron_id, &Scope::everything())
            .unwrap()
            .unwrap()
    };
    assert_eq!(read(), stored);

    let mut changed = stored.clone();
    changed.cron.thread_id = Some(ThreadId::fresh());
    changed.cron.end_time = Some("2030-01-01".to_owned());
    changed.ends_at = Some(at(900));
    changed.cron.timezone = None;
    changed.cron.on_run_completed = None;
    changed.cron.next_run_date = None;
    changed.cron.enabled = false;
    changed.permissions.clear();
    crons::update(&connection, &changed).unwrap();
    stored = changed;
    let read = crons::get(&connection, stored.cron.cron_id, &Scope::everything());
    assert_eq!(read.unwrap(), Some(stored));
}

#[test]
fn only_enabled_crons_become_due_the_longest_due_first() {
    let connection = connection();
    assert_eq!(crons::next_due(&connection).unwrap(), None);
    let later = insert(&connection, &example(1, Some(20)));
    let sooner = insert(&connection, &example(2, Some(10)));
    insert(&connection, &example(3, Some(30)));
    insert(&connection, &example(4, None));
    let mut disabled = example(5, Some(5));
    disabled.cron.enabled = false;
    insert(&connection, &disabled);

    assert_eq!(crons::next_due(&connection).unwrap(), Some(at(10)));
    let ahead = crons::ahead(&connection, at(10)).unwrap();
    assert!(ahead.iter().all(|stored| stored.cron.enabled));
    assert!(
        ahead
            .iter()
            .all(|stored| stored.cron.next_run_date > Some(at(10)))
    );
    assert!(!ahead.is_empty());
    let due: Vec<CronId> = crons::due(&connection, at(20))
        .unwrap()
        .iter()
        .map(|stored| stored.cron.cron_id)
        .collect();
    assert_eq!(due, [sooner, later]);
}

#[test]
fn a_cron_is_advanced_once_and_not_when_it_changed_meanwhile() {
    let connection = connection();
    let stored = example(1, Some(10));
    let cron_id = insert(&connection, &stored);
    assert!(crons::advance(&connection, cron_id, at(10), Some(at(70))).unwrap());
    assert!(!crons::advance(&connection, cron_id, at(10), Some(at(70))).unwrap());
    assert_eq!(crons::next_due(&connection).unwrap(), Some(at(70)));

    let mut disabled = stored;
    disabled.cron.enabled = false;
    crons::update(&connection, &disabled).unwrap();
    assert!(!crons::advance(&connection, cron_id, at(10), Some(at(70))).unwrap());
    assert!(!crons::advance(&connection, CronId::fresh(), at(10), None).unwrap());
}

#[test]
fn the_last_firing_leaves_nothing_due() {
    let connection = connection();
    let cron_id = insert(&connection, &example(1, Some(10)));
    assert!(crons::advance(&connection, cron_id, at(10), None).unwrap());
    assert_eq!(crons::next_due(&connection).unwrap(), None);
}

#[test]
fn crons_go_with_their_thread() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let mut stored = example(1, Some(10));
    stored.cron.thread_id = Some(thread_id);
    let on_thread = insert(&connection, &stored);
    let other = insert(&connection, &example(2, Some(10)));
    threads::delete(&connection, thread_id, &Scope::everything()).unwrap();
    assert!(!is_there(&connection, on_thread));
    assert!(is_there(&connection, other));
}

#[test]
fn crons_go_with_an_assistant_that_is_deleted_but_stay_while_its_graph_is_away() {
    let connection = connection();
    let graph = assistants::DefaultAssistant {
        graph_id: "agent".to_owned(),
        name: "agent".to_owned(),
        description: None,
    };
    assistants::sync_defaults(&connection, &[graph], at(0)).unwrap();
    let of_default = insert(&connection, &example(1, Some(10)));

    let assistant = Assistant {
        assistant_id: AssistantId::random(),
        graph_id: "agent".to_owned(),
        config: JsonObject::new(),
        context: JsonObject::new(),
        metadata: JsonObject::new(),
        name: "mine".to_owned(),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
        description: None,
    };
    assistants::create(&connection, &assistant, &Scope::everything()).unwrap();
    let mut stored = example(2, Some(10));
    stored.cron.assistant_id = assistant.assistant_id;
    let of_assistant = insert(&connection, &stored);

    assistants::sync_defaults(&connection, &[], at(1)).unwrap();
    assert!(is_there(&connection, of_default));
    assistants::delete(
        &connection,
        assistant.assistant_id,
        &Scope::everything(),
        None,
        at(2),
    )
    .unwrap();
    assert!(!is_there(&connection, of_assistant));
    assert!(is_there(&connection, of_default));
}

#[test]
fn callers_see_and_delete_what_is_theirs() {
    let connection = connection();
    let cron_id = insert(&connection, &example(1, Some(10)));
    let (alice, bob) = (owned_by("alice"), owned_by("bob"));
    assert!(crons::get(&connection, cron_id, &bob).unwrap().is_none());
    assert!(!crons::delete(&connection, cron_id, &bob).unwrap());
    assert!(crons::get(&connection, cron_id, &alice).unwrap().is_some());
    assert!(crons::delete(&connection, cron_id, &alice).unwrap());
    assert!(!crons::delete(&connection, cron_id, &alice).unwrap());
}

#[test]
fn searches_find_by_everything_that_can_be_asked_for() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"owner": "bob"}));
    let plain = insert(&connection, &example(1, Some(30)));
    let mut on_thread = example(2, Some(20));
    on_thread.cron.thread_id = Some(thread_id);
    let on_thread = insert(&connection, &on_thread);
    let mut disabled = example(3, Some(10));
    disabled.cron.enabled = false;
    disabled.cron.assistant_id = AssistantId::of_graph("multi");
    disabled.cron.metadata = object(json!({"owner": "alice", "tags": {"a": 1, "b": 2}}));
    let disabled = insert(&connection, &disabled);

    let (everything, alice, bob) = (Scope::everything(), owned_by("alice"), owned_by("bob"));
    let found = |query: &CronQuery, scope: &Scope, threads: &Scope| {
        let rows = crons::search(&connection, query, ALL, scope, threads).unwrap();
        let count = crons::count(&connection, query, scope, threads).unwrap();
        assert_eq!((rows.total, count), (rows.rows.len() as u64, rows.total));
        rows.rows
            .iter()
            .map(|cron| cron.cron_id)
            .collect::<Vec<_>>()
    };
    let all = CronQuery::default();
    assert_eq!(
        found(&all, &everything, &everything),
        [disabled, on_thread, plain]
    );
    assert_eq!(found(&all, &bob, &everything), []);
    assert_eq!(found(&all, &everything, &alice), [disabled, plain]);
    assert_eq!(found(&all, &alice, &bob), [disabled, on_thread, plain]);
    for (query, expected) in [
        (
            CronQuery {
                assistant_id: Some(AssistantId::of_graph("multi")),
                ..all.clone()
            },
            vec![disabled],
        ),
        (
            CronQuery {
                thread_id: Some(thread_id),
                ..all.clone()
            },
            vec![on_thread],
        ),
        (
            CronQuery {
                enabled: Some(false),
                ..all.clone()
            },
            vec![disabled],
        ),
        (
            CronQuery {
                enabled: Some(true),
                ..all.clone()
            },
            vec![on_thread, plain],
        ),
        (
            CronQuery {
                metadata: object(json!({"tags": {"a": 1}})),
                ..all.clone()
            },
            vec![disabled],
        ),
    ] {
        assert_eq!(
            found(&query, &everything, &everything),
            expected,
            "{query:?}"
        );
    }
}

#[test]
fn what_is_missing_is_sorted_as_larger_than_anything() {
    let connection = connection();
    let mut soon = example(1, Some(10));
    soon.ends_at = Some(at(100));
    let soon = insert(&connection, &soon);
    let never = insert(&connection, &example(2, None));
    let mut late = example(3, Some(20));
    late.ends_at = Some(at(200));
    let late = insert(&connection, &late);
    for sort_by in [CronSort::NextRunDate, CronSort::EndTime] {
        for (sort_order, expected) in [
            (SortOrder::Asc, [soon, late, never]),
            (SortOrder::Desc, [never, late, soon]),
        ] {
            let query = CronQuery {
                sort_by,
                sort_order,
                ..CronQuery::default()
            };
            let everything = Scope::everything();
            let rows = crons::search(&connection, &query, ALL, &everything, &everything).unwrap();
            let order: Vec<CronId> = rows.rows.iter().map(|cron| cron.cron_id).collect();
            assert_eq!(order, expected, "{query:?}");
        }
    }
}
