//! The end of threads that are deleted. What belongs to one goes with its row, by a trigger.

use lgx_model::query::Page;
use lgx_model::{AssistantId, JsonObject, ThreadId, ThreadStatus};
use uuid::Uuid;

use crate::containment::object_contains;
use crate::instances::Hint;
use crate::postgres::columns::{id, object, thread_status};
use crate::postgres::search::RowSearch;
use crate::postgres::session::Session;
use crate::{Result, Scope};

/// A thread whose row is locked to end it.
pub(super) struct Locked {
    pub(super) thread_id: ThreadId,
    pub(super) metadata: JsonObject,
    pub(super) status: ThreadStatus,
}

/// Locks the rows of those of these threads that are there, all in the order in which everybody locks several.
pub(super) async fn lock_to_end(session: &Session, thread_ids: &[ThreadId]) -> Result<Vec<Locked>> {
    let sql = "SELECT thread_id, metadata, status FROM threads WHERE thread_id = ANY($1) ORDER BY sequence FOR UPDATE";
    let rows = session.rows(sql, &[&uuids(thread_ids)]).await?;
    let locked = rows.iter().map(|row| {
        Ok(Locked {
            thread_id: id(row, 0)?,
            metadata: object(row, 1)?,
            status: thread_status(row, 2)?,
        })
    });
    locked.collect()
}

/// Locks the rows of all threads that have this metadata and that the caller may see, to end them, and gives their ids in that order.
pub(crate) async fn lock_all_of(
    session: &Session,
    metadata: &JsonObject,
    scope: &Scope,
) -> Result<Vec<ThreadId>> {
    let mut search = RowSearch::of("threads");
    search.metadata(metadata, scope);
    let thread_id = "thread_id FROM threads";
    let found = search.page(session, thread_id, "sequence", Page::ALL, |row| id(row, 0));
    let mut locked = lock_to_end(session, &found.await?.rows).await?;
    // One may have changed until it was locked.
    locked.retain(|found| {
        object_contains(&found.metadata, metadata) && scope.allows(&found.metadata)
    });
    Ok(locked.into_iter().map(|found| found.thread_id).collect())
}

/// Deletes the thread with its runs and checkpoints; nothing when it is not there or the caller may not see it.
pub(crate) async fn delete(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<()>> {
    let locked = lock_to_end(session, &[thread_id]).await?;
    if locked.iter().any(|found| scope.allows(&found.metadata)) {
        remove(session, thread_id).await.map(Some)
    } else {
        Ok(None)
    }
}

/// Locks the rows of the threads that the server labelled with this assistant, as far as the caller may see them, to end them.
pub(crate) async fn lock_of_assistant(
    session: &Session,
    assistant_id: AssistantId,
    scope: &Scope,
) -> Result<Vec<ThreadId>> {
    let label =
        JsonObject::from_iter([("assistant_id".to_owned(), assistant_id.to_string().into())]);
    lock_all_of(session, &label, scope).await
}

/// Removes every row of a thread.
pub(crate) async fn remove(session: &Session, thread_id: ThreadId) -> Result<()> {
    let sql = "DELETE FROM threads WHERE thread_id = $1";
    session.execute(sql, &[&thread_id.uuid()]).await?;
    session.hint([Hint::Gone(thread_id)]);
    Ok(())
}

/// Removes every row of these threads, whose rows are locked.
pub(crate) async fn remove_all(session: &Session, thread_ids: &[ThreadId]) -> Result<()> {
    let sql = "DELETE FROM threads WHERE thread_id = ANY($1)";
    session.execute(sql, &[&uuids(thread_ids)]).await?;
    session.hint(thread_ids.iter().copied().map(Hint::Gone));
    Ok(())
}

pub(super) fn uuids(thread_ids: &[ThreadId]) -> Vec<Uuid> {
    thread_ids.iter().map(|id| id.uuid()).collect()
}
