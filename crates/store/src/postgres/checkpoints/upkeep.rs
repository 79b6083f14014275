//! Deletes, copies and prunes checkpoints, with the values and writes that belong to them.

use std::collections::{HashMap, HashSet};

use lgx_model::{JsonObject, PruneStrategy, ThreadId};
use serde_json::Value;
use uuid::Uuid;

use super::{channel_versions, uuids};
use crate::Result;
use crate::checkpoints::needed::{Link, needed};
use crate::checkpoints::stored::{EMPTY, version_text};
use crate::postgres::Session;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{any_text, any_text_or_null, id, json, object};

/// Deletes all checkpoints of a thread.
pub(crate) async fn delete_thread(session: &Session, thread_id: ThreadId) -> Result<()> {
    delete_threads(session, &[thread_id]).await
}

async fn delete_threads(session: &Session, thread_ids: &[ThreadId]) -> Result<()> {
    let sql = "WITH of_checkpoints AS (DELETE FROM checkpoints WHERE thread_id = ANY($1)),
         of_writes AS (DELETE FROM writes WHERE thread_id = ANY($1))
         DELETE FROM blobs WHERE thread_id = ANY($1)";
    session.execute(sql, &[&uuids(thread_ids)]).await?;
    Ok(())
}

/// The threads on which these runs were made or stored anything.
pub(crate) async fn threads_of_runs(
    session: &Session,
    run_ids: &[String],
) -> Result<Vec<ThreadId>> {
    let sql = "SELECT thread_id FROM checkpoints WHERE run_id = ANY($1) UNION SELECT thread_id FROM runs WHERE run_id = ANY($2)";
    let rows = session
        .rows(sql, &[&texts(run_ids), &parsed(run_ids)])
        .await?;
    rows.iter().map(|row| id(row, 0)).collect()
}

/// Deletes what these runs stored: their checkpoints, and their writes to checkpoints of others.
pub(crate) async fn delete_for_runs(session: &Session, run_ids: &[String]) -> Result<()> {
    let sql = "WITH threads AS (
           SELECT thread_id FROM checkpoints WHERE run_id = ANY($1) UNION SELECT thread_id FROM runs WHERE run_id = ANY($2)),
         of_checkpoints AS (DELETE FROM checkpoints WHERE run_id = ANY($1)),
         of_writes AS (DELETE FROM writes WHERE thread_id = ANY(ARRAY(SELECT thread_id FROM threads)) AND run_id = ANY($1))
         SELECT thread_id FROM threads";
    let rows = session
        .rows(sql, &[&texts(run_ids), &parsed(run_ids)])
        .await?;
    let threads: Vec<ThreadId> = rows.iter().map(|row| id(row, 0)).collect::<Result<_>>()?;
    sweep(session, &threads).await
}

fn texts(run_ids: &[String]) -> Vec<AnyText<'_>> {
    AnyText::all(run_ids.iter().map(String::as_str))
}

/// The ids as those of rows of `runs`; others are not of any.
fn parsed(run_ids: &[String]) -> Vec<Uuid> {
    let ids = run_ids.iter();
    ids.filter_map(|id| Uuid::try_parse(id).ok()).collect()
}

/// Copies all checkpoints of a thread, their ids as they are.
pub(crate) async fn copy_thread(
    session: &Session,
    source: ThreadId,
    target: ThreadId,
) -> Result<()> {
    let renamed = renamed(session, source, target).await?;
    let column = |of: fn(&Renamed) -> &str| AnyText::all(renamed.iter().map(of));
    let sql = "WITH of_checkpoints AS (
           INSERT INTO checkpoints
             (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, encoding, checkpoint, metadata, channel_versions)
           SELECT $2, checkpoint_ns, checkpoint_id, parent_checkpoint_id, encoding, checkpoint,
             coalesce(renamed.metadata, checkpoints.metadata), channel_versions
           FROM checkpoints LEFT JOIN unnest($3::text[], $4::text[], $5::text[]) AS renamed (checkpoint_ns, checkpoint_id, metadata)
             USING (checkpoint_ns, checkpoint_id)
           WHERE thread_id = $1
           ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET parent_checkpoint_id = excluded.parent_checkpoint_id,
             run_id = excluded.run_id, encoding = excluded.encoding, checkpoint = excluded.checkpoint, metadata = excluded.metadata,
             channel_versions = excluded.channel_versions),
         of_blobs AS (
           INSERT INTO blobs (thread_id, checkpoint_ns, channel, version, encoding, packed, value)
           SELECT $2, checkpoint_ns, channel, version, encoding, packed, value FROM blobs WHERE thread_id = $1
           ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO UPDATE SET encoding = excluded.encoding,
             packed = excluded.packed, value = excluded.value)
         INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, encoding, packed, value)
         SELECT $2, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, encoding, packed, value
         FROM writes WHERE thread_id = $1
         ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO UPDATE SET channel = excluded.channel,
           task_path = excluded.task_path, run_id = excluded.run_id, encoding = excluded.encoding, packed = excluded.packed,
           value = excluded.value";
    session
        .execute(
            sql,
            &[
                &source.uuid(),
                &target.uuid(),
                &column(|renamed| &renamed.checkpoint_ns),
                &column(|renamed| &renamed.checkpoint_id),
                &column(|renamed| &renamed.metadata),
            ],
        )
        .await?;
    Ok(())
}

/// The metadata of a checkpoint that names its thread, as its copy is to have it.
struct Renamed {
    checkpoint_ns: String,
    checkpoint_id: String,
    metadata: String,
}

async fn renamed(session: &Session, source: ThreadId, target: ThreadId) -> Result<Vec<Renamed>> {
    let sql = "SELECT checkpoint_ns, checkpoint_id, metadata FROM checkpoints
         WHERE thread_id = $1 AND strpos(metadata, '\"thread_id\"') > 0";
    let mut renamed = Vec::new();
    for row in session.rows(sql, &[&source.uuid()]).await? {
        let mut metadata = object(&row, 2)?;
        if let Some(Value::String(thread)) = metadata.get_mut("thread_id") {
            *thread = target.to_string();
            renamed.push(Renamed {
                checkpoint_ns: any_text(&row, 0)?,
                checkpoint_id: any_text(&row, 1)?,
                metadata: json(&metadata)?,
            });
        }
    }
    Ok(renamed)
}

/// Removes old checkpoints of these threads.
pub(crate) async fn prune(
    session: &Session,
    thread_ids: &[ThreadId],
    strategy: PruneStrategy,
) -> Result<()> {
    match strategy {
        PruneStrategy::Delete => delete_threads(session, thread_ids).await,
        PruneStrategy::KeepLatest => {
            for &thread_id in thread_ids {
                keep_latest(session, thread_id).await?;
            }
            sweep(session, thread_ids).await
        }
    }
}

/// Leaves a thread the newest checkpoint of each namespace, and those that it stands on.
async fn keep_latest(session: &Session, thread_id: ThreadId) -> Result<()> {
    let links = links(session, thread_id).await?;
    let valued = valued(session, thread_id).await?;
    let (mut namespaces, mut kept) = (Vec::new(), Vec::new());
    for (namespace, links) in &links {
        let Some(newest) = links.keys().max().cloned() else {
            continue;
        };
        let of_namespace = needed(
            newest,
            |checkpoint_id| Ok(links.get(checkpoint_id).cloned()),
            |versions| Ok(valued_at(versions, namespace, &valued)),
        )?;
        namespaces.extend(of_namespace.iter().map(|_| namespace.clone()));
        kept.extend(of_namespace);
    }
    let sql = "DELETE FROM checkpoints WHERE thread_id = $1 AND NOT EXISTS (
           SELECT 1 FROM unnest($2::text[], $3::text[]) AS kept (checkpoint_ns, checkpoint_id)
           WHERE kept.checkpoint_ns = checkpoints.checkpoint_ns AND kept.checkpoint_id = checkpoints.checkpoint_id)";
    session
        .execute(
            sql,
            &[&thread_id.uuid(), &texts(&namespaces), &texts(&kept)],
        )
        .await?;
    Ok(())
}

/// What each checkpoint of a thread stands on, by namespace and id.
async fn links(
    session: &Session,
    thread_id: ThreadId,
) -> Result<HashMap<String, HashMap<String, Link>>> {
    let sql = "SELECT checkpoint_ns, checkpoint_id, parent_checkpoint_id, channel_versions FROM checkpoints WHERE thread_id = $1";
    let mut links: HashMap<String, HashMap<String, Link>> = HashMap::new();
    for row in session.rows(sql, &[&thread_id.uuid()]).await? {
        let link = Link {
            parent: any_text_or_null(&row, 2)?,
            versions: channel_versions::read(&row, 3)?,
        };
        let of_namespace = links.entry(any_text(&row, 0)?).or_default();
        of_namespace.insert(any_text(&row, 1)?, link);
    }
    Ok(links)
}

/// The versions of channels that have a value, by namespace, channel and version.
type Valued = HashSet<(String, String, String)>;

async fn valued(session: &Session, thread_id: ThreadId) -> Result<Valued> {
    let sql =
        "SELECT checkpoint_ns, channel, version FROM blobs WHERE thread_id = $1 AND encoding <> $2";
    let rows = session.rows(sql, &[&thread_id.uuid(), &EMPTY]).await?;
    let key = |row| Ok((any_text(row, 0)?, any_text(row, 1)?, any_text(row, 2)?));
    rows.iter().map(key).collect()
}

/// The channels that have a value at these versions.
fn valued_at(versions: &JsonObject, namespace: &str, valued: &Valued) -> HashSet<String> {
    let has_value = |channel: &str, version: &Value| {
        let key = (
            namespace.to_owned(),
            channel.to_owned(),
            version_text(version),
        );
        valued.contains(&key)
    };
    let with_value = versions.iter().filter(|(name, at)| has_value(name, at));
    with_value.map(|(name, _)| name.clone()).collect()
}

/// Removes the values and writes of threads that no checkpoint of them has any more.
async fn sweep(session: &Session, thread_ids: &[ThreadId]) -> Result<()> {
    if thread_ids.is_empty() {
        return Ok(());
    }
    let sql = "WITH of_writes AS (
           DELETE FROM writes WHERE thread_id = ANY($1) AND NOT EXISTS (
             SELECT 1 FROM checkpoints WHERE checkpoints.thread_id = writes.thread_id
               AND checkpoints.checkpoint_ns = writes.checkpoint_ns AND checkpoints.checkpoint_id = writes.checkpoint_id))
         DELETE FROM blobs WHERE thread_id = ANY($1) AND NOT EXISTS (
           SELECT 1 FROM checkpoints, json_each_text(channel_versions::json) AS of_channel
           WHERE checkpoints.thread_id = ANY($1) AND checkpoints.thread_id = blobs.thread_id
             AND checkpoints.checkpoint_ns = blobs.checkpoint_ns
             AND of_channel.key = blobs.channel AND of_channel.value = blobs.version)";
    session.execute(sql, &[&uuids(thread_ids)]).await?;
    Ok(())
}
