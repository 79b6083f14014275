//! Items in numbers: batches that write, many at a time, and searches over more than is looked at in one go.

use futures_util::future::join_all;
use lgx_model::RawJson;
use lgx_store::items::{ItemFilter, ItemOperation, ListNamespaces, NewItem, SearchItems};
use serde_json::json;

use super::{Backend, at, object, open, raw};

fn namespace(label: &str) -> Vec<String> {
    vec![label.to_owned()]
}

fn put(label: &str, key: &str, n: usize) -> ItemOperation {
    ItemOperation::Put(NewItem {
        namespace: namespace(label),
        key: key.to_owned(),
        value: raw(&json!({"n": n})),
        vectors: None,
        ttl_minutes: None,
    })
}

fn delete(label: &str, key: &str) -> ItemOperation {
    ItemOperation::Delete {
        namespace: namespace(label),
        key: key.to_owned(),
    }
}

async fn perform(store: &Backend, batch: Vec<ItemOperation>, seconds: i64) {
    let performed = store.perform_items(batch, usize::MAX, at(seconds)).await;
    assert!(!performed.await.unwrap().more);
}

/// The keys and values below a label, in order.
async fn found(store: &Backend, label: &str) -> Vec<(String, String)> {
    let search = SearchItems {
        prefix: namespace(label),
        filter: ItemFilter::default(),
        near: None,
        limit: u64::MAX,
        offset: 0,
    };
    let found = store.search_items(search, false, at(0)).await.unwrap();
    let told = |value: &RawJson| value.get().to_owned();
    found
        .into_iter()
        .map(|found| (found.item.key, told(&found.item.value)))
        .collect()
}

fn told<const N: usize>(items: [(&str, usize); N]) -> Vec<(String, String)> {
    items
        .map(|(key, n)| (key.to_owned(), json!({"n": n}).to_string()))
        .to_vec()
}

#[tokio::test]
async fn of_several_writes_of_one_item_the_last_counts() {
    let store = open().await;
    perform(&store, vec![put("x", "old", 0), put("x", "kept", 0)], 1).await;
    let batch = vec![
        put("x", "a", 1),
        put("x", "b", 2),
        put("x", "kept", 3),
        delete("x", "a"),
        delete("x", "old"),
        delete("x", "never"),
        put("x", "a", 4),
        put("x", "old", 5),
        delete("x", "b"),
        put("x", "c", 6),
        put("x", "c", 7),
    ];
    perform(&store, batch, 2).await;
    let items = [("kept", 3), ("a", 4), ("old", 5), ("c", 7)];
    assert_eq!(found(&store, "x").await, told(items));
    let made = async |key: &str| {
        let item = store.get_item(namespace("x"), key.to_owned(), false, at(3));
        item.await.unwrap().map(|item| item.created_at)
    };
    assert_eq!(made("kept").await, Some(at(1)));
    assert_eq!(made("old").await, Some(at(2)));
}

#[tokio::test]
async fn batches_are_done_in_the_order_in_which_they_were_asked_for() {
    let store = open().await;
    let mut asked = Vec::new();
    for n in 0..50 {
        let batch = if n % 3 == 2 {
            vec![delete("x", "a"), put("x", "a", n)]
        } else {
            vec![put("x", "a", n)]
        };
        asked.push(store.perform_items(batch, usize::MAX, at(1)).await);
    }
    for performed in join_all(asked).await {
        performed.unwrap();
    }
    assert_eq!(found(&store, "x").await, told([("a", 49)]));
}

#[tokio::test]
async fn batches_with_the_same_items_in_other_orders_do_not_hold_each_other_up() {
    const ITEMS: usize = 12;
    let store = open().await;
    let name = |number: usize| (number % ITEMS).to_string();
    let batch = |first: usize| {
        let numbers: Vec<usize> = (first..first + ITEMS).collect();
        let numbers: Box<dyn Iterator<Item = usize>> = if first.is_multiple_of(2) {
            Box::new(numbers.into_iter())
        } else {
            Box::new(numbers.into_iter().rev())
        };
        let operations = numbers.flat_map(|number| {
            let get = ItemOperation::Get {
                namespace: namespace("x"),
                key: name(number * 7),
                refresh: true,
            };
            let write = if number.is_multiple_of(5) {
                delete("x", &name(number))
            } else {
                put("x", &name(number), first)
            };
            [get, write]
        });
        operations
            .map(|operation| match operation {
                ItemOperation::Put(new) => ItemOperation::Put(NewItem {
                    ttl_minutes: Some(1.0),
                    ..new
                }),
                other => other,
            })
            .collect::<Vec<_>>()
    };
    for round in 0..5 {
        let batches = (0..ITEMS).map(|first| perform(&store, batch(round + first), 1));
        join_all(batches).await;
        let sweep = store.expire_items(at(61));
        let again = (0..ITEMS).map(|first| perform(&store, batch(first), 1));
        let (swept, _) = tokio::join!(sweep, join_all(again));
        swept.unwrap();
    }
}

#[tokio::test]
async fn names_may_have_any_character() {
    let store = open().await;
    let labels = vec!["a\0b".to_owned(), "%00".to_owned()];
    for key in ["\0", "%00", "%", "%2500", "ü\0%"] {
        let new = NewItem {
            namespace: labels.clone(),
            key: key.to_owned(),
            value: raw(&json!({"text": "\0"})),
            vectors: None,
            ttl_minutes: None,
        };
        store.put_item(new, at(0)).await.unwrap();
        let item = store
            .get_item(labels.clone(), key.to_owned(), false, at(0))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((item.key.as_str(), &item.namespace), (key, &labels));
        assert_eq!(item.value.get(), r#"{"text":"\u0000"}"#);
        let listed = ListNamespaces {
            prefixes: vec![vec!["a\0b".to_owned(), "*".to_owned()]],
            suffixes: Vec::new(),
            max_depth: None,
            limit: 10,
            offset: 0,
        };
        let listed = store.list_namespaces(listed, at(0)).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&labels));
        let delete = store.delete_item(labels.clone(), key.to_owned());
        delete.await.unwrap();
        assert_eq!(found(&store, "a\0b").await, []);
    }
}

#[tokio::test]
async fn a_search_with_a_filter_goes_as_far_as_it_must() {
    let store = open().await;
    let all = (0..5000).map(|n| put("x", &n.to_string(), n % 1000));
    perform(&store, all.collect(), 0).await;
    let page = async |filter, limit, offset| {
        let search = SearchItems {
            prefix: namespace("x"),
            filter: ItemFilter::parse(&object(filter)).unwrap(),
            near: None,
            limit,
            offset,
        };
        let found = store.search_items(search, false, at(0)).await.unwrap();
        let keys: Vec<String> = found.into_iter().map(|found| found.item.key).collect();
        keys.join(" ")
    };
    let last = json!({"n": 999});
    assert_eq!(page(last.clone(), 9, 0).await, "999 1999 2999 3999 4999");
    assert_eq!(page(last.clone(), 2, 1).await, "1999 2999");
    assert_eq!(page(last, 2, 5).await, "");
    assert_eq!(page(json!({"n": {"$lt": 2}}), 3, 1).await, "1 1000 1001");
    assert_eq!(page(json!({"n": -1}), 3, 0).await, "");
}

#[tokio::test]
async fn what_has_expired_goes_in_several_steps() {
    let store = open().await;
    let batch = (0..501).map(|n| {
        ItemOperation::Put(NewItem {
            namespace: namespace("x"),
            key: n.to_string(),
            value: raw(&json!({})),
            vectors: None,
            ttl_minutes: Some(1.0),
        })
    });
    perform(&store, batch.collect(), 0).await;
    for swept in [500, 1, 0] {
        assert_eq!(store.expire_items(at(60)).await.unwrap(), swept);
    }
}
