//! Deletes, copies and prunes checkpoints, with the values and writes that belong to them.

use std::collections::{BTreeMap, HashSet};

use lgx_model::{JsonObject, PruneStrategy, ThreadId};
use rusqlite::{Connection, params};

use super::deltas::release;
use super::values::{Channel, stand_alone};
use crate::Result;
use crate::checkpoints::needed::{Link, needed};
use crate::checkpoints::stored::{EMPTY, version_text};
use crate::sqlite::columns::{json, object};

/// Deletes all checkpoints of a thread.
pub(crate) fn delete_thread(connection: &Connection, thread_id: ThreadId) -> Result<()> {
    let thread = thread_id.to_string();
    for sql in [
        "DELETE FROM checkpoints WHERE thread_id = ?1",
        "DELETE FROM blobs WHERE thread_id = ?1",
        "DELETE FROM writes WHERE thread_id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([&thread])?;
    }
    Ok(())
}

/// Deletes what these runs stored: their checkpoints, and their writes to checkpoints of others.
pub(crate) fn delete_for_runs(connection: &Connection, run_ids: &[String]) -> Result<()> {
    let runs = json(run_ids)?;
    let mut threads = connection.prepare_cached(
        "SELECT thread_id FROM checkpoints WHERE run_id IN (SELECT value FROM json_each(?1))
         UNION SELECT thread_id FROM runs WHERE run_id IN (SELECT value FROM json_each(?1))",
    )?;
    let threads = threads
        .query_map([&runs], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    for thread in threads {
        connection
            .prepare_cached(
                "DELETE FROM checkpoints WHERE thread_id = ?1 AND run_id IN (SELECT value FROM json_each(?2))",
            )?
            .execute([&thread, &runs])?;
        connection
            .prepare_cached("DELETE FROM writes WHERE thread_id = ?1 AND run_id IN (SELECT value FROM json_each(?2))")?
            .execute([&thread, &runs])?;
        sweep(connection, &thread)?;
    }
    Ok(())
}

/// Copies all checkpoints of a thread, their ids as they are.
pub(crate) fn copy_thread(
    connection: &Connection,
    source: ThreadId,
    target: ThreadId,
) -> Result<()> {
    stand_alone_all(connection, &target.to_string())?;
    for sql in [
        "INSERT OR REPLACE INTO checkpoints
           (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, encoding, checkpoint, metadata, channel_versions)
         SELECT ?2, checkpoint_ns, checkpoint_id, parent_checkpoint_id, encoding, checkpoint,
           CASE WHEN json_type(metadata, '$.thread_id') = 'text' THEN json_set(metadata, '$.thread_id', ?2) ELSE metadata END,
           channel_versions
         FROM checkpoints WHERE thread_id = ?1",
        "INSERT OR REPLACE INTO blobs (thread_id, checkpoint_ns, channel, version, encoding, value, base, place)
         SELECT ?2, checkpoint_ns, channel, version, encoding, value, base, place FROM blobs WHERE thread_id = ?1",
        "INSERT OR REPLACE INTO writes
           (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, encoding, value, packed)
         SELECT ?2, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, encoding, value, packed
         FROM writes WHERE thread_id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([source.to_string(), target.to_string()])?;
    }
    Ok(())
}

/// Has all values of a thread stand alone: what some stand on may be about to change.
fn stand_alone_all(connection: &Connection, thread: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT checkpoint_ns, channel, version FROM blobs WHERE thread_id = ?1 AND base IS NOT NULL",
    )?;
    let standing = statement
        .query_map([thread], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(String, String, String)>, _>>()?;
    for (namespace, name, version) in &standing {
        let channel = Channel {
            thread,
            namespace,
            name,
        };
        stand_alone(connection, channel, version)?;
    }
    Ok(())
}

/// Removes old checkpoints of these threads.
pub(crate) fn prune(
    connection: &Connection,
    thread_ids: &[ThreadId],
    strategy: PruneStrategy,
) -> Result<()> {
    for &thread_id in thread_ids {
        match strategy {
            PruneStrategy::Delete => delete_thread(connection, thread_id)?,
            PruneStrategy::KeepLatest => keep_latest(connection, &thread_id.to_string())?,
        }
    }
    Ok(())
}

fn keep_latest(connection: &Connection, thread: &str) -> Result<()> {
    let mut newest = connection.prepare_cached(
        "SELECT checkpoint_ns, max(checkpoint_id) FROM checkpoints WHERE thread_id = ?1 GROUP BY 1",
    )?;
    let newest = newest
        .query_map([thread], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, String)>, _>>()?;
    for (namespace, checkpoint_id) in newest {
        let kept = needed(
            checkpoint_id,
            |checkpoint_id| link(connection, thread, &namespace, checkpoint_id),
            |versions| valued(connection, thread, &namespace, versions),
        )?;
        let kept = json(&kept)?;
        for sql in [
            "DELETE FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = ?2
             AND checkpoint_id NOT IN (SELECT value FROM json_each(?3))",
            "DELETE FROM writes WHERE thread_id = ?1 AND checkpoint_ns = ?2
             AND checkpoint_id NOT IN (SELECT value FROM json_each(?3))",
        ] {
            connection
                .prepare_cached(sql)?
                .execute(params![thread, namespace, kept])?;
        }
    }
    sweep(connection, thread)
}

/// A checkpoint's parent and channel versions.
pub(super) fn link(
    connection: &Connection,
    thread: &str,
    namespace: &str,
    checkpoint_id: &str,
) -> Result<Option<Link>> {
    let mut statement = connection.prepare_cached(
        "SELECT parent_checkpoint_id, channel_versions FROM checkpoints
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND checkpoint_id = ?3",
    )?;
    let mut rows = statement.query(params![thread, namespace, checkpoint_id])?;
    rows.next()?
        .map(|row| {
            Ok(Link {
                parent: row.get(0)?,
                versions: object(row, 1)?,
            })
        })
        .transpose()
}

/// The channels that have a value at these versions.
fn valued(
    connection: &Connection,
    thread: &str,
    namespace: &str,
    versions: &JsonObject,
) -> Result<HashSet<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM blobs
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4 AND encoding <> ?5",
    )?;
    let mut valued = HashSet::new();
    for (channel, version) in versions {
        if statement.exists(params![
            thread,
            namespace,
            channel,
            version_text(version),
            EMPTY
        ])? {
            valued.insert(channel.clone());
        }
    }
    Ok(valued)
}

/// Removes the values and writes of a thread that no checkpoint of it has any more.
fn sweep(connection: &Connection, thread: &str) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM writes WHERE thread_id = ?1 AND NOT EXISTS (
               SELECT 1 FROM checkpoints WHERE checkpoints.thread_id = writes.thread_id
                 AND checkpoints.checkpoint_ns = writes.checkpoint_ns
                 AND checkpoints.checkpoint_id = writes.checkpoint_id)",
        )?
        .execute([thread])?;
    let mut used: HashSet<(String, String, String)> = HashSet::new();
    let mut statement = connection.prepare_cached(
        "SELECT checkpoint_ns, channel_versions FROM checkpoints WHERE thread_id = ?1",
    )?;
    let mut rows = statement.query([thread])?;
    while let Some(row) = rows.next()? {
        let namespace: String = row.get(0)?;
        for (channel, version) in object(row, 1)? {
            used.insert((namespace.clone(), channel, version_text(&version)));
        }
    }
    let mut statement = connection
        .prepare_cached("SELECT checkpoint_ns, channel, version FROM blobs WHERE thread_id = ?1")?;
    let stored = statement
        .query_map([thread], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(String, String, String)>, _>>()?;
    let dead: Vec<_> = stored.iter().filter(|key| !used.contains(key)).collect();
    let mut by_channel: BTreeMap<(&str, &str), HashSet<&str>> = BTreeMap::new();
    for (namespace, name, version) in &dead {
        let versions = by_channel.entry((namespace, name)).or_default();
        versions.insert(version);
    }
    for ((namespace, name), versions) in by_channel {
        let channel = Channel {
            thread,
            namespace,
            name,
        };
        release(connection, channel, &versions)?;
    }
    let mut delete = connection.prepare_cached(
        "DELETE FROM blobs WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4",
    )?;
    for (namespace, channel, version) in dead {
        delete.execute(params![thread, namespace, channel, version])?;
    }
    Ok(())
}
