//! Filters of auth handlers, wherever they are applied, against a reference that is small enough to be read: it takes filter and metadata
//! as they are written, and knows no index.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lgx_model::query::{AssistantQuery, CronQuery, ThreadQuery};
use lgx_model::{Assistant, CronId};
use lgx_store::crons::StoredCron;
use lgx_store::{Filter, FilterError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::assistants::own;
use super::crons::{example, insert};
use super::*;

/// Whether `metadata` passes `filter`.
fn passes(filter: &Value, metadata: &Value) -> bool {
    let all = |filters: &Value| filters.as_array().unwrap().clone();
    filter.as_object().unwrap().iter().all(|(key, wanted)| {
        let found = metadata.get(key);
        match (key.as_str(), wanted) {
            ("$or", filters) => all(filters).iter().any(|one| passes(one, metadata)),
            ("$and", filters) => all(filters).iter().all(|one| passes(one, metadata)),
            (_, Value::Object(operators)) => operators.iter().all(|(operator, wanted)| {
                found.is_some_and(|found| match operator.as_str() {
                    "$eq" => same(found, wanted),
                    "$contains" => contains(found, wanted),
                    other => panic!("{other}"),
                })
            }),
            (_, wanted) => found.is_some_and(|found| same(found, wanted)),
        }
    })
}

/// Whether a list has a value, or each of several.
fn contains(found: &Value, wanted: &Value) -> bool {
    let Value::Array(found) = found else {
        return false;
    };
    let has = |wanted: &Value| found.iter().any(|found| same(found, wanted));
    match wanted {
        Value::Array(several) => several.iter().all(has),
        one => has(one),
    }
}

/// Whether two values are equal, where numbers are what they amount to.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left == right,
            _ => left.as_f64() == right.as_f64(),
        },
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        (left, right) => left == right,
    }
}

/// Few keys and values, so that many filters match something.
fn key() -> impl Strategy<Value = String> {
    const KEYS: [&str; 11] = [
        "owner",
        "team",
        "n",
        "a.b",
        "ключ",
        "quo\"te",
        "back\\slash",
        "",
        "own'er",
        "a b",
        "\n",
    ];
    select(&KEYS[..]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    const TEXTS: [&str; 13] = [
        "alice",
        "bob",
        "x",
        "ünï",
        "quo\"te",
        "back\\slash",
        "",
        "1",
        "true",
        "null",
        "a\nb",
        "x'; --",
        "%",
    ];
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(|text| json!(text)),
        2 => select(vec![json!(null), json!(true), json!(false)]),
        3 => select(vec![
            json!(0), json!(1), json!(1.0), json!(-0.0), json!(0.5), json!(-1), json!(9_007_199_254_740_992_i64),
            json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), json!(i64::MAX), json!(1e300),
        ]),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let nested = scalar().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 0..3).prop_map(Value::Array),
            1 => vec((key(), inner), 0..3).prop_map(written),
        ]
    });
    prop_oneof![3 => scalar(), 2 => nested]
}

fn written(pairs: Vec<(String, Value)>) -> Value {
    Value::Object(pairs.into_iter().collect())
}

fn metadata() -> impl Strategy<Value = Value> {
    // Metadata may have keys that are words in filters.
    let odd = select(&["$eq", "$or", "$contains"][..]).prop_map(str::to_owned);
    vec((prop_oneof![9 => key(), 1 => odd], value()), 0..5).prop_map(written)
}

fn condition() -> impl Strategy<Value = Value> {
    let not_an_object = value().prop_filter("that would be operators", |value| !value.is_object());
    let several = prop_oneof![scalar(), vec(scalar(), 0..3).prop_map(Value::Array)];
    prop_oneof![
        4 => not_an_object,
        2 => value().prop_map(|value| json!({"$eq": value})),
        3 => several.prop_map(|value| json!({"$contains": value})),
    ]
}

fn filter() -> impl Strategy<Value = Value> {
    let plain = vec((key(), condition()), 0..3).prop_map(written);
    plain.prop_recursive(3, 12, 3, |inner| {
        let combined = (select(&["$or", "$and"][..]), vec(inner, 2..4));
        let more = vec((key(), condition()), 0..2);
        (combined, more).prop_map(|((operator, filters), mut more)| {
            more.push((operator.to_owned(), json!(filters)));
            written(more)
        })
    })
}

/// Something of each noun, with this metadata.
struct Row {
    metadata: Value,
    thread: ThreadId,
    assistant: Assistant,
    cron: CronId,
}

async fn row(store: &Backend, metadata: Value) -> Row {
    let assistant = own("agent", "one", metadata.clone(), 0);
    let everything = store.everything();
    let made = store.create_assistant(assistant.clone(), &everything);
    assert!(matches!(made.await.unwrap(), Creation::Created(_)));
    let mut cron: StoredCron = example(0, None);
    cron.cron.metadata = object(metadata.clone());
    Row {
        thread: thread(store, metadata.clone()).await,
        cron: insert(store, &cron).await,
        assistant,
        metadata,
    }
}

/// What the store shows under `scope`, of every noun and in every way, is what `expected` says.
async fn shows(store: &Backend, rows: &[Row], scope: &Scope, expected: impl Fn(&Row) -> bool) {
    let visible: Vec<&Row> = rows.iter().filter(|row| expected(row)).collect();
    let everything = store.everything();

    let found = store
        .search_threads(ThreadQuery::default(), ALL, scope)
        .await
        .unwrap();
    let ids: BTreeSet<_> = found.rows.iter().map(|thread| thread.thread_id).collect();
    assert_eq!(ids, visible.iter().map(|row| row.thread).collect());
    let count = visible.len() as u64;
    assert_eq!(found.total, count);
    assert_eq!(
        store
            .count_threads(ThreadQuery::default(), scope)
            .await
            .unwrap(),
        count
    );

    let found = store
        .search_assistants(AssistantQuery::default(), ALL, scope)
        .await
        .unwrap();
    let ids: BTreeSet<_> = found.rows.iter().map(|one| one.assistant_id).collect();
    assert_eq!(
        ids,
        visible
            .iter()
            .map(|row| row.assistant.assistant_id)
            .collect()
    );
    assert_eq!(
        store
            .count_assistants(AssistantQuery::default(), scope)
            .await
            .unwrap(),
        count
    );

    let crons = store.search_crons(CronQuery::default(), ALL, scope, &everything);
    let ids: BTreeSet<_> = crons
        .await
        .unwrap()
        .rows
        .iter()
        .map(|cron| cron.cron_id)
        .collect();
    assert_eq!(ids, visible.iter().map(|row| row.cron).collect());
    let counted = store.count_crons(CronQuery::default(), scope, &everything);
    assert_eq!(counted.await.unwrap(), count);

    for row in rows.iter().rev().take(NEW_ROWS) {
        let visible = expected(row);
        assert_eq!(scope.allows(&object(row.metadata.clone())), visible);
        assert_eq!(
            store.get_thread(row.thread, scope).await.unwrap().is_some(),
            visible
        );
        assert_eq!(
            store.thread_exists(row.thread, scope).await.unwrap(),
            visible
        );
        let id = row.assistant.assistant_id;
        assert_eq!(
            store.get_assistant(id, scope).await.unwrap().is_some(),
            visible
        );
        assert_eq!(
            store
                .get_runnable_assistant(id, scope)
                .await
                .unwrap()
                .is_some(),
            visible
        );
        assert_eq!(
            store.get_cron(row.cron, scope).await.unwrap().is_some(),
            visible
        );
        // A search for something else beside the filter takes another way.
        let query = ThreadQuery {
            metadata: object(row.metadata.clone()),
            ids: vec![row.thread],
            ..ThreadQuery::default()
        };
        assert_eq!(
            store.count_threads(query, scope).await.unwrap(),
            u64::from(visible)
        );
    }
}

/// How many rows a case adds to those of the cases before.
const NEW_ROWS: usize = 3;

/// The same cases each time; `PROPTEST_CASES` tries more.
fn runner(usual: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(usual),
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn every_way_to_look_shows_what_the_filter_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(open());
    let rows = RefCell::new(Vec::new());
    let case = (vec(metadata(), NEW_ROWS..=NEW_ROWS), filter(), filter());
    let outcome = runner(40).run(&case, |(more, one, other)| {
        let rows = &mut *rows.borrow_mut();
        runtime.block_on(async {
            for metadata in more {
                rows.push(row(&store, metadata).await);
            }
            let scope = |filter: &Value| store.filtered(Filter::parse(filter).unwrap());
            shows(&store, rows, &scope(&one), |row| {
                passes(&one, &row.metadata)
            })
            .await;
            let both = scope(&one).and(&scope(&other));
            let passes_both =
                |row: &Row| passes(&one, &row.metadata) && passes(&other, &row.metadata);
            shows(&store, rows, &both, passes_both).await;
        });
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_mistake_anywhere_in_a_filter_makes_all_of_it_an_error_that_names_it() {
    let mistakes = [
        ("$ne", json!({"owner": {"$ne": "a"}})),
        ("$in", json!({"team": {"$in": ["a"]}})),
        ("eq", json!({"owner": {"eq": "a"}})),
        ("$regex", json!({"owner": {"$eq": "a", "$regex": ".*"}})),
        ("$not", json!({"$not": {"owner": "a"}})),
        ("$nor", json!({"$nor": [{"a": 1}, {"b": 1}]})),
        ("$or", json!({"$or": [{"owner": "a"}]})),
        ("$and", json!({"$and": {"owner": "a"}})),
        ("nothing", json!({"nothing": {}})),
    ];
    let place = (
        select(vec![true, false]),
        vec(filter(), 1..3),
        key(),
        condition(),
    );
    let case = (select(mistakes.to_vec()), vec(place, 0..3));
    let outcome = runner(500).run(&case, |((named, mut filter), around)| {
        for (is_or, mut others, key, condition) in around {
            others.insert(others.len() / 2, filter);
            let operator = if is_or { "$or" } else { "$and" };
            filter = json!({key: condition, operator: others});
        }
        let error: FilterError = Filter::parse(&filter).unwrap_err();
        assert!(error.to_string().contains(named), "{filter}: {error}");
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
