//! What other servers on the same database do to runs: those that are here are brought in line with their rows, and those that are
//! elsewhere are waited for.

use std::sync::Arc;

use lgx_model::{RunId, RunStatus, ThreadId};
use lgx_store::StoreError;
use lgx_store::instances::Hint;
use lgx_store::runs::{RunStanding, StopOrder};

use super::readers::{self, Unbegun};
use super::registry::Live;
use super::{Runs, stop};
use crate::events::thread_log::ThreadLog;

/// What is to be done with a run that is here.
#[derive(Debug, PartialEq, Eq)]
enum ToDo {
    /// Nothing: it stands as it is known here, or whoever drives it learns the rest.
    Nothing,
    /// It is to stop.
    Stop(StopOrder),
    /// It was deleted.
    Delete,
    /// It was cancelled before it began.
    Cancel,
    /// It was executed elsewhere, and is over.
    LetGo,
}

/// Decides by how the run stands, if it is there. Pure.
fn to_do(standing: Option<RunStanding>, is_driven: bool) -> ToDo {
    let Some(RunStanding { status, stop }) = standing else {
        return ToDo::Delete;
    };
    match (status, is_driven) {
        (_, true) => stop.map_or(ToDo::Nothing, ToDo::Stop),
        (RunStatus::Pending | RunStatus::Running, false) => ToDo::Nothing,
        (RunStatus::Interrupted, false) => ToDo::Cancel,
        (_, false) => ToDo::LetGo,
    }
}

impl Runs {
    /// Looks whether there is a run to execute.
    pub(crate) fn look_at_queue(&self) {
        self.pump.ring();
    }

    /// Looks how all runs stand that are here, and whether there is one to execute.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn look_at_all(&self) -> Result<(), StoreError> {
        self.pump.ring();
        self.look_at(self.registry.stored()).await
    }

    /// Looks how those of these runs stand that are here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn look_at_those(
        &self,
        run_ids: impl IntoIterator<Item = RunId>,
    ) -> Result<(), StoreError> {
        let live = run_ids
            .into_iter()
            .filter_map(|run_id| self.registry.get(run_id));
        self.look_at(live.collect()).await
    }

    /// Whether anybody watches this thread here, or a run of it is here.
    pub(crate) fn is_live_here(&self, thread_id: ThreadId) -> bool {
        self.events.present(thread_id).is_some()
            || self.registry.any(|live| live.thread_id == thread_id)
    }

    /// The logs of the threads that somebody watches here.
    pub(crate) fn watched(&self) -> Vec<Arc<ThreadLog>> {
        self.events.watched()
    }

    async fn look_at(&self, which: Vec<Arc<Live>>) -> Result<(), StoreError> {
        if which.is_empty() {
            return Ok(());
        }
        let run_ids = which.iter().map(|live| live.run_id).collect();
        let mut standings = self.store.get_run_standings(run_ids).await?;
        let mut deleted = Vec::new();
        for live in which {
            let standing = standings.remove(&live.run_id);
            match to_do(standing, live.is_driven()) {
                ToDo::Nothing => {}
                ToDo::Stop(order) => live.stop_as_ordered(&order),
                ToDo::Delete => deleted.push(live.run_id),
                ToDo::Cancel => readers::end(self, live.run_id, Unbegun::Cancelled),
                ToDo::LetGo => {
                    self.users.forget(live.run_id);
                    self.registry.leave(&live);
                    readers::suspend(self, &live);
                }
            }
        }
        if !deleted.is_empty() {
            let fenced = self.registry.fence(|live| deleted.contains(&live.run_id));
            stop::deleted(self, fenced);
        }
        // One may have been in the way of another.
        self.pump.ring();
        Ok(())
    }

    /// Resolves when a run is over that another server executes, with how it ended; nothing if it is gone, or if this server stops
    /// before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn over_elsewhere(&self, run_id: RunId) -> Result<Option<RunStatus>, StoreError> {
        // What changes from now on is heard.
        let mut hints = self.store.hints();
        loop {
            let standing = match self.store.get_run_standings(vec![run_id]).await {
                Ok(mut standings) => standings.remove(&run_id),
                // It goes on without the database, and is looked at again.
                Err(StoreError::Unavailable(_)) => Some(RunStanding {
                    status: RunStatus::Running,
                    stop: None,
                }),
                Err(error) => return Err(error),
            };
            match standing.map(|standing| standing.status) {
                Some(RunStatus::Pending | RunStatus::Running) => {}
                over => return Ok(over),
            }
            let hinted = async {
                loop {
                    match hints.next().await {
                        Hint::LookAgain => return,
                        Hint::Ended(ended) if ended == run_id => return,
                        _ => {}
                    }
                }
            };
            tokio::select! {
                () = self.stopping.cancelled() => return Ok(None),
                () = hinted => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_here_follows_its_row() {
        let order = StopOrder {
            rollback: true,
            reason: "no".to_owned(),
        };
        let standing = |status, stop| Some(RunStanding { status, stop });
        let told = standing(RunStatus::Running, Some(order.clone()));
        for (row, is_driven, expected) in [
            (None, true, ToDo::Delete),
            (None, false, ToDo::Delete),
            (told, true, ToDo::Stop(order)),
            (standing(RunStatus::Running, None), true, ToDo::Nothing),
            (standing(RunStatus::Success, None), true, ToDo::Nothing),
            (standing(RunStatus::Running, None), false, ToDo::Nothing),
            (standing(RunStatus::Pending, None), false, ToDo::Nothing),
            (standing(RunStatus::Interrupted, None), false, ToDo::Cancel),
            (standing(RunStatus::Success, None), false, ToDo::LetGo),
            (standing(RunStatus::Error, None), false, ToDo::LetGo),
        ] {
            let found = to_do(row.clone(), is_driven);
            assert_eq!(found, expected, "{row:?}, driven: {is_driven}");
        }
    }
}
