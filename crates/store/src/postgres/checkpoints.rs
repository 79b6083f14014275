//! The SQL of checkpoints: the blobs a graph continues from, under the keys that find them.
//!
//! A write is one statement, and so is a read of a checkpoint with its values: what a graph does between its steps costs one round trip.

mod channel_versions;
mod enqueued;
mod list;
mod storage;
mod summaries;
mod tuples;
mod upkeep;
mod writes;

use std::collections::HashMap;

use lgx_model::{CheckpointRow, CheckpointTuple, RunId, Runtime, ThreadId};
use uuid::Uuid;

use crate::Result;
use crate::checkpoints::prepared::{NewValue, PreparedWrite};
use crate::checkpoints::stored::run_of;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{any_text, any_text_or_null, json};
use crate::postgres::{Session, threads};
use crate::runs::Claim;

use self::list::list;
pub(crate) use self::storage::storage;
pub(crate) use self::summaries::summaries;
pub(crate) use self::upkeep::{copy_thread, delete_for_runs, delete_thread, prune};
pub(crate) use self::writes::put_writes;

/// From how long a value on it is packed: the database would put a longer one elsewhere than in its row.
pub(crate) const PACKED_FROM: usize = 2 << 10;

/// What a statement that writes checkpoints of the thread `$1` begins with. `turn` has a row if it may: always without a run `$2`, and else
/// only while its claim `$3` holds. It has the thread's row locked by then.
const TURN: &str = "WITH thread AS (SELECT 1 FROM threads WHERE thread_id = $1 FOR NO KEY UPDATE),
     run AS (SELECT 1 FROM runs WHERE run_id = $2 AND claims = $3 AND status = 'running' AND (SELECT count(*) FROM thread) >= 0 FOR SHARE),
     turn AS (SELECT 1 WHERE $2::uuid IS NULL AND (SELECT count(*) FROM thread) >= 0 UNION ALL SELECT 1 FROM run)";

/// Stores what was prepared; nothing, and false, under a claim that does not hold any more.
pub(crate) async fn store(
    session: &Session,
    write: &PreparedWrite,
    claim: Option<Claim>,
) -> Result<bool> {
    match write {
        PreparedWrite::Checkpoint(row, values) => {
            // Until whoever has the state updated writes that too, the thread's row is behind.
            if leaves_thread_behind(row) {
                threads::mark(session, row.thread_id).await?;
            }
            put(session, row, values, claim).await
        }
        PreparedWrite::Writes(of, writes) => put_writes(session, of, writes, claim).await,
    }
}

/// Whether a checkpoint says more than the row of its thread, which nobody but a run brings up to it.
fn leaves_thread_behind(row: &CheckpointRow) -> bool {
    row.run_id.is_none() && row.checkpoint_ns.is_empty()
}

/// Stores a checkpoint and the values of the channels that are new in it; nothing, and false, under a claim that does not hold any more.
pub(crate) async fn put(
    session: &Session,
    row: &CheckpointRow,
    values: &[NewValue],
    claim: Option<Claim>,
) -> Result<bool> {
    let sql = format!(
        "{TURN}, stored AS (
           INSERT INTO checkpoints
             (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, run_id, encoding, checkpoint, metadata, channel_versions)
           SELECT $1, $4, $5, $6, $7, $8, $9, $10, $11 FROM turn
           ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET
             parent_checkpoint_id = excluded.parent_checkpoint_id, run_id = excluded.run_id, encoding = excluded.encoding,
             checkpoint = excluded.checkpoint, metadata = excluded.metadata, channel_versions = excluded.channel_versions),
         valued AS (
           INSERT INTO blobs (thread_id, checkpoint_ns, channel, version, encoding, packed, value)
           SELECT $1, $4, new.* FROM turn, unnest($12::text[], $13::text[], $14::text[], $15::boolean[], $16::bytea[]) AS new
           ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO UPDATE SET
             encoding = excluded.encoding, packed = excluded.packed, value = excluded.value)
         SELECT 1 FROM turn"
    );
    let values = left_of(values);
    let column = |of: fn(&NewValue) -> &str| AnyText::all(values.iter().map(|new| of(new)));
    let packed: Vec<bool> = values.iter().map(|new| new.packed).collect();
    let bytes: Vec<&[u8]> = values.iter().map(|new| &new.blob.value.bytes[..]).collect();
    session
        .exists(
            &sql,
            &[
                &row.thread_id.uuid(),
                &claim.map(|claim| claim.run_id.uuid()),
                &claim.map(|claim| claim.number),
                &AnyText::of(&row.checkpoint_ns),
                &AnyText::of(&row.checkpoint_id),
                &row.parent_checkpoint_id.as_deref().map(AnyText::of),
                &run_of(row).map(AnyText::of),
                &AnyText::of(&row.checkpoint.encoding),
                &&row.checkpoint.bytes[..],
                &json(&row.metadata)?,
                &channel_versions::written(&row.channel_versions)?,
                &column(|new| &new.blob.channel),
                &column(|new| &new.blob.version),
                &column(|new| &new.blob.value.encoding),
                &packed,
                &bytes,
            ],
        )
        .await
}

/// What is left of values that come one after the other, as one statement changes no row twice: the last of each version.
fn left_of(values: &[NewValue]) -> Vec<&NewValue> {
    let keyed = values
        .iter()
        .map(|new| ((&new.blob.channel, &new.blob.version), new));
    let left: HashMap<_, _> = keyed.collect();
    left.into_values().collect()
}

/// A checkpoint with its values and writes; the newest of the namespace without an id.
pub(crate) async fn get(
    session: &Session,
    thread_id: ThreadId,
    checkpoint_ns: &str,
    checkpoint_id: Option<&str>,
) -> Result<Option<CheckpointTuple>> {
    let found = match checkpoint_id {
        Some(_) => "thread_id = $1 AND checkpoint_ns = $2 AND checkpoint_id = $3",
        None => {
            "thread_id = $1 AND checkpoint_ns = $2 AND $3::text IS NULL ORDER BY checkpoint_id DESC LIMIT 1"
        }
    };
    let sql = tuples::statement(&format!("SELECT * FROM checkpoints WHERE {found}"));
    let (ns, id) = (AnyText::of(checkpoint_ns), checkpoint_id.map(AnyText::of));
    let rows = session.rows(&sql, &[&thread_id.uuid(), &ns, &id]).await?;
    Ok(tuples::of(rows)?.pop())
}

/// Whether the newest root checkpoint of a thread was written by this run.
pub(crate) async fn newest_is_of(
    session: &Session,
    thread_id: ThreadId,
    run_id: RunId,
) -> Result<bool> {
    let sql = "SELECT run_id FROM checkpoints WHERE thread_id = $1 AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1";
    let row = session.row(sql, &[&thread_id.uuid()]).await?;
    let newest = row.as_ref().map(|row| any_text_or_null(row, 0));
    Ok(newest.transpose()?.flatten() == Some(run_id.to_string()))
}

/// What wrote the newest root checkpoint of a thread, if there is one and that can be told.
pub(crate) async fn writer(session: &Session, thread_id: ThreadId) -> Result<Option<Runtime>> {
    let sql = "SELECT encoding FROM checkpoints WHERE thread_id = $1 AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1";
    let row = session.row(sql, &[&thread_id.uuid()]).await?;
    let encoding = row.as_ref().map(|row| any_text(row, 0)).transpose()?;
    Ok(encoding.and_then(|encoding| Runtime::of_encoding(&encoding)))
}

fn uuids(thread_ids: &[ThreadId]) -> Vec<Uuid> {
    thread_ids
        .iter()
        .map(|thread_id| thread_id.uuid())
        .collect()
}
