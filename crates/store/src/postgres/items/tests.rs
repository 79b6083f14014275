//! Several servers that write the same items, and how items are found among many.

use futures_util::future::join_all;
use lgx_model::{RawJson, Timestamp};
use tokio_postgres::types::Type;

use super::Below;
use crate::Store;
use crate::items::{ItemOperation, NewItem};
use crate::postgres::Parameter;
use crate::postgres::tests::{BESIDE_OTHERS, address, connected, database};

const NOW: Timestamp = Timestamp::from_micros(0);

fn put(number: usize) -> ItemOperation {
    ItemOperation::Put(NewItem {
        namespace: vec!["x".to_owned()],
        key: number.to_string(),
        value: RawJson::empty_object(),
        vectors: None,
        ttl_minutes: Some(1.0),
    })
}

/// Reads and writes all of so many items, from the first on or from the last back.
fn batch(items: usize, first: usize) -> Vec<ItemOperation> {
    let numbers = (first..first + items).map(|number| number % items);
    let mut numbers: Vec<usize> = numbers.collect();
    if first.is_multiple_of(2) {
        numbers.reverse();
    }
    let reads = numbers.iter().rev().map(|number| ItemOperation::Get {
        namespace: vec!["x".to_owned()],
        key: number.to_string(),
        refresh: true,
    });
    let deletes = numbers.iter().map(|number| ItemOperation::Delete {
        namespace: vec!["x".to_owned()],
        key: number.to_string(),
    });
    let puts = numbers.iter().map(|&number| put(number));
    let writes = if first.is_multiple_of(3) {
        deletes.chain(puts).collect::<Vec<_>>()
    } else {
        puts.collect()
    };
    reads.chain(writes).collect()
}

#[tokio::test]
async fn servers_that_write_the_same_items_do_not_wait_for_each_other_for_ever() {
    const ITEMS: usize = 12;
    let Some(database) = database() else { return };
    let mut servers = Vec::new();
    for _ in 0..4 {
        let server = Store::connect(&address(&database), BESIDE_OTHERS)
            .await
            .unwrap()
            .0;
        servers.push(server);
    }
    for round in 0..8 {
        let batches = servers.iter().zip(round..).map(async |(server, first)| {
            let batch = batch(ITEMS, first);
            let performed = server.perform_items(batch, usize::MAX, NOW).await;
            performed.await.unwrap();
            server.expire_items(NOW).await.unwrap();
        });
        join_all(batches).await;
    }
}

#[tokio::test]
async fn what_is_asked_of_many_items_is_found_by_an_index() {
    let Some(database) = database() else { return };
    let session = connected(&database).await;
    session
        .batch(
            "INSERT INTO items (namespace, key, value, created_at, updated_at, ttl_minutes, expires_at)
             SELECT 'users.' || n % 500 || '.', n::text, '{}', 0, 0, nullif(n % 100, 1), CASE WHEN n % 100 = 1 THEN n END
             FROM generate_series(1, 20000) AS n;
             ANALYZE items",
        )
        .await
        .unwrap();
    let labels = ["users".to_owned(), "7".to_owned()];
    let (few, all) = (Below::of(&labels, NOW), Below::of(&[], NOW));
    for (sql, below, index) in [
        (
            "ORDER BY sequence LIMIT 10",
            &few,
            "items_namespace_key_key",
        ),
        ("ORDER BY sequence LIMIT 10", &all, "items_pkey"),
        ("AND key = '7'", &few, "items_namespace_key_key"),
        ("AND expires_at <= 100", &all, "items_by_expiry"),
    ] {
        let mut parameters: Vec<(Parameter<'_>, Type)> = Vec::new();
        let condition = below.condition(&mut parameters);
        let sql = format!("EXPLAIN SELECT sequence, value FROM items WHERE {condition} {sql}");
        let rows = session.rows_once(&sql, &parameters).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        let walks = plan.contains("Seq Scan");
        assert!(plan.contains(index) && !walks, "{index}:\n{sql}\n{plan}");
    }
}
