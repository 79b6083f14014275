//! One more attempt at a run that is running.

use super::attempts;
use crate::Result;
use crate::postgres::{Session, checkpoints, threads};
use crate::runs::{Again, Claim};

/// Where a running run goes on while a claim on it holds; counts one more attempt at it if `counted`.
pub(crate) async fn execute_again(
    session: &Session,
    claim: Claim,
    counted: bool,
) -> Result<Option<Again>> {
    if !threads::lock(session, claim.thread_id).await?.0 {
        return Ok(None);
    }
    let row = session
        .row(
            "UPDATE runs SET attempts = attempts + $2::boolean::integer WHERE run_id = $1 AND thread_id = $3 AND claims = $4
               AND status = 'running' RETURNING attempts",
            &[
                &claim.run_id.uuid(),
                &counted,
                &claim.thread_id.uuid(),
                &claim.number,
            ],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(Again {
        checkpoint: checkpoints::get(session, claim.thread_id, "", None).await?,
        attempt: attempts(&row, 0)?,
    }))
}
