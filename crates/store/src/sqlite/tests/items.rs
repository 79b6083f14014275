//! Items: putting, searching, namespaces, expiry, and nearness.

use lgx_model::item::Namespace;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{at, connection, object, raw};
use crate::items::{
    Found, ItemFilter, ListNamespaces, NewItem, Search, Vectors, delete, get, list_namespaces,
    next_expiry, put, refresh, search, sweep,
};

fn labels(path: &str) -> Namespace {
    path.split_terminator('/').map(str::to_owned).collect()
}

fn item(path: &str, key: &str, value: Value) -> NewItem {
    NewItem {
        namespace: labels(path),
        key: key.to_owned(),
        value: raw(&value),
        vectors: None,
        ttl_minutes: None,
    }
}

fn put_at(connection: &Connection, path: &str, key: &str, value: Value, seconds: i64) {
    put(connection, &item(path, key, value), at(seconds)).unwrap();
}

fn vectors(floats: &[f32]) -> Vectors {
    let bytes: Vec<u8> = floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect();
    Vectors::of_bytes(2, &bytes).unwrap()
}

fn everything() -> Search {
    Search {
        prefix: Vec::new(),
        filter: ItemFilter::default(),
        near: None,
        limit: 100,
        offset: 0,
    }
}

fn below(path: &str) -> Search {
    Search {
        prefix: labels(path),
        ..everything()
    }
}

fn with_filter(filter: Value) -> Search {
    Search {
        filter: ItemFilter::parse(&object(filter)).unwrap(),
        ..everything()
    }
}

fn keys(found: &[Found]) -> String {
    found.iter().map(|found| found.item.key.as_str()).collect()
}

fn found(connection: &Connection, query: &Search) -> String {
    keys(&search(connection, query, at(0)).unwrap())
}

#[test]
fn an_item_put_again_keeps_its_place_and_the_time_it_was_made() {
    let connection = connection();
    put_at(&connection, "users", "a", json!({"n": 1}), 1);
    put_at(&connection, "users", "b", json!({}), 2);
    put_at(&connection, "users", "a", json!({"n": 2}), 3);
    let a = get(&connection, &labels("users"), "a", at(9))
        .unwrap()
        .unwrap()
        .item;
    assert_eq!((a.created_at, a.updated_at), (at(1), at(3)));
    assert_eq!(a.value.get(), r#"{"n":2}"#);
    assert_eq!(found(&connection, &everything()), "ab");
}

#[test]
fn an_item_that_was_deleted_comes_back_as_a_new_one() {
    let connection = connection();
    put_at(&connection, "users", "a", json!({}), 1);
    put_at(&connection, "users", "b", json!({}), 2);
    delete(&connection, &labels("users"), "a").unwrap();
    delete(&connection, &labels("users"), "a").unwrap();
    assert_eq!(
        get(&connection, &labels("users"), "a", at(9)).unwrap(),
        None
    );
    put_at(&connection, "users", "a", json!({}), 3);
    let a = get(&connection, &labels("users"), "a", at(9))
        .unwrap()
        .unwrap()
        .item;
    assert_eq!(a.created_at, at(3));
    assert_eq!(found(&connection, &everything()), "ba");
}

#[test]
fn a_prefix_is_made_of_whole_labels() {
    let connection = connection();
    for (path, key) in [
        ("list", "a"),
        ("list/p", "b"),
        ("listing", "c"),
        ("lis", "d"),
        ("list-x", "e"),
        ("*", "f"),
    ] {
        put_at(&connection, path, key, json!({}), 1);
    }
    assert_eq!(found(&connection, &below("list")), "ab");
    assert_eq!(found(&connection, &below("list/p")), "b");
    assert_eq!(found(&connection, &below("*")), "f");
    assert_eq!(found(&connection, &below("nowhere")), "");
    assert_eq!(found(&connection, &everything()), "abcdef");
}

#[test]
fn labels_may_be_any_text() {
    let connection = connection();
    let odd = vec![
        "a.b".to_owned(),
        "100%".to_owned(),
        "%2E".to_owned(),
        String::new(),
    ];
    let new = NewItem {
        namespace: odd.clone(),
        ..item("", "k", json!({}))
    };
    put(&connection, &new, at(0)).unwrap();
    let found = get(&connection, &odd, "k", at(0)).unwrap().unwrap();
    assert_eq!(found.item.namespace, odd);
    assert_eq!(
        get(&connection, &labels("a/b/100%"), "k", at(0)).unwrap(),
        None
    );
    let query = Search {
        prefix: vec!["a.b".to_owned()],
        ..everything()
    };
    assert_eq!(super::items::found(&connection, &query), "k");
}

#[test]
fn pages_are_in_the_order_items_were_first_put() {
    let connection = connection();
    for (number, key) in (0..).zip(["a", "b", "c", "d", "e"]) {
        put_at(
            &connection,
            if number % 2 == 0 { "even" } else { "odd" },
            key,
            json!({"n": number}),
            number,
        );
    }
    let page = |search: Search, limit, offset| {
        found(
            &connection,
            &Search {
                limit,
                offset,
                ..search
            },
        )
    };
    assert_eq!(page(everything(), 2, 1), "bc");
    assert_eq!(page(below("even"), 2, 1), "ce");
    assert_eq!(page(with_filter(json!({"n": {"$gte": 1}})), 2, 1), "cd");
    assert_eq!(page(everything(), 0, 0), "");
    assert_eq!(page(everything(), u64::MAX, 4), "e");
    assert_eq!(
        page(with_filter(json!({"n": {"$gte": 1}})), u64::MAX, u64::MAX),
        ""
    );
}

#[test]
fn values_nested_too_deep_match_nothing_and_fail_nothing() {
    let connection = connection();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let value = lgx_model::RawJson::from_text(deep).unwrap();
    put(
        &connection,
        &NewItem {
            value,
            ..item("x", "a", json!({}))
        },
        at(0),
    )
    .unwrap();
    put_at(&connection, "x", "b", json!({"n": 1}), 0);
    assert_eq!(found(&connection, &with_filter(json!({"n": 1}))), "b");
}

fn listed(connection: &Connection, change: impl Fn(&mut ListNamespaces)) -> Vec<String> {
    let mut query = ListNamespaces {
        prefixes: Vec::new(),
        suffixes: Vec::new(),
        max_depth: None,
        limit: 100,
        offset: 0,
    };
    change(&mut query);
    let found = list_namespaces(connection, &query, at(0)).unwrap();
    found.iter().map(|namespace| namespace.join("/")).collect()
}

#[test]
fn namespaces_are_listed_while_they_have_items() {
    let connection = connection();
    for path in ["b", "a/x/1", "a/y/1", "a/y/2", "a-b", "a"] {
        put_at(&connection, path, "k", json!({}), 1);
    }
    assert_eq!(
        listed(&connection, |_| {}),
        ["a", "a/x/1", "a/y/1", "a/y/2", "a-b", "b"]
    );
    assert_eq!(
        listed(&connection, |query| query.prefixes = vec![labels("a/*")]),
        ["a/x/1", "a/y/1", "a/y/2"]
    );
    assert_eq!(
        listed(&connection, |query| query.suffixes = vec![labels("*/1")]),
        ["a/x/1", "a/y/1"]
    );
    assert_eq!(
        listed(&connection, |query| {
            query.prefixes = vec![labels("a")];
            query.max_depth = Some(2);
        }),
        ["a", "a/x", "a/y"]
    );
    assert_eq!(
        listed(&connection, |query| {
            query.max_depth = Some(1);
            query.offset = 1;
            query.limit = 1;
        }),
        ["a-b"]
    );
    delete(&connection, &labels("b"), "k").unwrap();
    assert_eq!(
        listed(&connection, |query| query.prefixes = vec![labels("b")]),
        [""; 0]
    );
}

#[test]
fn an_item_with_a_time_to_live_is_gone_when_it_has_passed() {
    let connection = connection();
    let short = NewItem {
        ttl_minutes: Some(1.0),
        ..item("x", "a", json!({}))
    };
    put(&connection, &short, at(0)).unwrap();
    put_at(&connection, "x", "b", json!({}), 0);
    assert_eq!(next_expiry(&connection).unwrap(), Some(at(60)));
    assert!(
        get(&connection, &labels("x"), "a", at(59))
            .unwrap()
            .is_some()
    );
    assert!(
        get(&connection, &labels("x"), "a", at(60))
            .unwrap()
            .is_none()
    );
    assert_eq!(
        keys(&search(&connection, &everything(), at(60)).unwrap()),
        "b"
    );
    assert_eq!(
        keys(&search(&connection, &below("x"), at(60)).unwrap()),
        "b"
    );

    // Put before it is swept, it is a new one.
    put(&connection, &short, at(70)).unwrap();
    let again = get(&connection, &labels("x"), "a", at(71))
        .unwrap()
        .unwrap();
    assert_eq!(again.item.created_at, at(70));

    assert_eq!(sweep(&connection, at(129)).unwrap(), 0);
    assert_eq!(sweep(&connection, at(130)).unwrap(), 1);
    assert_eq!(next_expiry(&connection).unwrap(), None);
    assert_eq!(found(&connection, &everything()), "b");
}

#[test]
fn reading_puts_the_end_of_an_item_off() {
    let connection = connection();
    let short = NewItem {
        ttl_minutes: Some(1.0),
        ..item("x", "a", json!({}))
    };
    put(&connection, &short, at(0)).unwrap();
    let expiring = get(&connection, &labels("x"), "a", at(50))
        .unwrap()
        .unwrap()
        .expiring
        .unwrap();
    refresh(&connection, &[expiring], at(50)).unwrap();
    assert_eq!(next_expiry(&connection).unwrap(), Some(at(110)));
    // What has expired does not come back.
    refresh(&connection, &[expiring], at(110)).unwrap();
    assert_eq!(next_expiry(&connection).unwrap(), Some(at(110)));

    put_at(&connection, "x", "a", json!({}), 60);
    assert_eq!(
        get(&connection, &labels("x"), "a", at(999))
            .unwrap()
            .unwrap()
            .expiring,
        None
    );
}

#[test]
fn the_nearest_come_first_and_those_without_vectors_last() {
    let connection = connection();
    let near = |key: &str, floats: &[f32]| NewItem {
        vectors: Some(vectors(floats)),
        ..item("x", key, json!({"key": key}))
    };
    for new in [
        item("x", "n", json!({"key": "n"})),
        near("a", &[0.0, 1.0]),
        near("b", &[2.0, 0.0]),
        near("c", &[1.0, 1.0, -1.0, 0.0]),
        near("d", &[0.0, 5.0]),
        NewItem {
            vectors: Vectors::of_bytes(1, &[0; 4]),
            ..item("x", "w", json!({}))
        },
    ] {
        put(&connection, &new, at(0)).unwrap();
    }
    let query = Search {
        near: Some(vectors(&[3.0, 0.0])),
        ..everything()
    };
    let ranked = search(&connection, &query, at(0)).unwrap();
    assert_eq!(keys(&ranked), "bcadnw");
    assert!((ranked[0].score.unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(ranked[4].score, None);

    assert_eq!(
        found(
            &connection,
            &Search {
                limit: 2,
                offset: 3,
                ..query.clone()
            }
        ),
        "dn"
    );
    let filter = ItemFilter::parse(&object(json!({"key": {"$ne": "b"}}))).unwrap();
    assert_eq!(
        found(
            &connection,
            &Search {
                filter,
                ..query.clone()
            }
        ),
        "cadnw"
    );

    // Without vectors it cannot be compared any more.
    put_at(&connection, "x", "b", json!({}), 0);
    assert_eq!(found(&connection, &query), "cadnbw");
    delete(&connection, &labels("x"), "c").unwrap();
    assert_eq!(found(&connection, &query), "adnbw");
}
