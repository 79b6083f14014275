//! Values of growing channels: packed on later ones, found again whatever is taken away, and noticed if damaged.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use lgx_model::{CheckpointRow, PruneStrategy};
use rusqlite::params;

use super::*;
use crate::sqlite::checkpoints::deltas::{Arrival, Repack, changes};
use crate::sqlite::migrate::{MIGRATIONS, migrate};

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }

    /// Words that are not each other's beginning.
    fn text(&mut self, words: usize) -> String {
        let words = (0..words).map(|_| self.below(1 << 30));
        words.fold(String::new(), |text, word| format!("{text}{word:x} "))
    }

    /// Digits, which take half the room when they are packed, but never a quarter.
    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.below(10).to_string()).collect()
    }
}

fn version(step: u64, numbers: &mut Numbers) -> String {
    format!("{step:032}.0.{:016}", numbers.below(1 << 31))
}

/// Stores a checkpoint of `messages` behind `parent`, and packs what it takes the place of.
fn put(connection: &Connection, row: &CheckpointRow, value: &str) {
    let version = row.channel_versions["messages"].as_str().unwrap();
    let values = [NewValue::prepare(
        channel("messages", version, value),
        LARGE,
    )];
    checkpoints::put(connection, row, &values).unwrap();
    if let Some(arrival) = Arrival::of(row, &values) {
        for packed in changes(connection, &arrival)
            .unwrap()
            .into_iter()
            .filter_map(Repack::pack)
        {
            packed.put(connection).unwrap();
        }
    }
}

/// A thread whose every checkpoint has some more words in it, and what they say.
fn growing(connection: &Connection, count: u64, words: usize) -> (ThreadId, Vec<(String, String)>) {
    let thread_id = ThreadId::fresh();
    let (mut numbers, mut value, mut checkpoints) = (Numbers(1), String::new(), Vec::new());
    for step in 0..count {
        value += &numbers.text(words);
        let parent = checkpoints
            .last()
            .map(|(id, _): &(String, String)| id.clone());
        let id = format!("{step:06}");
        let version = version(step, &mut numbers);
        put(
            connection,
            &row(
                thread_id,
                &id,
                parent.as_deref(),
                json!({"messages": version}),
            ),
            &value,
        );
        checkpoints.push((id, value.clone()));
    }
    (thread_id, checkpoints)
}

fn read(connection: &Connection, thread_id: ThreadId, id: &str) -> Option<String> {
    let tuple = checkpoints::get(connection, thread_id, "", Some(id)).unwrap()?;
    let value = tuple.channels.first().unwrap().value.bytes.to_vec();
    Some(String::from_utf8(value).unwrap())
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// How many values each stands on in the end, at most.
const STEPS: &str = "WITH RECURSIVE chain(version, base, steps) AS (
      SELECT version, base, 0 FROM blobs
      UNION ALL SELECT chain.version, blobs.base, steps + 1 FROM chain JOIN blobs ON blobs.version = chain.base)
    SELECT max(steps) FROM chain";

#[test]
fn four_hundred_versions_of_a_growing_channel_take_little_more_than_the_last() {
    let connection = connection();
    let (thread_id, checkpoints) = growing(&connection, 400, 66);
    let whole: usize = checkpoints.iter().map(|(_, value)| value.len()).sum();
    assert!(whole > 45_000_000, "{whole}");
    let kept = number(
        &connection,
        "SELECT sum(length(value)) FROM blobs WHERE base IS NOT NULL",
    );
    assert!(kept < 40_000, "{kept}");
    let alone = number(&connection, "SELECT count(*) FROM blobs WHERE base IS NULL");
    assert_eq!(
        alone, 3,
        "the newest, the last of a group of 256, and the first, which is short"
    );
    for (id, value) in &checkpoints {
        assert_eq!(
            read(&connection, thread_id, id).as_ref(),
            Some(value),
            "{id}"
        );
    }
}

#[test]
fn no_value_is_more_than_16_steps_from_one_that_stands_alone() {
    let connection = connection();
    for count in [0, 255, 256, 511, 530] {
        connection.execute("DELETE FROM blobs", []).unwrap();
        growing(&connection, count + 1, 200);
        let steps = number(&connection, STEPS);
        assert!(steps <= 16, "{count}: {steps}");
    }
}

#[test]
fn the_newest_version_is_stored_as_it_came() {
    let connection = connection();
    let (_, checkpoints) = growing(&connection, 20, 200);
    let newest: String = connection
        .query_row(
            "SELECT CAST(value AS TEXT) FROM blobs ORDER BY version DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(newest, checkpoints.last().unwrap().1);
}

#[test]
fn short_values_are_left_alone() {
    let connection = connection();
    growing(&connection, 10, 5);
    assert_eq!(
        number(
            &connection,
            "SELECT count(*) FROM blobs WHERE place IS NOT NULL"
        ),
        0
    );
}

#[test]
fn a_value_that_has_nothing_of_the_next_one_stands_alone() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let mut numbers = Numbers(5);
    let values = [numbers.text(300), numbers.digits(3_000), numbers.text(300)];
    for (step, value) in values.iter().enumerate() {
        let parent = step.checked_sub(1).map(|before| before.to_string());
        let row = row(
            thread_id,
            &step.to_string(),
            parent.as_deref(),
            json!({"messages": step.to_string()}),
        );
        put(&connection, &row, value);
    }
    for (step, value) in values.iter().enumerate() {
        assert_eq!(
            read(&connection, thread_id, &step.to_string()).as_ref(),
            Some(value)
        );
    }
    assert_eq!(
        number(
            &connection,
            "SELECT count(*) FROM blobs WHERE base IS NOT NULL"
        ),
        0
    );
    let packed = number(
        &connection,
        "SELECT length(value) FROM blobs WHERE version = '1'",
    );
    assert!(packed < 1_500, "{packed}");
}

#[test]
fn whatever_is_put_forked_taken_away_and_copied_the_rest_reads_as_it_was() {
    for seed in 0..6 {
        let connection = connection();
        let mut numbers = Numbers(seed);
        let mut thread_id = ThreadId::fresh();
        // What each checkpoint says, by its id, and which run made it.
        let mut expected: BTreeMap<String, (String, String)> = BTreeMap::new();
        for step in 0..120 {
            match numbers.below(40) {
                0 => {
                    let run = format!("run-{}", numbers.below(step / 10 + 1));
                    checkpoints::delete_for_runs(&connection, std::slice::from_ref(&run)).unwrap();
                    expected.retain(|_, (_, of)| *of != run);
                }
                1 => {
                    checkpoints::prune(&connection, &[thread_id], PruneStrategy::KeepLatest)
                        .unwrap();
                    let newest = expected.pop_last();
                    expected = newest.into_iter().collect();
                }
                2 => {
                    let target = ThreadId::fresh();
                    checkpoints::copy_thread(&connection, thread_id, target).unwrap();
                    // Who wrote it is not copied.
                    for (_, of) in expected.values_mut() {
                        "copied".clone_into(of);
                    }
                    checkpoints::delete_thread(&connection, thread_id).unwrap();
                    thread_id = target;
                }
                other => {
                    let parent = if other < 8 {
                        let nth = numbers.below(expected.len().max(1) as u64);
                        expected.keys().nth(usize::try_from(nth).unwrap()).cloned()
                    } else {
                        expected.keys().next_back().cloned()
                    };
                    let (id, run) = (format!("{step:06}"), format!("run-{}", step / 10));
                    let before = parent.as_ref().map_or("", |parent| &*expected[parent].0);
                    let value = format!("{before}{}", numbers.text(90));
                    let mut row = row(
                        thread_id,
                        &id,
                        parent.as_deref(),
                        json!({"messages": version(step, &mut numbers)}),
                    );
                    row.run_id = Some(run.clone());
                    put(&connection, &row, &value);
                    expected.insert(id, (value, run));
                }
            }
            for (id, (value, _)) in &expected {
                assert_eq!(
                    read(&connection, thread_id, id).as_ref(),
                    Some(value),
                    "{seed} {step} {id}"
                );
            }
        }
        let (rows, steps) = (
            number(&connection, "SELECT count(*) FROM blobs"),
            number(&connection, STEPS),
        );
        assert_eq!(usize::try_from(rows).unwrap(), expected.len(), "{seed}");
        assert!(steps <= 16, "{seed}: {steps}");
    }
}

#[test]
fn another_value_of_a_version_leaves_those_that_stand_on_it_as_they_are() {
    let connection = connection();
    let (thread_id, checkpoints) = growing(&connection, 3, 200);
    let last = checkpoints::get(&connection, thread_id, "", Some("000002"))
        .unwrap()
        .unwrap();
    put(&connection, &last.row, "another");
    assert_eq!(read(&connection, thread_id, "000002").unwrap(), "another");
    for (id, value) in &checkpoints[..2] {
        assert_eq!(read(&connection, thread_id, id).as_ref(), Some(value));
    }
}

#[test]
fn nothing_is_packed_on_what_has_changed_since_it_was_read() {
    let connection = connection();
    let (thread_id, checkpoints) = growing(&connection, 2, 200);
    let mut numbers = Numbers(9);
    let next = row(
        thread_id,
        "000002",
        Some("000001"),
        json!({"messages": version(2, &mut numbers)}),
    );
    let version = next.channel_versions["messages"].as_str().unwrap();
    let value = format!("{}more", checkpoints[1].1);
    let values = [NewValue::prepare(
        channel("messages", version, &value),
        LARGE,
    )];
    checkpoints::put(&connection, &next, &values).unwrap();
    let read_before = changes(&connection, &Arrival::of(&next, &values).unwrap()).unwrap();
    assert_eq!(read_before.len(), 2);
    connection
        .execute(
            "UPDATE blobs SET value = CAST('other' AS BLOB) WHERE version = ?1",
            [version],
        )
        .unwrap();
    for packed in read_before.into_iter().filter_map(Repack::pack) {
        packed.put(&connection).unwrap();
    }
    for (id, value) in &checkpoints {
        assert_eq!(read(&connection, thread_id, id).as_ref(), Some(value));
    }
}

#[test]
fn damage_is_an_error_that_says_where_and_never_another_value() {
    let connection = connection();
    let (thread_id, _) = growing(&connection, 3, 200);
    let newest = "(SELECT max(version) FROM blobs)";
    connection
        .execute(&format!("UPDATE blobs SET value = CAST(replace(CAST(value AS TEXT), 'a', 'b') AS BLOB) WHERE version = {newest}"), [])
        .unwrap();
    let error = checkpoints::get(&connection, thread_id, "", Some("000001")).unwrap_err();
    assert!(error.to_string().contains("packed value"), "{error}");
    connection
        .execute(&format!("DELETE FROM blobs WHERE version = {newest}"), [])
        .unwrap();
    let error = checkpoints::get(&connection, thread_id, "", Some("000001"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("messages") && error.contains(&thread_id.to_string()),
        "{error}"
    );
}

#[test]
fn large_values_and_writes_are_packed_before_they_are_stored() {
    let connection = connection();
    let thread_id = ThreadId::fresh();
    let large = "again and again ".repeat(100_000);
    let row = row(thread_id, "1", None, json!({"files": "1"}));
    checkpoints::put(
        &connection,
        &row,
        &[NewValue::prepare(channel("files", "1", &large), LARGE)],
    )
    .unwrap();
    let writes = [
        NewWrite::prepare(write("task", 0, "", &large), LARGE),
        NewWrite::prepare(write("task", 1, "", "small"), LARGE),
    ];
    checkpoints::put_writes(&connection, thread_id, "", "1", None, &writes).unwrap();
    let stored = number(
        &connection,
        "SELECT (SELECT sum(length(value)) FROM blobs) + (SELECT sum(length(value)) FROM writes)",
    );
    assert!(stored < 10_000, "{stored}");
    let target = ThreadId::fresh();
    checkpoints::copy_thread(&connection, thread_id, target).unwrap();
    for thread_id in [thread_id, target] {
        let tuple = checkpoints::get(&connection, thread_id, "", None)
            .unwrap()
            .unwrap();
        assert_eq!(tuple.channels[0].value.bytes, large);
        assert_eq!(tuple.writes[0].value.bytes, large);
        assert_eq!(tuple.writes[1].value.bytes, "small");
    }
}

#[test]
fn values_of_an_older_database_are_read_and_packed_when_newer_ones_come() {
    let connection = Connection::open_in_memory().unwrap();
    crate::sqlite::functions::register(&connection).unwrap();
    migrate(&connection, Path::new("state.db"), &MIGRATIONS[..6]).unwrap();
    let (thread_id, mut numbers) = (ThreadId::fresh(), Numbers(3));
    let (first, value) = (version(1, &mut numbers), numbers.text(300));
    let insert = "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, encoding, checkpoint, metadata, channel_versions)
        VALUES (?1, '', '1', 'msgpack', x'', '{}', json_object('messages', ?2))";
    connection
        .execute(insert, params![thread_id.to_string(), first])
        .unwrap();
    let insert = "INSERT INTO blobs VALUES (?1, '', 'messages', ?2, 'msgpack', ?3)";
    connection
        .execute(
            insert,
            params![thread_id.to_string(), first, value.as_bytes()],
        )
        .unwrap();

    migrate(&connection, Path::new("state.db"), MIGRATIONS).unwrap();
    assert_eq!(read(&connection, thread_id, "1").as_ref(), Some(&value));
    let next = row(
        thread_id,
        "2",
        Some("1"),
        json!({"messages": version(2, &mut numbers)}),
    );
    put(&connection, &next, &format!("{value} and more"));
    assert_eq!(
        number(
            &connection,
            "SELECT count(*) FROM blobs WHERE base IS NOT NULL"
        ),
        1
    );
    assert_eq!(read(&connection, thread_id, "1").as_ref(), Some(&value));
}

#[tokio::test]
async fn a_store_packs_what_newer_values_take_the_place_of_behind_the_writes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = crate::Store::open(dir.path()).unwrap();
    let (thread_id, mut numbers) = (ThreadId::fresh(), Numbers(7));
    let (mut value, mut parent) = (String::new(), None);
    let mut expected = Vec::new();
    for step in 0..40 {
        value += &numbers.text(150);
        let (id, version) = (format!("{step:06}"), version(step, &mut numbers));
        let row = row(
            thread_id,
            &id,
            parent.as_deref(),
            json!({"messages": version}),
        );
        let put = store.put_checkpoint(None, row, vec![channel("messages", &version, &value)]);
        put.await.await.unwrap();
        expected.push((id.clone(), value.clone()));
        parent = Some(id);
    }
    // It packs when nothing else wants to run, which may take long here.
    store.sqlite().packer.close(Duration::from_secs(120)).await;
    store.close().await;
    let connection = Connection::open(dir.path().join("state.db")).unwrap();
    let standing = number(
        &connection,
        "SELECT count(*) FROM blobs WHERE base IS NOT NULL",
    );
    assert_eq!(standing, 39);
    for (id, value) in &expected {
        assert_eq!(read(&connection, thread_id, id).as_ref(), Some(value));
    }
}
