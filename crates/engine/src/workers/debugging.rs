//! Debuggers that attach to the project's code: which worker they find, and when its code is loaded.
//!
//! There is one door for each runtime, at an address that stays the same whichever worker serves; whoever listens there asks which one is
//! behind it. A debugger stays with the worker that it has found until one of them ends, so that a run that stands at a breakpoint is
//! not lost to new code; whoever comes then finds the newest worker.
//!
//! Where code is to be loaded only with a debugger attached, the first load waits for one for as long as that takes. Later on, the
//! debugger of the code that serves is asked to come over before the new code is loaded, unless a run goes on there.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lgx_model::Runtime;
use lgx_worker::{DebugError, DebugTarget, Worker};
use tokio::sync::watch;

use super::Workers;
use super::bring_up::Fatal;
use super::process::Process;
use crate::notice::{DebuggerNotice, Notice};
use crate::options;

/// How long new code waits for the debugger of the code before. An editor attaches anew within a second or two.
const COMES_BACK: Duration = Duration::from_secs(10);
/// A debugger that left so recently did so because its worker has ended.
const RECENTLY: Duration = Duration::from_secs(2);

/// The doors of all runtimes that can be debugged.
pub(super) struct DebugDoors {
    doors: Vec<Door>,
    wait: bool,
}

struct Door {
    runtime: Runtime,
    address: SocketAddr,
    behind: watch::Sender<Behind>,
    /// Whether a debugger has been waited for, and has come.
    was_awaited: AtomicBool,
}

/// The workers that a debugger may be meant for.
#[derive(Default)]
struct Behind {
    serving: Option<DebugTarget>,
    /// One that is about to load its code, or at it.
    coming: Option<DebugTarget>,
    /// The newest one that has been here.
    newest: Option<DebugTarget>,
}

/// What whoever listens at a door asks.
#[derive(Clone)]
pub struct DebugDoor(watch::Receiver<Behind>);

/// The door leads to a worker that loads its code, until this is dropped.
pub(super) struct Coming<'a>(&'a Door);

/// The debugger of a worker that is about to load its code.
pub(super) struct Prepared<'a> {
    pub(super) target: DebugTarget,
    _coming: Option<Coming<'a>>,
}

impl DebugDoors {
    pub(super) fn new(options: Option<&options::Debugging>) -> Self {
        let doors = options.iter().flat_map(|options| &options.addresses);
        Self {
            doors: doors
                .map(|(runtime, address)| Door {
                    runtime: *runtime,
                    address: *address,
                    behind: watch::Sender::default(),
                    was_awaited: AtomicBool::new(false),
                })
                .collect(),
            wait: options.is_some_and(|options| options.wait),
        }
    }

    fn door(&self, runtime: Runtime) -> Option<&Door> {
        self.doors.iter().find(|door| door.runtime == runtime)
    }

    /// These serve from now on.
    pub(super) fn serve<'a>(&self, processes: impl Iterator<Item = &'a std::sync::Arc<Process>>) {
        for process in processes {
            if let (Some(door), Some(target)) = (self.door(process.runtime()), process.debugger()) {
                door.behind.send_modify(|behind| {
                    behind.serving = Some(target.clone());
                    behind.newest = Some(target.clone());
                });
            }
        }
    }
}

impl Door {
    fn open<'a>(&'a self, target: &DebugTarget) -> Coming<'a> {
        self.behind.send_modify(|behind| {
            behind.coming = Some(target.clone());
            behind.newest = Some(target.clone());
        });
        Coming(self)
    }

    fn nobody_serves(&self) -> bool {
        self.behind.borrow().serving.is_none()
    }

    /// The worker whose debugger can be expected to come over.
    fn debugged(&self) -> Option<DebugTarget> {
        let newest = self.behind.borrow().newest.clone();
        newest.filter(|target| target.was_attached_within(RECENTLY))
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.0.behind.send_modify(|behind| behind.coming = None);
    }
}

impl DebugDoor {
    /// The worker that a debugger finds who comes now, once there is one. None when there never will be.
    pub async fn target(&mut self) -> Option<DebugTarget> {
        let behind = self.0.wait_for(|behind| behind.target().is_some()).await;
        behind.ok()?.target().cloned()
    }

    /// Waits until it may be another one.
    pub async fn changed(&mut self) {
        // When nobody is left who could change it, `target` says so.
        let _ = self.0.changed().await;
    }
}

impl Behind {
    fn target(&self) -> Option<&DebugTarget> {
        self.coming.as_ref().or(self.serving.as_ref())
    }
}

impl Workers {
    /// What leads to the code of a runtime, if it can be debugged.
    pub fn debug_door(&self, runtime: Runtime) -> Option<DebugDoor> {
        let door = self.debugging.door(runtime)?;
        Some(DebugDoor(door.behind.subscribe()))
    }

    /// Has the debugger of a worker listen that is about to load its code, and waits for somebody to attach, as far as that is wanted.
    pub(super) async fn prepare_debugger(
        &self,
        runtime: Runtime,
        worker: &Worker,
    ) -> Result<Option<Prepared<'_>>, Fatal> {
        let Some(door) = self.debugging.door(runtime) else {
            return Ok(None);
        };
        let target = worker.debug().await.map_err(Fatal::Debugger)?;
        let coming = if self.debugging.wait {
            self.let_debugger_in(door, &target, worker).await?
        } else {
            door.nobody_serves().then(|| door.open(&target))
        };
        Ok(Some(Prepared {
            target,
            _coming: coming,
        }))
    }

    async fn let_debugger_in<'a>(
        &self,
        door: &'a Door,
        target: &DebugTarget,
        worker: &Worker,
    ) -> Result<Option<Coming<'a>>, Fatal> {
        let is_first = !door.was_awaited.load(Ordering::Relaxed);
        let before = door.debugged();
        if !is_first && (before.is_none() || self.executes()) {
            return Ok(None);
        }
        let coming = door.open(target);
        if let Some(before) = before {
            before.let_go();
        }
        self.notice(Notice::Debugger(DebuggerNotice::Awaited {
            runtime: door.runtime,
            address: door.address,
        }));
        if !is_first {
            let comes = tokio::time::timeout(COMES_BACK, target.attached()).await;
            if comes.is_err() {
                self.notice(Notice::Debugger(DebuggerNotice::StaysAway));
                return Ok(Some(coming));
            }
        }
        let attached = worker.debugger_attached().await;
        attached.map_err(|error| Fatal::Debugger(DebugError::Failed(error)))?;
        door.was_awaited.store(true, Ordering::Relaxed);
        Ok(Some(coming))
    }

    /// Whether runs are executed by what serves.
    fn executes(&self) -> bool {
        let team = self.current();
        team.is_some_and(|team| !team.executing().is_empty())
    }
}
