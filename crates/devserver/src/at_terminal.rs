//! What the person at the terminal may do with the server, who owns it with all that it keeps: no auth of the project is asked.

use std::path::PathBuf;

use lgx_engine::runs::CancelTarget;
use lgx_engine::runs::registry::StopAction;
use lgx_model::RunStatus;
use lgx_store::StoreError;

use crate::Running;

/// How many runs were cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelledRuns {
    /// Of those that were executed, and are told to stop.
    pub executing: usize,
    /// Of those that waited, and have ended.
    pub waiting: usize,
}

impl Running {
    /// Cancels all runs that execute or wait.
    ///
    /// # Errors
    /// When the state cannot be used, and something waits.
    pub async fn cancel_runs(&self) -> Result<CancelledRuns, StoreError> {
        let target = CancelTarget::Status(vec![RunStatus::Pending, RunStatus::Running]);
        let reason = "cancelled at the terminal of the server".to_owned();
        let scope = self.app.gate.owner();
        let runs = &self.app.engine.runs;
        let cancelled = runs
            .cancel(target, StopAction::Interrupt, reason, scope)
            .await?;
        Ok(CancelledRuns {
            executing: cancelled.stopping.len() + cancelled.stopping_elsewhere.len(),
            waiting: cancelled.settled.len(),
        })
    }

    /// The variables that the project's code is given: the file that they are from, if it is one, and how many there are.
    pub fn variables(&self) -> (Option<PathBuf>, usize) {
        let config = self.app.engine.workers.config();
        (config.env_file.clone(), config.env.len())
    }
}
