//! One of several instances lets go of its runs, because others may have them by now, and takes up those that dead ones have left.

use std::sync::Arc;

use lgx_model::RunId;
use tokio::task::JoinHandle;

use super::outcome::Outcome;
use super::{Runs, left_runs, report};

impl Runs {
    /// Nothing that executes here, or waits, is this instance's any more: runs are cut off where they are, whoever reads them comes back
    /// elsewhere, and so does whoever watches a thread. What they still write is refused by the database.
    pub(crate) fn let_go(&self) {
        for live in self.registry.all() {
            live.lost.cancel();
            if !live.is_executing() {
                live.log.break_off(Outcome::moved());
                self.users.forget(live.run_id);
                self.registry.leave(&live);
            }
        }
        self.store.forget_homes();
        self.events.let_go();
    }

    /// Whoever waits for a run that nobody drives here waits for it wherever it is driven.
    pub(crate) fn give_up_undriven(&self, run_id: RunId) {
        if let Some(live) = self.registry.get(run_id).filter(|live| !live.is_driven()) {
            live.lost.cancel();
            live.log.break_off(Outcome::moved());
            self.registry.leave(&live);
        }
    }

    /// Takes up what dead instances have left, in a task of its own.
    pub(crate) fn take_up_of_dead(self: &Arc<Self>) -> JoinHandle<()> {
        let runs = Arc::clone(self);
        self.tasks.spawn(async move {
            runs.take_up().await;
            runs.look_again();
        })
    }

    async fn take_up(&self) {
        match left_runs::take_up(self).await {
            Ok(left) => {
                let ended = left.given_up.len();
                for run in left.going_on {
                    tracing::warn!(run_id = %run.run_id, thread_id = %run.thread_id, attempt = run.attempt,
                        "a run whose instance has died goes on");
                }
                if ended > 0 {
                    tracing::warn!(
                        runs = ended,
                        "runs were given up that were cut off too often"
                    );
                }
            }
            Err(error) => {
                tracing::warn!("what dead instances have left could not be taken up: {error}");
            }
        }
        if let Err(error) = report::take_up(self).await {
            tracing::warn!(
                "what webhooks are to be told of dead instances could not be taken up: {error}"
            );
        }
    }

    /// There may be something to begin that nobody has told of.
    pub(crate) fn look_again(&self) {
        self.pump.ring();
    }
}
