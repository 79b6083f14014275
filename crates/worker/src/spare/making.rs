//! Making the next spare while the last worker serves: forked where that can be done, started where not.

use std::sync::Arc;

use super::fingerprint::Fingerprint;
use super::remembered::{self, Remembered};
use super::warmed::Warmed;
use super::zygote::{ForkError, Zygote};
use super::{Hangs, Slot, Spare, Spares, within};
use crate::introduction::Introduced;
use crate::output::LogTarget;
use crate::process::{Process, Role};
use crate::{Launch, Uses, runtime};

/// So many times longer than anybody waits may an import take for which nobody does.
const UNWAITED: u32 = 4;

impl Spares {
    /// A worker of this launch serves and uses this: gets the next one ready.
    pub(crate) fn prepare(self: &Arc<Self>, launch: &Launch, uses: &Uses) {
        let mut state = self.state();
        if state.off.is_some() {
            return;
        }
        if let Some(making) = state.making.take() {
            making.abort();
        }
        // One that is ready has imported what was used before, which is not what is used now.
        self.slot.send_replace(Slot::Warming(launch.clone()));
        let (spares, launch, uses) = (Arc::clone(self), launch.clone(), uses.clone());
        state.making = Some(tokio::spawn(async move {
            let patience = spares.patience.map(|patience| patience * UNWAITED);
            let made = match within(patience, spares.make(&launch, &uses)).await {
                Ok(made) => made,
                Err(Hangs(after)) => {
                    spares.hangs(after);
                    return;
                }
            };
            let ready = |spare: Spare| {
                tracing::debug!(
                    pid = spare.introduced.hello.pid,
                    "a worker is ready for the next change"
                );
                Slot::Ready(Box::new(spare))
            };
            spares.slot.send_replace(made.map_or(Slot::Empty, ready));
        }));
    }

    async fn make(&self, launch: &Launch, uses: &Uses) -> Option<Spare> {
        let may_fork = runtime::can_fork(launch.runtime) && self.state().unforkable.is_none();
        if may_fork {
            match self.fork(launch, uses).await {
                Ok(spare) => return Some(spare),
                Err(error) => self.do_not_fork(&error.to_string()),
            }
        }
        // The file tells the process what to import.
        self.remember(launch, uses.modules.clone()).await;
        Spare::start(launch).await
    }

    /// Forks a spare; from a new zygote, if the old one has imported a package that is not used any more, or is of yesterday.
    async fn fork(&self, launch: &Launch, uses: &Uses) -> Result<Spare, ForkError> {
        let present = self.state().zygote.clone();
        let warmed = match present {
            Some(warmed) if warmed.suits(launch, uses) && warmed.fingerprint.holds().await => {
                warmed.with(uses).await?
            }
            _ => {
                let zygote = Zygote::start(launch, Arc::default())
                    .await
                    .map_err(ForkError::Child)?;
                Arc::new(Warmed::new(Arc::new(zygote), uses.clone()).await?)
            }
        };
        let spare = Spare {
            launch: launch.clone(),
            introduced: warmed.zygote.fork(Arc::default()).await?,
            fingerprint: warmed.fingerprint.clone(),
        };
        let modules = warmed.uses.modules.clone();
        self.state().zygote = Some(warmed);
        self.remember(launch, modules).await;
        Ok(spare)
    }

    async fn remember(&self, launch: &Launch, modules: Vec<String>) {
        let unforkable = self.state().unforkable.clone();
        Remembered {
            modules,
            unforkable,
        }
        .keep(launch)
        .await;
    }
}

impl Spare {
    /// Starts a process that imports what is remembered, and waits until it has.
    async fn start(launch: &Launch) -> Option<Self> {
        let log = Arc::<LogTarget>::default();
        let ahead = remembered::file(&launch.runtime_dir);
        let role = Role::Worker {
            ahead: Some(&ahead),
        };
        let started = Process::spawn(launch, role, &log).ok()?;
        let mut introduced = Introduced::wait(started, log).await.ok()?;
        let files = introduced.warm().await?;
        Some(Self {
            launch: launch.clone(),
            fingerprint: Fingerprint::of(files, &introduced.hello).await,
            introduced,
        })
    }
}
