//! The SQL of deployments: of what several instances serve, which is the newest, whose default assistants are those that are there.
//!
//! While new code replaces old, instances of both are there, and each time one starts it would make the default assistants those of its own
//! graphs. So a deployment is what its default assistants are; it begins with its first instance and is over with its last, so that one that
//! is served again after it had gone is the newest.

use uuid::Uuid;

use super::columns::{json, value};
use super::session::Session;
use crate::Result;
use crate::assistants::DefaultAssistant;

/// Whether what this instance serves is the newest deployment. Nobody else asks meanwhile: the table of assistants is locked.
pub(super) async fn is_newest(
    session: &Session,
    graphs: &[DefaultAssistant],
    me: Uuid,
) -> Result<bool> {
    let mut graphs: Vec<_> = graphs
        .iter()
        .map(|graph| (&graph.graph_id, &graph.name, &graph.description))
        .collect();
    graphs.sort();
    let own = json(&graphs)?;
    let over = "DELETE FROM deployments WHERE NOT EXISTS (SELECT 1 FROM instances WHERE instances.deployment = deployments.deployment)";
    session.execute(over, &[]).await?;
    let serves = "UPDATE instances SET deployment = $1 WHERE instance_id = $2";
    session.execute(serves, &[&own, &me]).await?;
    // By the clock, as the transaction may have begun before that of one that it waited for.
    let begins = "INSERT INTO deployments (deployment, started_at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING";
    session.execute(begins, &[&own]).await?;
    let newest = "SELECT deployment = $1 FROM deployments ORDER BY started_at DESC LIMIT 1";
    let row = session.row(newest, &[&own]).await?;
    row.map_or(Ok(true), |row| value(&row, 0))
}
