//! Threads whose rows are behind their newest checkpoints: marked with what leaves them so, until a worker has read these.

use lgx_model::ThreadId;

use super::{set_state, write_values};
use crate::postgres::columns::{any_text_or_null, id, object, value};
use crate::postgres::session::Session;
use crate::threads::{Behind, ThreadState};
use crate::{Result, WriteTime};

/// Its values are.
pub(crate) const VALUES: i16 = 1;
/// All that an update of the state leaves is.
const STATE: i16 = 2;

/// A root checkpoint was written that is no run's: the row, which is locked, is behind until it is written too.
pub(crate) async fn mark(session: &Session, thread_id: ThreadId) -> Result<()> {
    let sql = "UPDATE threads SET behind = $2 WHERE thread_id = $1";
    session.execute(sql, &[&thread_id.uuid(), &STATE]).await?;
    Ok(())
}

/// Those at rest that are behind.
pub(crate) const BEHIND: &str =
    "SELECT thread_id, metadata FROM threads WHERE behind != 0 AND status != 'busy'";

/// Those at rest that are behind: all, or this one if it is.
pub(crate) async fn behind(session: &Session, thread_id: Option<ThreadId>) -> Result<Vec<Behind>> {
    let rows = match thread_id {
        Some(thread_id) => {
            let sql = format!("{BEHIND} AND thread_id = $1");
            session.rows(&sql, &[&thread_id.uuid()]).await?
        }
        None => session.rows(BEHIND, &[]).await?,
    };
    let behind = rows.iter().map(|row| {
        Ok(Behind {
            thread_id: id(row, 0)?,
            metadata: object(row, 1)?,
        })
    });
    behind.collect()
}

/// Brings a row up to the state at this checkpoint, unless it is not behind any more, or not at rest, or there is a newer one.
pub(crate) async fn catch_up(
    session: &Session,
    thread_id: ThreadId,
    checkpoint_id: &str,
    state: &ThreadState,
    now: WriteTime,
) -> Result<bool> {
    if !super::lock(session, thread_id).await?.0 {
        return Ok(false);
    }
    let sql = "SELECT behind, (SELECT checkpoint_id FROM checkpoints WHERE thread_id = $1 AND checkpoint_ns = ''
           ORDER BY checkpoint_id DESC LIMIT 1)
         FROM threads WHERE thread_id = $1 AND behind != 0 AND status != 'busy'";
    let Some(row) = session.row(sql, &[&thread_id.uuid()]).await? else {
        return Ok(false);
    };
    if any_text_or_null(&row, 1)?.as_deref() != Some(checkpoint_id) {
        return Ok(false);
    }
    if value::<i16>(&row, 0)? == VALUES {
        if let Some(values) = &state.values {
            write_values(session, thread_id, values).await?;
        }
        let sql = "UPDATE threads SET behind = 0 WHERE thread_id = $1";
        session.execute(sql, &[&thread_id.uuid()]).await?;
    } else {
        set_state(session, thread_id, state, now.instant()).await?;
    }
    Ok(true)
}
