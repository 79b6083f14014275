//! The SQL of how runs and threads stand that other servers may have changed.

use std::collections::{HashMap, HashSet};

use lgx_model::{RunId, RunStatus, ThreadId};
use tokio_postgres::Row;
use uuid::Uuid;

use super::Session;
use super::columns::{any_text, id, run_status, text_or_null};
use crate::Result;
use crate::runs::{RunStanding, StopOrder};

/// How these runs stand; nothing of those that are not there.
pub(crate) async fn runs(
    session: &Session,
    run_ids: &[RunId],
) -> Result<HashMap<RunId, RunStanding>> {
    let run_ids: Vec<Uuid> = run_ids.iter().map(|run_id| run_id.uuid()).collect();
    let sql = "SELECT run_id, status, stop, stop_reason FROM runs WHERE run_id = ANY($1)";
    let rows = session.rows(sql, &[&run_ids]).await?;
    let standings = rows.iter().map(|row| Ok((id(row, 0)?, standing(row)?)));
    standings.collect()
}

fn standing(row: &Row) -> Result<RunStanding> {
    let status = run_status(row, 1)?;
    let stop = match text_or_null(row, 2)? {
        Some(word) if status == RunStatus::Running => {
            Some(StopOrder::stored(word, any_text(row, 3)?))
        }
        _ => None,
    };
    Ok(RunStanding { status, stop })
}

/// Those of these threads that there are.
pub(crate) async fn threads(
    session: &Session,
    thread_ids: &[ThreadId],
) -> Result<HashSet<ThreadId>> {
    let thread_ids: Vec<Uuid> = thread_ids
        .iter()
        .map(|thread_id| thread_id.uuid())
        .collect();
    let sql = "SELECT thread_id FROM threads WHERE thread_id = ANY($1)";
    let rows = session.rows(sql, &[&thread_ids]).await?;
    rows.iter().map(|row| id(row, 0)).collect()
}
