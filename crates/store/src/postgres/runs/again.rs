//! One more attempt at a run that is running.

use lgx_model::{RunId, ThreadId};

use super::attempts;
use crate::Result;
use crate::postgres::{Session, checkpoints, threads};
use crate::runs::Again;

/// Where a running run of this thread goes on; counts one more attempt at it if `counted`.
pub(crate) async fn execute_again(
    session: &Session,
    thread_id: ThreadId,
    run_id: RunId,
    counted: bool,
) -> Result<Option<Again>> {
    threads::lock(session, thread_id).await?;
    let row = session
        .row(
            "UPDATE runs SET attempts = attempts + $2::boolean::integer WHERE run_id = $1 AND thread_id = $3 AND status = 'running'
             RETURNING attempts",
            &[&run_id.uuid(), &counted, &thread_id.uuid()],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(Again {
        checkpoint: checkpoints::get(session, thread_id, "", None).await?,
        attempt: attempts(&row, 0)?,
    }))
}
