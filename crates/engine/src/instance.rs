//! One of several servers on a database: it shows the others that it is there, takes up what dead ones have left when that is its turn, and lets
//! go of everything while it cannot be heard.
//!
//! With a state of its own there is nobody to show itself to. But an answer may have been lost there, too, with the way to the database: a run
//! that was taken in a transaction of which nobody heard that it was committed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use lgx_store::instances::{Beat, Duty, Executing};
use lgx_store::runs::Claim;
use lgx_store::{Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::runs::Runs;

/// How often it shows that it is there.
const BEAT: Duration = Duration::from_secs(5);
/// How soon it tries again when it could not.
const AGAIN: Duration = Duration::from_millis(500);

/// Shows itself for the first time: before that nothing is to be begun.
///
/// # Errors
/// When the database cannot be written.
pub(crate) async fn arrive(store: &Store) -> Result<(), StoreError> {
    if store.instance().is_some() {
        // Nothing has begun that could be let go of.
        store.beat(|| ()).await?;
        store.check_secret().await?;
        store.take_duty(Duty::Upkeep).await?;
    }
    Ok(())
}

/// Shows itself from then on, until `stopping`.
pub(crate) async fn stay(store: Store, runs: Arc<Runs>, stopping: CancellationToken) {
    let is_alone = store.instance().is_none();
    let mut presence = Presence {
        store,
        runs,
        is_lost: false,
        unknown: HashSet::new(),
        upkeep: None,
    };
    if is_alone {
        stopping
            .run_until_cancelled(presence.look_after_troubles())
            .await;
        return;
    }
    loop {
        let pause = presence.show().await;
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How it stands with the others.
struct Presence {
    store: Store,
    runs: Arc<Runs>,
    /// Whether it has let go of everything, because it could not be heard.
    is_lost: bool,
    /// Runs that execute here as the database has it, and that nobody here drove when it was looked last.
    unknown: HashSet<Claim>,
    /// What is taken up of dead ones at the moment, or was last.
    upkeep: Option<JoinHandle<()>>,
}

impl Presence {
    /// Shows itself once, and says how long it is until it does so again.
    async fn show(&mut self) -> Duration {
        let let_go = || {
            tracing::warn!(
                "the other instances had to take this one for dead, and take up its runs"
            );
            self.runs.let_go();
        };
        let beat = tokio::time::timeout(BEAT, self.store.beat(let_go)).await;
        match beat {
            Ok(Ok(beat)) => {
                self.was_heard(beat).await;
                BEAT
            }
            Ok(Err(error)) => self.was_not_heard(&error.to_string()),
            Err(_) => self.was_not_heard("the database does not answer"),
        }
    }

    fn was_not_heard(&mut self, why: &str) -> Duration {
        if !self.store.is_in_force() && !std::mem::replace(&mut self.is_lost, true) {
            tracing::warn!(
                "the other instances cannot hear of this one, so it lets go of its runs: {why}"
            );
            self.runs.let_go();
        }
        AGAIN
    }

    async fn was_heard(&mut self, beat: Beat) {
        self.is_lost = false;
        self.look_after(beat.executing).await;
        match self.store.take_duty(Duty::Upkeep).await {
            // Not waited for: however long it takes, the next sign of life is on time.
            Ok(true) if self.upkeep.as_ref().is_none_or(JoinHandle::is_finished) => {
                self.upkeep = Some(self.runs.take_up_of_dead());
            }
            Ok(_) => {}
            Err(error) => tracing::debug!("who is on duty could not be asked: {error}"),
        }
        self.runs.look_again();
    }

    /// Nobody else has the database, so there is something to look after only where it could not be used: what it was told last may have been
    /// done though nobody heard so.
    async fn look_after_troubles(&mut self) {
        let mut trouble = self.store.trouble();
        while trouble.changed().await.is_ok() {
            if trouble.borrow_and_update().is_some() {
                continue;
            }
            self.unknown.clear();
            // Found, put back, and told to stop if it is to.
            for _ in 0..3 {
                match self.store.list_executing_runs().await {
                    Ok(executing) => self.look_after(executing).await,
                    Err(_) => break,
                }
                tokio::time::sleep(BEAT).await;
            }
            self.runs.look_again();
        }
    }

    /// Tells runs to stop that were told so elsewhere. One that nobody here drives twice in a row is put back: that it was claimed was not
    /// heard here, or it was let go of.
    async fn look_after(&mut self, executing: Vec<Executing>) {
        let mut unknown = HashSet::new();
        for Executing { claim, stop } in executing {
            let live = self.runs.registry().get(claim.run_id);
            match (live.filter(|live| live.is_driven()), stop) {
                (Some(live), Some(order)) => live.stop_as_ordered(&order),
                (Some(_), None) => {}
                (None, _) if self.unknown.contains(&claim) => {
                    // Should somebody begin to drive it yet, it is not theirs any more.
                    self.runs.give_up_undriven(claim.run_id);
                    // One that is to stop is told so by whoever drives it next.
                    if let Err(error) = self.store.hand_back(claim, true).await {
                        tracing::debug!(run_id = %claim.run_id, "a run could not be put back: {error}");
                    }
                }
                (None, _) => {
                    unknown.insert(claim);
                }
            }
        }
        self.unknown = unknown;
    }
}
