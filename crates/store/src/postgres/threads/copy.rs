//! A copy of a thread: its state with all that led to it, under an id of its own.

use lgx_model::Thread;

use super::{COLUMNS, lock_metadata, thread_of};
use crate::postgres::checkpoints;
use crate::postgres::columns::json;
use crate::postgres::session::Session;
use crate::terms::terms;
use crate::threads::ThreadCopy;
use crate::{Result, Scope};

/// Copies a thread with its checkpoints, values, interrupts, error and time to live, but without its runs: a copy of a busy
/// thread is as the thread was before its run. Nothing when the source is not there or the caller may not see it.
pub(crate) async fn copy(
    session: &Session,
    copy: ThreadCopy,
    scope: &Scope,
) -> Result<Option<Thread>> {
    // Nothing of the source changes until all of it is copied.
    let Some(mut metadata) = lock_metadata(session, copy.source, scope).await? else {
        return Ok(None);
    };
    metadata.extend(copy.metadata);
    let (source, target) = (copy.source.uuid(), copy.target.uuid());
    let values = "INSERT INTO thread_values (thread_id, state) SELECT $2, state FROM thread_values WHERE thread_id = $1";
    session.execute(values, &[&source, &target]).await?;
    let sql = format!(
        "INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at, metadata, terms, status, resting_status, config,
           error, interrupts, ttl_minutes, ttl_strategy, behind)
         SELECT $2, $3, $3, $3, $4, $5, resting_status, resting_status, '{{}}', error, interrupts, ttl_minutes, ttl_strategy, behind
         FROM threads WHERE thread_id = $1 RETURNING {COLUMNS}"
    );
    let row = session
        .row(
            &sql,
            &[
                &source,
                &target,
                &copy.now.micros(),
                &json(&metadata)?,
                &terms(&metadata),
            ],
        )
        .await?;
    checkpoints::copy_thread(session, copy.source, copy.target).await?;
    row.as_ref().map(thread_of).transpose()
}
