//! What tasks wrote for the step after a checkpoint.

use std::collections::HashMap;

use super::TURN;
use crate::Result;
use crate::checkpoints::NewWrites;
use crate::checkpoints::prepared::NewWrite;
use crate::postgres::Session;
use crate::postgres::any_text::AnyText;
use crate::runs::Claim;

/// Stores writes of tasks for a checkpoint's next step; nothing, and false, under a claim that does not hold any more. One with a negative index
/// replaces what is there; any other keeps it.
pub(crate) async fn put_writes(
    session: &Session,
    of: &NewWrites,
    writes: &[NewWrite],
    claim: Option<Claim>,
) -> Result<bool> {
    let sql = format!(
        "{TURN}, stored AS (
         INSERT INTO writes
           (thread_id, checkpoint_ns, checkpoint_id, run_id, task_id, idx, channel, task_path, encoding, packed, value)
         SELECT $1, $4, $5, $6, new.* FROM turn,
           unnest($7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::boolean[], $13::bytea[]) AS new
         ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO UPDATE SET channel = excluded.channel,
           task_path = excluded.task_path, run_id = excluded.run_id, encoding = excluded.encoding, packed = excluded.packed,
           value = excluded.value
         WHERE excluded.idx < 0)
         SELECT 1 FROM turn"
    );
    let writes = left_of(writes);
    let column = |of: fn(&NewWrite) -> &str| AnyText::all(writes.iter().map(|new| of(new)));
    let indexes: Vec<i64> = writes.iter().map(|new| new.write.idx).collect();
    let packed: Vec<bool> = writes.iter().map(|new| new.packed).collect();
    let bytes: Vec<&[u8]> = writes
        .iter()
        .map(|new| &new.write.value.bytes[..])
        .collect();
    session
        .exists(
            &sql,
            &[
                &of.thread_id.uuid(),
                &claim.map(|claim| claim.run_id.uuid()),
                &claim.map(|claim| claim.number),
                &AnyText::of(&of.checkpoint_ns),
                &AnyText::of(&of.checkpoint_id),
                &of.run_id.as_deref().map(AnyText::of),
                &column(|new| &new.write.task_id),
                &indexes,
                &column(|new| &new.write.channel),
                &column(|new| &new.write.task_path),
                &column(|new| &new.write.value.encoding),
                &packed,
                &bytes,
            ],
        )
        .await
}

/// What is left of writes that come one after the other, as one statement changes no row twice: of those with a negative index the last,
/// of others the first.
fn left_of(writes: &[NewWrite]) -> Vec<&NewWrite> {
    let mut left: HashMap<(&str, i64), &NewWrite> = HashMap::new();
    for new in writes {
        let key = (&*new.write.task_id, new.write.idx);
        if new.write.idx < 0 || !left.contains_key(&key) {
            left.insert(key, new);
        }
    }
    left.into_values().collect()
}
