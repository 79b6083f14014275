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
mod remembered;
mod zygote;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::fingerprint::Fingerprint;
use self::remembered::Remembered;
pub(crate) use self::zygote::ZygoteCalls;
use self::zygote::{ForkError, Zygote};
use crate::introduction::Introduced;
use crate::output::LogTarget;
use crate::process::{Process, Role};
use crate::{Callbacks, Hello, Launch, LogLine, LogStream, StartError, Uses};

/// So many times longer than anybody waits may an import take for which nobody does.
const UNWAITED: u32 = 4;

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

/// A zygote that has imported what the project uses.
struct Warmed {
    zygote: Arc<Zygote>,
    /// What it has imported.
    uses: Uses,
    fingerprint: Fingerprint,
}

/// The memory of what is kept ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpareMemory {
    /// Processes.
    pub processes: usize,
    /// What they hold, each page divided by how many share it.
    pub proportional_bytes: u64,
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

    /// A worker for this launch that has imported ahead; waits for one that is about to be ready. None if there is none that is as a
    /// cold one would be.
    async fn take(&self, launch: &Launch) -> Option<Introduced> {
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
    async fn first(
        &self,
        launch: &Launch,
        callbacks: &Arc<dyn Callbacks>,
        introduced: &(dyn Fn(&Hello) + Sync),
    ) -> Result<Option<Introduced>, StartError> {
        let remembered = self.remembered(launch).await;
        if !cfg!(target_os = "linux") || self.state().off.is_some() {
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
            let warmed = Warmed::new(Arc::new(zygote), uses).await?;
            let forked = warmed.zygote.fork(Arc::default()).await?;
            Ok((warmed, forked))
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
        let may_fork = cfg!(target_os = "linux") && self.state().unforkable.is_none();
        if may_fork {
            match self.fork(launch, uses).await {
                Ok(spare) => return Some(spare),
                Err(error) => self.do_not_fork(&error.to_string()),
            }
        }
        // The file tells the process what to import.
        self.remember(launch, uses.modules.clone()).await;
        start(launch).await
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

    /// The memory of what is kept ahead, where the operating system tells it.
    pub fn memory(&self) -> Option<SpareMemory> {
        let zygote = self
            .state()
            .zygote
            .as_ref()
            .map(|warmed| warmed.zygote.hello.pid);
        let spare = match &*self.slot.borrow() {
            Slot::Ready(spare) => Some(spare.introduced.hello.pid),
            Slot::Empty | Slot::Warming(_) => None,
        };
        let mut memory = SpareMemory {
            processes: 0,
            proportional_bytes: 0,
        };
        for pid in [zygote, spare].into_iter().flatten() {
            memory.processes += 1;
            memory.proportional_bytes += proportional_bytes(pid)?;
        }
        Some(memory)
    }

    async fn remembered(&self, launch: &Launch) -> Remembered {
        let runtime_dir = launch.runtime_dir.clone();
        let read = tokio::task::spawn_blocking(move || remembered::read(&runtime_dir));
        read.await.unwrap_or_default()
    }

    async fn remember(&self, launch: &Launch, modules: Vec<String>) {
        let remembered = Remembered {
            modules,
            unforkable: self.state().unforkable.clone(),
        };
        let runtime_dir = launch.runtime_dir.clone();
        let write = tokio::task::spawn_blocking(move || {
            if remembered::read(&runtime_dir) == remembered {
                return Ok(());
            }
            remembered::write(&runtime_dir, &remembered)
        });
        if let Ok(Err(error)) = write.await {
            tracing::debug!(%error, "what the project uses cannot be remembered");
        }
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

impl Warmed {
    async fn new(zygote: Arc<Zygote>, uses: Uses) -> Result<Self, ForkError> {
        let preloaded = zygote.preload(&uses.modules).await?;
        if let Some(reason) = preloaded.unforkable {
            return Err(ForkError::Unforkable(reason));
        }
        let files = preloaded.files.into_iter().map(PathBuf::from);
        let packages = zygote.hello.packages.iter().cloned();
        let fingerprint = Fingerprint::of(files.chain(packages).collect()).await;
        Ok(Self {
            zygote,
            uses,
            fingerprint,
        })
    }

    /// The same, and what is used now.
    async fn with(self: Arc<Self>, uses: &Uses) -> Result<Arc<Self>, ForkError> {
        let mut modules = self.uses.modules.clone();
        for module in &uses.modules {
            if !modules.contains(module) {
                modules.push(module.clone());
            }
        }
        if modules.len() == self.uses.modules.len() && self.uses.packages == uses.packages {
            return Ok(self);
        }
        let uses = Uses {
            modules,
            packages: uses.packages.clone(),
        };
        Self::new(Arc::clone(&self.zygote), uses)
            .await
            .map(Arc::new)
    }

    /// Whether it was started so, and has imported for the project only what the project still imports.
    fn suits(&self, launch: &Launch, uses: &Uses) -> bool {
        let imported = &self.uses.packages;
        self.zygote.launch() == launch && imported.iter().all(|name| uses.packages.contains(name))
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

/// Starts a process that imports what is remembered, and waits until it has.
async fn start(launch: &Launch) -> Option<Spare> {
    let log = Arc::<LogTarget>::default();
    let ahead = remembered::file(&launch.runtime_dir);
    let role = Role::Worker {
        ahead: Some(&ahead),
    };
    let started = Process::spawn(launch, role, &log).ok()?;
    let mut introduced = Introduced::wait(started, log).await.ok()?;
    let files = introduced.warm().await?.into_iter().map(PathBuf::from);
    let packages = introduced.hello.packages.iter().cloned();
    Some(Spare {
        launch: launch.clone(),
        fingerprint: Fingerprint::of(files.chain(packages).collect()).await,
        introduced,
    })
}

/// What a process holds, each page divided by how many share it.
fn proportional_bytes(pid: u32) -> Option<u64> {
    let rollup = fs_err::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
