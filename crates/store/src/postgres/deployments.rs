//! The SQL of deployments: which code is the newest of what is served, whose default assistants are those that are there.

use super::columns::value;
use super::session::Session;
use crate::Result;

/// Whether what this server serves is the newest deployment. One begins with its first instance, and is over with its last, so that one
/// that is served again after others is the newest. Nobody else asks meanwhile: the table of assistants is locked.
pub(super) async fn is_newest(session: &Session) -> Result<bool> {
    let Some(own) = session.deployment() else {
        // Nobody serves anything else.
        return Ok(true);
    };
    let me = session.me();
    session
        .execute(
            "DELETE FROM deployments WHERE NOT EXISTS (
               SELECT 1 FROM instances WHERE instances.deployment = deployments.deployment AND instances.instance_id IS DISTINCT FROM $1)",
            &[&me],
        )
        .await?;
    // By the clock, as the transaction may have begun before that of one that it waited for.
    session
        .execute(
            "INSERT INTO deployments (deployment, started_at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING",
            &[&own],
        )
        .await?;
    let newest = "SELECT deployment = $1 FROM deployments ORDER BY started_at DESC LIMIT 1";
    let row = session.row(newest, &[&own]).await?;
    row.map_or(Ok(true), |row| value(&row, 0))
}
