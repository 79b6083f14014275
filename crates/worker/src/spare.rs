//! One worker ahead: a process that has imported what the project uses of installed packages, so that a reload imports the project's
//! own modules alone.
//!
//! There are two ways to come by one. On Linux it is forked from a *zygote*, which has imported the modules once; a fork takes
//! milliseconds, and its memory is shared. Elsewhere, and where a package does not survive a fork, it is a process that was *started*
//! for it and imports everything anew, which takes as long as a cold start, only earlier. Either is a process that has introduced itself
//! and has not been told what to load.
//!
//! Nobody waits for either for longer than the project may take to load: an import that hangs here is given up, and workers start cold.
//!
//! What was imported ahead must be what would be imported now. So a spare is used only for the interpreter and environment that it was
//! started with, and while none of the files that it has imported has changed, nor any directory of packages.

mod fingerprint;
mod making;
mod memory;
mod remembered;
mod taking;
mod warmed;
mod zygote;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::fingerprint::Fingerprint;
use self::warmed::Warmed;
use crate::introduction::Introduced;
use crate::{Callbacks, Hello, Launch, LogLine, LogStream, StartError};

pub use self::memory::SpareMemory;
pub(crate) use self::zygote::ZygoteCalls;

/// Keeps one worker ahead.
pub struct Spares {
    /// How long one is waited for. None: whatever it takes.
    patience: Option<Duration>,
    state: Mutex<State>,
    slot: watch::Sender<Slot>,
}

#[derive(Default)]
struct State {
    /// What workers are forked from.
    zygote: Option<Arc<Warmed>>,
    /// Makes the next spare.
    making: Option<JoinHandle<()>>,
    /// Why nothing is forked in this session, if so.
    unforkable: Option<String>,
    /// Why nothing is imported ahead in this session, if so.
    off: Option<String>,
    /// What a person has not been told of that.
    untold: Option<String>,
}

/// Where the next worker is.
#[derive(Default)]
enum Slot {
    /// Nowhere.
    #[default]
    Empty,
    /// It is importing.
    Warming(Launch),
    /// Here.
    Ready(Box<Spare>),
}

/// A worker that has imported what the project uses.
struct Spare {
    launch: Launch,
    introduced: Introduced,
    fingerprint: Fingerprint,
}

impl Spares {
    /// None yet. One is waited for for so long at most; none: whatever it takes.
    pub fn new(patience: Option<Duration>) -> Self {
        Self {
            patience,
            state: Mutex::default(),
            slot: watch::Sender::default(),
        }
    }

    /// A worker for this launch that has imported ahead, ready or forked; the first one imports what the project used the last time.
    /// None if there is none that is as a cold one would be, or if that takes too long. `introduced` hears of the interpreter as soon as
    /// it has said hello.
    pub(crate) async fn worker(
        &self,
        launch: &Launch,
        callbacks: &Arc<dyn Callbacks>,
        introduced: &(dyn Fn(&Hello) + Sync),
    ) -> Result<Option<Introduced>, StartError> {
        let ready = async {
            match self.take(launch).await {
                None => self.first(launch, callbacks, introduced).await,
                taken => Ok(taken),
            }
        };
        let ready = match within(self.patience, ready).await {
            Ok(ready) => ready,
            Err(Hangs(after)) => {
                self.hangs(after);
                Ok(None)
            }
        };
        if let Some(text) = self.state().untold.take() {
            callbacks.log(LogLine {
                run_id: None,
                stream: LogStream::Logging,
                level: "warning".to_owned(),
                logger: Some("lgx".to_owned()),
                text,
                open: false,
                node: None,
                task_id: None,
            });
        }
        ready
    }

    /// What is imported ahead does not come to an end.
    fn hangs(&self, after: Duration) {
        let mut state = self.state();
        if state.off.is_some() {
            return;
        }
        state.untold = Some(format!(
            "installed packages that the project uses were still being imported ahead after {} s: that is given up, and code is \
             loaded by a process that has imported nothing before; --no-spare does so from the start",
            after.as_secs_f64()
        ));
        if let Some(making) = state.making.take() {
            making.abort();
        }
        if let Some(warmed) = &state.zygote {
            warmed.zygote.kill();
        }
        drop(state);
        self.give_up("an import ahead of the code hangs");
    }

    /// What is kept is of no use any more.
    fn discard(&self, why: &str) {
        tracing::debug!("what was imported ahead is not used: {why}");
        self.state().zygote = None;
        self.slot.send_replace(Slot::Empty);
    }

    /// From now on spares are started, not forked.
    pub(crate) fn do_not_fork(&self, why: &str) {
        tracing::debug!("workers are not forked: {why}");
        let mut state = self.state();
        state.unforkable.get_or_insert_with(|| why.to_owned());
        state.zygote = None;
    }

    /// From now on every worker starts cold.
    pub(crate) fn give_up(&self, why: &str) {
        self.state().off.get_or_insert_with(|| why.to_owned());
        self.discard(why);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        if let Some(making) = self.state().making.take() {
            making.abort();
        }
    }
}

/// Something has taken this long.
struct Hangs(Duration);

/// What comes of this, unless it takes too long.
async fn within<F: Future>(patience: Option<Duration>, future: F) -> Result<F::Output, Hangs> {
    match patience {
        None => Ok(future.await),
        Some(patience) => tokio::time::timeout(patience, future)
            .await
            .map_err(|_| Hangs(patience)),
    }
}
