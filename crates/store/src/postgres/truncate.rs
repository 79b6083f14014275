//! The SQL that clears whole nouns at once, as far as a caller may delete them, for tests that begin with an empty server.

use lgx_model::query::Page;
use lgx_model::{AssistantId, JsonObject, RawJson, ThreadId, ThreadStatus, Timestamp};
use uuid::Uuid;

use super::columns::id;
use super::search::RowSearch;
use super::session::Session;
use super::{assistants, checkpoints, items, reports, runs, threads};
use crate::instances::Hint;
use crate::threads::ThreadState;
use crate::truncate::{OfThreads, Truncation};
use crate::{Result, Scope};

/// Clears all of it, and says which threads lost their runs.
pub(crate) async fn clear(
    session: &Session,
    what: &Truncation,
    now: Timestamp,
) -> Result<Vec<ThreadId>> {
    // In the order in which everybody locks them. What is locked here is more than can be named before.
    let found = match &what.threads {
        Some((_, scope)) => threads::lock_all_of(session, &JsonObject::new(), scope).await?,
        None => Vec::new(),
    };
    if what.threads.is_some() || what.assistants.is_some() {
        session
            .batch("LOCK TABLE gone_runs, assistants, crons IN EXCLUSIVE MODE")
            .await?;
    }
    if let Some((of_threads, scope)) = &what.threads {
        threads(session, &found, *of_threads, scope, now).await?;
    }
    if let Some(scope) = &what.assistants {
        assistants(session, scope, now).await?;
    }
    if let Some(namespace) = &what.items {
        items::clear(session, namespace).await?;
    }
    Ok(found)
}

/// Clears these threads, whose rows are locked, or what belongs to them.
async fn threads(
    session: &Session,
    found: &[ThreadId],
    what: OfThreads,
    scope: &Scope,
    now: Timestamp,
) -> Result<()> {
    match what {
        OfThreads::All => threads::remove_all(session, found).await?,
        OfThreads::Only {
            runs: of_all,
            checkpoints,
        } => {
            let ids: Vec<Uuid> = found.iter().map(|id| id.uuid()).collect();
            let all = "DELETE FROM runs WHERE thread_id = ANY($1)";
            let active =
                "DELETE FROM runs WHERE thread_id = ANY($1) AND status IN ('pending', 'running')";
            session
                .execute(if of_all { all } else { active }, &[&ids])
                .await?;
            session.hint([Hint::LookAgain]);
            for &thread_id in found {
                if checkpoints {
                    forget(session, thread_id, now).await?;
                } else {
                    threads::settle(session, thread_id).await?;
                }
            }
        }
    }
    if what.takes_runs() {
        reports::clear(session, scope).await?;
        runs::clear_gone(session, scope).await?;
    }
    Ok(())
}

/// Leaves a thread as if nothing had run on it.
async fn forget(session: &Session, thread_id: ThreadId, now: Timestamp) -> Result<()> {
    checkpoints::delete_thread(session, thread_id).await?;
    let nothing = ThreadState {
        status: ThreadStatus::Idle,
        values: Some(RawJson::null()),
        interrupts: RawJson::empty_object(),
        error: None,
    };
    threads::set_state(session, thread_id, &nothing, now).await?;
    Ok(())
}

/// Clears assistants with their versions and crons. Default ones are back at once as their graphs have them.
async fn assistants(session: &Session, scope: &Scope, now: Timestamp) -> Result<()> {
    let mut search = RowSearch::of("assistants");
    search.metadata(&JsonObject::new(), scope);
    let assistant_id = "assistant_id FROM assistants";
    let found = search.page(session, assistant_id, "sequence", Page::ALL, |row| {
        id(row, 0)
    });
    let found: Vec<AssistantId> = found.await?.rows;
    for assistant_id in found {
        assistants::delete(session, assistant_id, scope, None, now).await?;
    }
    Ok(())
}
