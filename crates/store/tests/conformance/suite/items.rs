//! Items: putting, searching, namespaces, expiry, and nearness.

use lgx_model::FoundItem;
use lgx_model::item::Namespace;
use lgx_store::items::{
    ItemFilter, ItemOperation, ItemOutcome, ListNamespaces, NewItem, SearchItems, Vectors,
};
use serde_json::{Value, json};

use super::{Backend, at, object, open, raw};

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

async fn put_at(store: &Backend, path: &str, key: &str, value: Value, seconds: i64) {
    store
        .put_item(item(path, key, value), at(seconds))
        .await
        .unwrap();
}

fn vectors(floats: &[f32]) -> Vectors {
    let bytes: Vec<u8> = floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect();
    Vectors::of_bytes(2, &bytes).unwrap()
}

fn everything() -> SearchItems {
    SearchItems {
        prefix: Vec::new(),
        filter: ItemFilter::default(),
        near: None,
        limit: 100,
        offset: 0,
    }
}

fn below(path: &str) -> SearchItems {
    SearchItems {
        prefix: labels(path),
        ..everything()
    }
}

fn with_filter(filter: Value) -> SearchItems {
    SearchItems {
        filter: ItemFilter::parse(&object(filter)).unwrap(),
        ..everything()
    }
}

fn keys(found: &[FoundItem]) -> String {
    found.iter().map(|found| found.item.key.as_str()).collect()
}

async fn found(store: &Backend, query: &SearchItems) -> String {
    keys(
        &store
            .search_items(query.clone(), false, at(0))
            .await
            .unwrap(),
    )
}

#[tokio::test]
async fn an_item_put_again_keeps_its_place_and_the_time_it_was_made() {
    let store = open().await;
    put_at(&store, "users", "a", json!({"n": 1}), 1).await;
    put_at(&store, "users", "b", json!({}), 2).await;
    put_at(&store, "users", "a", json!({"n": 2}), 3).await;
    let a = store
        .get_item(labels("users"), "a".to_owned(), false, at(9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((a.created_at, a.updated_at), (at(1), at(3)));
    assert_eq!(a.value.get(), r#"{"n":2}"#);
    assert_eq!(found(&store, &everything()).await, "ab");
}

#[tokio::test]
async fn an_item_that_was_deleted_comes_back_as_a_new_one() {
    let store = open().await;
    put_at(&store, "users", "a", json!({}), 1).await;
    put_at(&store, "users", "b", json!({}), 2).await;
    store
        .delete_item(labels("users"), "a".to_owned())
        .await
        .unwrap();
    store
        .delete_item(labels("users"), "a".to_owned())
        .await
        .unwrap();
    assert_eq!(
        store
            .get_item(labels("users"), "a".to_owned(), false, at(9))
            .await
            .unwrap(),
        None
    );
    put_at(&store, "users", "a", json!({}), 3).await;
    let a = store
        .get_item(labels("users"), "a".to_owned(), false, at(9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(a.created_at, at(3));
    assert_eq!(found(&store, &everything()).await, "ba");
}

#[tokio::test]
async fn a_prefix_is_made_of_whole_labels() {
    let store = open().await;
    for (path, key) in [
        ("list", "a"),
        ("list/p", "b"),
        ("listing", "c"),
        ("lis", "d"),
        ("list-x", "e"),
        ("*", "f"),
    ] {
        put_at(&store, path, key, json!({}), 1).await;
    }
    assert_eq!(found(&store, &below("list")).await, "ab");
    assert_eq!(found(&store, &below("list/p")).await, "b");
    assert_eq!(found(&store, &below("*")).await, "f");
    assert_eq!(found(&store, &below("nowhere")).await, "");
    assert_eq!(found(&store, &everything()).await, "abcdef");
}

#[tokio::test]
async fn labels_may_be_any_text() {
    let store = open().await;
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
    store.put_item(new.clone(), at(0)).await.unwrap();
    let odd_one = store
        .get_item(odd.clone(), "k".to_owned(), false, at(0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(odd_one.namespace, odd);
    assert_eq!(
        store
            .get_item(labels("a/b/100%"), "k".to_owned(), false, at(0))
            .await
            .unwrap(),
        None
    );
    let query = SearchItems {
        prefix: vec!["a.b".to_owned()],
        ..everything()
    };
    assert_eq!(found(&store, &query).await, "k");
}

#[tokio::test]
async fn pages_are_in_the_order_items_were_first_put() {
    let store = open().await;
    for (number, key) in (0..).zip(["a", "b", "c", "d", "e"]) {
        put_at(
            &store,
            if number % 2 == 0 { "even" } else { "odd" },
            key,
            json!({"n": number}),
            number,
        )
        .await;
    }
    let page = async |search: SearchItems, limit, offset| {
        found(
            &store,
            &SearchItems {
                limit,
                offset,
                ..search
            },
        )
        .await
    };
    assert_eq!(page(everything(), 2, 1).await, "bc");
    assert_eq!(page(below("even"), 2, 1).await, "ce");
    assert_eq!(
        page(with_filter(json!({"n": {"$gte": 1}})), 2, 1).await,
        "cd"
    );
    assert_eq!(page(everything(), 0, 0).await, "");
    assert_eq!(page(everything(), u64::MAX, 4).await, "e");
    assert_eq!(
        page(with_filter(json!({"n": {"$gte": 1}})), u64::MAX, u64::MAX).await,
        ""
    );
}

#[tokio::test]
async fn values_nested_too_deep_match_nothing_and_fail_nothing() {
    let store = open().await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let value = lgx_model::RawJson::from_text(deep).unwrap();
    store
        .put_item(
            NewItem {
                value,
                ..item("x", "a", json!({}))
            },
            at(0),
        )
        .await
        .unwrap();
    put_at(&store, "x", "b", json!({"n": 1}), 0).await;
    assert_eq!(found(&store, &with_filter(json!({"n": 1}))).await, "b");
}

async fn listed(store: &Backend, change: impl Fn(&mut ListNamespaces)) -> Vec<String> {
    let mut query = ListNamespaces {
        prefixes: Vec::new(),
        suffixes: Vec::new(),
        max_depth: None,
        limit: 100,
        offset: 0,
    };
    change(&mut query);
    let found = store.list_namespaces(query.clone(), at(0)).await.unwrap();
    found.iter().map(|namespace| namespace.join("/")).collect()
}

#[tokio::test]
async fn namespaces_are_listed_while_they_have_items() {
    let store = open().await;
    for path in ["b", "a/x/1", "a/y/1", "a/y/2", "a-b", "a"] {
        put_at(&store, path, "k", json!({}), 1).await;
    }
    assert_eq!(
        listed(&store, |_| {}).await,
        ["a", "a/x/1", "a/y/1", "a/y/2", "a-b", "b"]
    );
    assert_eq!(
        listed(&store, |query| query.prefixes = vec![labels("a/*")]).await,
        ["a/x/1", "a/y/1", "a/y/2"]
    );
    assert_eq!(
        listed(&store, |query| query.suffixes = vec![labels("*/1")]).await,
        ["a/x/1", "a/y/1"]
    );
    assert_eq!(
        listed(&store, |query| {
            query.prefixes = vec![labels("a")];
            query.max_depth = Some(2);
        })
        .await,
        ["a", "a/x", "a/y"]
    );
    assert_eq!(
        listed(&store, |query| {
            query.max_depth = Some(1);
            query.offset = 1;
            query.limit = 1;
        })
        .await,
        ["a-b"]
    );
    store
        .delete_item(labels("b"), "k".to_owned())
        .await
        .unwrap();
    assert_eq!(
        listed(&store, |query| query.prefixes = vec![labels("b")]).await,
        [""; 0]
    );
}

#[tokio::test]
async fn an_item_with_a_time_to_live_is_gone_when_it_has_passed() {
    let store = open().await;
    let short = NewItem {
        ttl_minutes: Some(1.0),
        ..item("x", "a", json!({}))
    };
    store.put_item(short.clone(), at(0)).await.unwrap();
    put_at(&store, "x", "b", json!({}), 0).await;
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(60)));
    let life = |key: &str, seconds| store.item_life(labels("x"), key.to_owned(), at(seconds));
    let limited = life("a", 59).await.unwrap().unwrap();
    assert_eq!(
        (limited.ttl_minutes, limited.expires_at),
        (Some(1.0), Some(at(60)))
    );
    let endless = life("b", 59).await.unwrap().unwrap();
    assert_eq!((endless.ttl_minutes, endless.expires_at), (None, None));
    assert_eq!(life("a", 60).await.unwrap(), None);
    assert!(
        store
            .get_item(labels("x"), "a".to_owned(), false, at(59))
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .get_item(labels("x"), "a".to_owned(), false, at(60))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        keys(
            &store
                .search_items(everything(), false, at(60))
                .await
                .unwrap()
        ),
        "b"
    );
    assert_eq!(
        keys(&store.search_items(below("x"), false, at(60)).await.unwrap()),
        "b"
    );

    // Put before it is swept, it is a new one.
    store.put_item(short.clone(), at(70)).await.unwrap();
    let again = store
        .get_item(labels("x"), "a".to_owned(), false, at(71))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.created_at, at(70));

    assert_eq!(store.expire_items(at(129)).await.unwrap(), 0);
    assert_eq!(store.expire_items(at(130)).await.unwrap(), 1);
    assert_eq!(store.next_item_expiry().await.unwrap(), None);
    assert_eq!(found(&store, &everything()).await, "b");
}

#[tokio::test]
async fn reading_puts_the_end_of_an_item_off() {
    let store = open().await;
    let short = NewItem {
        ttl_minutes: Some(1.0),
        ..item("x", "a", json!({}))
    };
    store.put_item(short, at(0)).await.unwrap();
    let get = async |refresh, seconds| {
        let got = store.get_item(labels("x"), "a".to_owned(), refresh, at(seconds));
        got.await.unwrap().is_some()
    };
    assert!(get(false, 40).await);
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(60)));
    assert!(get(true, 50).await);
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(110)));
    let search = store.search_items(everything(), true, at(55));
    assert_eq!(search.await.unwrap().len(), 1);
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(115)));
    // What has expired does not come back.
    assert!(!get(true, 115).await);
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(115)));

    put_at(&store, "x", "a", json!({}), 60).await;
    assert!(get(true, 999).await);
    assert_eq!(store.next_item_expiry().await.unwrap(), None);
}

/// Performs a batch that is not cut, at this second.
async fn perform(store: &Backend, batch: Vec<ItemOperation>, seconds: i64) -> Vec<ItemOutcome> {
    let performed = store
        .perform_items(batch, usize::MAX, at(seconds))
        .await
        .await;
    let performed = performed.unwrap();
    assert!(!performed.more);
    performed.outcomes
}

#[tokio::test]
async fn a_batch_that_reads_too_much_is_cut_and_writes_nothing() {
    let store = open().await;
    for (namespace, key) in [("x", "a"), ("x", "b"), ("x", "c"), ("y", "d")] {
        let large = item(namespace, key, json!({"text": "x".repeat(1000)}));
        store.put_item(large, at(0)).await.unwrap();
    }
    let search = ItemOperation::Search {
        search: SearchItems {
            prefix: labels("x"),
            filter: ItemFilter::default(),
            near: None,
            limit: 10,
            offset: 0,
        },
        refresh: false,
    };
    let get = ItemOperation::Get {
        namespace: labels("y"),
        key: "d".to_owned(),
        refresh: false,
    };
    let put = ItemOperation::Put(item("y", "new", json!({})));
    let batch = vec![get, search, put];
    // How many items the search finds, or none if it is not come to, and whether something was written.
    for (most_bytes, finds, more) in [
        (0, Some(0), true),
        (2_000, Some(0), true),
        (4_000, Some(2), true),
        (1_000_000, Some(3), false),
    ] {
        let performed = store
            .perform_items(batch.clone(), most_bytes, at(1))
            .await
            .await
            .unwrap();
        assert!(matches!(&performed.outcomes[0], ItemOutcome::Item(Some(item)) if item.key == "d"));
        let found = performed.outcomes.get(1).map(|outcome| match outcome {
            ItemOutcome::Items(items) => items.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!((found, performed.more), (finds, more), "{most_bytes}");
        let written = store
            .get_item(labels("y"), "new".to_owned(), false, at(2))
            .await
            .unwrap();
        assert_eq!(written.is_some(), !more, "{most_bytes}");
    }
}

#[tokio::test]
async fn a_batch_reads_what_was_there_before_and_puts_off_what_it_reads() {
    let store = open().await;
    let short = NewItem {
        ttl_minutes: Some(1.0),
        ..item("x", "a", json!({"n": 1}))
    };
    store.put_item(short, at(0)).await.unwrap();
    let get = |key: &str| ItemOperation::Get {
        namespace: labels("x"),
        key: key.to_owned(),
        refresh: true,
    };
    let batch = vec![
        ItemOperation::Put(item("x", "b", json!({}))),
        get("a"),
        get("b"),
        ItemOperation::ListNamespaces(ListNamespaces {
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            max_depth: None,
            limit: 10,
            offset: 0,
        }),
    ];
    let outcomes = perform(&store, batch, 30).await;
    assert!(matches!(
        &outcomes[..],
        [
            ItemOutcome::Done,
            ItemOutcome::Item(Some(item)),
            ItemOutcome::Item(None),
            ItemOutcome::Namespaces(namespaces),
        ] if item.key == "a" && *namespaces == [labels("x")]
    ));
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(90)));
    // One that only reads does the same.
    let outcomes = perform(&store, vec![get("a"), get("b")], 40).await;
    assert!(matches!(
        &outcomes[..],
        [ItemOutcome::Item(Some(_)), ItemOutcome::Item(Some(_))]
    ));
    assert_eq!(store.next_item_expiry().await.unwrap(), Some(at(100)));
}

#[tokio::test]
async fn the_nearest_come_first_and_those_without_vectors_last() {
    let store = open().await;
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
        store.put_item(new.clone(), at(0)).await.unwrap();
    }
    let query = SearchItems {
        near: Some(vectors(&[3.0, 0.0])),
        ..everything()
    };
    let ranked = store
        .search_items(query.clone(), false, at(0))
        .await
        .unwrap();
    assert_eq!(keys(&ranked), "bcadnw");
    assert!((ranked[0].score.unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(ranked[4].score, None);

    assert_eq!(
        found(
            &store,
            &SearchItems {
                limit: 2,
                offset: 3,
                ..query.clone()
            }
        )
        .await,
        "dn"
    );
    let filter = ItemFilter::parse(&object(json!({"key": {"$ne": "b"}}))).unwrap();
    assert_eq!(
        found(
            &store,
            &SearchItems {
                filter,
                ..query.clone()
            }
        )
        .await,
        "cadnw"
    );

    // Without vectors it cannot be compared any more.
    put_at(&store, "x", "b", json!({}), 0).await;
    assert_eq!(found(&store, &query).await, "cadnbw");
    store
        .delete_item(labels("x"), "c".to_owned())
        .await
        .unwrap();
    assert_eq!(found(&store, &query).await, "adnbw");
}
