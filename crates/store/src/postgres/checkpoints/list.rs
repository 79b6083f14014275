//! Lists checkpoints: first which they are, and how much each takes, then as many of them as are wanted at once.

use lgx_model::{CheckpointTuple, ThreadId};
use tokio_postgres::Row;

use super::tuples;
use crate::Result;
use crate::checkpoints::stored::size;
use crate::checkpoints::{ListQuery, Listed};
use crate::containment::object_contains;
use crate::postgres::Session;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{any_text, id, object, value};

/// How many are looked at at once.
const AT_ONCE: i64 = 128;

/// How many bytes are read at once, but that one checkpoint is in any case.
const BYTES_AT_ONCE: usize = 16 << 20;

/// What finds a checkpoint.
struct Key {
    thread_id: ThreadId,
    checkpoint_ns: String,
    checkpoint_id: String,
}

/// A checkpoint that is to be listed, and how many bytes it has where it is stored, with its values and writes.
struct ListCandidate {
    key: Key,
    bytes: usize,
}

/// The checkpoints that match, newest first. The session must read what is of one moment.
pub(crate) async fn list(session: &Session, query: &ListQuery) -> Result<Listed> {
    let most_bytes = query.most_bytes.unwrap_or(usize::MAX);
    let (mut tuples, mut bytes) = (Vec::new(), 0);
    let mut wanted = query.limit.unwrap_or(u64::MAX);
    let mut after = None;
    while wanted > 0 {
        let (candidates, last) = look(session, query, wanted, after.as_ref()).await?;
        let mut rest = &*candidates;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(together(rest, most_bytes - bytes));
            for tuple in read(session, now).await? {
                let more = size(&tuple);
                if more > most_bytes - bytes && !tuples.is_empty() {
                    return Ok(Listed { tuples, more: true });
                }
                bytes = most_bytes.min(bytes + more);
                tuples.push(tuple);
            }
            rest = later;
        }
        wanted = wanted.saturating_sub(candidates.len() as u64);
        after = last;
        if after.is_none() {
            break;
        }
    }
    Ok(Listed {
        tuples,
        more: false,
    })
}

/// How many of the first of these are read at once, of which so many bytes are wanted at most.
fn together(candidates: &[ListCandidate], wanted: usize) -> usize {
    let mut bytes = 0;
    let fits = |candidate: &&ListCandidate| {
        bytes += candidate.bytes;
        bytes <= wanted.min(BYTES_AT_ONCE)
    };
    let some = candidates.iter().take_while(fits).count();
    some.clamp(1, candidates.len())
}

/// Checkpoints with their values and writes, newest first.
async fn read(session: &Session, some: &[ListCandidate]) -> Result<Vec<CheckpointTuple>> {
    let sql = tuples::statement(
        "SELECT checkpoints.* FROM unnest($1::uuid[], $2::text[], $3::text[]) AS wanted (thread_id, checkpoint_ns, checkpoint_id)
         JOIN checkpoints USING (thread_id, checkpoint_ns, checkpoint_id)",
    );
    let keys = some.iter().map(|candidate| &candidate.key);
    let threads: Vec<_> = keys.clone().map(|key| key.thread_id.uuid()).collect();
    let namespaces = AnyText::all(keys.clone().map(|key| &*key.checkpoint_ns));
    let ids = AnyText::all(keys.map(|key| &*key.checkpoint_id));
    let rows = session.rows(&sql, &[&threads, &namespaces, &ids]).await?;
    tuples::of(rows)
}

/// The next checkpoints that match, `wanted` at most, and the last one that was looked at if there may be more behind it.
async fn look(
    session: &Session,
    query: &ListQuery,
    wanted: u64,
    after: Option<&Key>,
) -> Result<(Vec<ListCandidate>, Option<Key>)> {
    let all_match = query.filter.is_empty();
    let limit = match i64::try_from(wanted) {
        Ok(wanted) if all_match => wanted.min(AT_ONCE),
        _ => AT_ONCE,
    };
    let thread_id = query.thread_id.map(ThreadId::uuid);
    let after_thread = after.map(|key| key.thread_id.uuid());
    let rows = session
        .rows(
            &statement(query, after.is_some()),
            &[
                &limit,
                &thread_id,
                &query.checkpoint_ns.as_deref().map(AnyText::of),
                &query.checkpoint_id.as_deref().map(AnyText::of),
                &query.before.as_deref().map(AnyText::of),
                &after.map(|key| AnyText::of(&key.checkpoint_id)),
                &after.map(|key| AnyText::of(&key.checkpoint_ns)),
                &after_thread,
            ],
        )
        .await?;
    let mut candidates = Vec::new();
    for row in &rows {
        if all_match || object_contains(&object(row, 4)?, &query.filter) {
            candidates.push(ListCandidate {
                key: key_of(row)?,
                bytes: usize::try_from(value::<i64>(row, 3)?).unwrap_or(usize::MAX),
            });
        }
    }
    candidates.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    let is_full = rows.len() as u64 == limit.unsigned_abs();
    let last = rows.last().filter(|_| is_full).map(key_of).transpose()?;
    Ok((candidates, last))
}

/// The statement that looks for what `query` asks for. Only the conditions asked for can fail in it, so that keys find the rows.
fn statement(query: &ListQuery, goes_on: bool) -> String {
    let conditions = [
        (query.thread_id.is_some(), "$2::uuid", "thread_id = $2"),
        (
            query.checkpoint_ns.is_some(),
            "$3::text",
            "checkpoint_ns = $3",
        ),
        (
            query.checkpoint_id.is_some(),
            "$4::text",
            "checkpoint_id = $4",
        ),
        (query.before.is_some(), "$5::text", "checkpoint_id < $5"),
        (
            goes_on,
            "coalesce($6::text, $7::text, $8::uuid::text)",
            "(checkpoint_id, checkpoint_ns, thread_id) < ($6, $7, $8::uuid)",
        ),
    ];
    let conditions = conditions.map(|(asked, parameter, condition)| {
        if asked {
            condition.to_owned()
        } else {
            format!("{parameter} IS NULL")
        }
    });
    let conditions = conditions.join(" AND ");
    // Without a filter nobody looks at the metadata.
    let metadata = if query.filter.is_empty() {
        "NULL"
    } else {
        "metadata"
    };
    format!(
        "SELECT thread_id, checkpoint_ns, checkpoint_id,
           octet_length(checkpoint)
           + coalesce((SELECT sum(octet_length(value)) FROM writes WHERE writes.thread_id = checkpoints.thread_id
               AND writes.checkpoint_ns = checkpoints.checkpoint_ns AND writes.checkpoint_id = checkpoints.checkpoint_id), 0)
           + coalesce((SELECT sum(octet_length(blobs.value)) FROM json_each_text(channel_versions::json) AS of_channel JOIN blobs
               ON blobs.thread_id = checkpoints.thread_id AND blobs.checkpoint_ns = checkpoints.checkpoint_ns
               AND blobs.channel = of_channel.key AND blobs.version = of_channel.value), 0),
           {metadata}
         FROM checkpoints WHERE {conditions}
         ORDER BY checkpoint_id DESC, checkpoint_ns DESC, thread_id DESC LIMIT $1"
    )
}

fn key_of(row: &Row) -> Result<Key> {
    Ok(Key {
        thread_id: id(row, 0)?,
        checkpoint_ns: any_text(row, 1)?,
        checkpoint_id: any_text(row, 2)?,
    })
}
