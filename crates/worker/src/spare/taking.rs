//! Taking a worker that has imported ahead: one that is ready, one that is forked now, or the first one, from a zygote that is new too.

use std::sync::Arc;

use super::remembered::Remembered;
use super::warmed::Warmed;
use super::zygote::{ForkError, Zygote};
use super::{Slot, Spares};
use crate::introduction::Introduced;
use crate::output::LogTarget;
use crate::{Callbacks, Hello, Launch, StartError, Uses, runtime};

impl Spares {
    /// A worker for this launch that has imported ahead; waits for one that is about to be ready. None if there is none that is as a
    /// cold one would be.
    pub(super) async fn take(&self, launch: &Launch) -> Option<Introduced> {
        if let Some(spare) = self.take_ready(launch).await {
            tracing::debug!(pid = spare.hello.pid, "a worker that was ready is taken");
            return Some(spare);
        }
        // The last one was taken a moment ago.
        let warmed = self.state().zygote.clone()?;
        if warmed.zygote.launch() != launch {
            return None;
        }
        if !warmed.fingerprint.holds().await {
            self.discard("an installed module has changed");
            return None;
        }
        match warmed.zygote.fork(Arc::default()).await {
            Ok(forked) => {
                tracing::debug!(pid = forked.hello.pid, "a worker is forked");
                Some(forked)
            }
            Err(error) => {
                self.do_not_fork(&error.to_string());
                None
            }
        }
    }

    async fn take_ready(&self, launch: &Launch) -> Option<Introduced> {
        let mut slot = self.slot.subscribe();
        let fingerprint = {
            let warming = |slot: &Slot| matches!(slot, Slot::Warming(other) if other == launch);
            let slot = slot.wait_for(|slot| !warming(slot)).await.ok()?;
            match &*slot {
                Slot::Ready(spare) if spare.launch == *launch => spare.fingerprint.clone(),
                _ => return None,
            }
        };
        if !fingerprint.holds().await {
            self.discard("an installed module has changed");
            return None;
        }
        match self.slot.send_replace(Slot::Empty) {
            Slot::Ready(spare) if spare.launch == *launch => Some(spare.introduced),
            _ => None,
        }
    }

    /// The first worker of a launch: what the project used the last time is imported ahead, in a zygote if it can be. None if there is
    /// nothing to gain by that. `introduced` hears of the interpreter as soon as it has said hello.
    pub(super) async fn first(
        &self,
        launch: &Launch,
        callbacks: &Arc<dyn Callbacks>,
        introduced: &(dyn Fn(&Hello) + Sync),
    ) -> Result<Option<Introduced>, StartError> {
        let remembered = Remembered::of(launch).await;
        if !runtime::can_fork(launch.runtime) || self.state().off.is_some() {
            return Ok(None);
        }
        let reason = self.state().unforkable.clone();
        if let Some(reason) = reason.or(remembered.unforkable) {
            self.do_not_fork(&reason);
            return Ok(None);
        }
        let log = LogTarget::of(callbacks);
        let zygote = Zygote::start(launch, Arc::clone(&log)).await?;
        introduced(&zygote.hello);
        let forked = async {
            let uses = Uses {
                modules: remembered.modules,
                packages: Vec::new(),
            };
            Warmed::with_worker(Arc::new(zygote), uses).await
        };
        match forked.await {
            Ok((warmed, forked)) => {
                // It has printed what there is to say; importing more of the same later is no news.
                log.set(None);
                self.state().zygote = Some(Arc::new(warmed));
                Ok(Some(forked))
            }
            Err(ForkError::Child(error)) => Err(error),
            Err(error) => {
                self.do_not_fork(&error.to_string());
                Ok(None)
            }
        }
    }
}
