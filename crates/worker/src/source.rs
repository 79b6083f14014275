//! Where workers come from: real interpreters, or fakes in tests.

use std::sync::Arc;

use lgx_model::Runtime;

use crate::introduction::Introduced;
use crate::output::LogTarget;
use crate::process::{Process, Role};
use crate::spare::Spares;
use crate::{BoxFuture, Callbacks, Hello, Launch, StartError, Uses, Worker};

/// What a worker is started with.
pub struct Start<'a> {
    /// What it asks for what it needs.
    pub callbacks: Arc<dyn Callbacks>,
    /// Hears of the interpreter as soon as that has said hello, which may be a while before there is a worker.
    pub introduced: &'a (dyn Fn(&Hello) + Sync),
    /// Whether nothing may have been imported ahead.
    pub cold: bool,
}

/// Something that can start workers.
pub trait WorkerSource: Send + Sync {
    /// Starts one worker.
    fn start<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Worker, StartError>>;

    /// The newest worker serves and uses this of what is installed: the next one may import it ahead.
    fn prepare_next(&self, _uses: &Uses) {}

    /// The project does not bear it that modules are imported before its own code.
    fn give_up_importing_ahead(&self, _why: &str) {}

    /// A worker crashed that was forked and had hardly begun.
    fn give_up_forking(&self, _why: &str) {}
}

/// No workers: there is no interpreter for them.
#[derive(Clone, Copy)]
pub struct NoInterpreter(pub Runtime);

impl WorkerSource for NoInterpreter {
    fn start<'a>(&'a self, _: Start<'a>) -> BoxFuture<'a, Result<Worker, StartError>> {
        Box::pin(std::future::ready(Err(StartError::NoInterpreter(self.0))))
    }
}

/// Workers that are processes of an interpreter.
#[derive(Clone)]
pub struct ProcessSource {
    /// How to start one.
    pub launch: Launch,
    /// What is kept ready, if anything is.
    pub spares: Option<Arc<Spares>>,
}

impl ProcessSource {
    async fn start(&self, start: Start<'_>) -> Result<Worker, StartError> {
        let Start {
            callbacks,
            introduced,
            cold,
        } = start;
        if let Some(spares) = self.spares.as_ref().filter(|_| !cold) {
            let ready = spares.worker(&self.launch, &callbacks, introduced).await?;
            if let Some(ready) = ready {
                introduced(&ready.hello);
                return Ok(Worker::of(ready, callbacks, true));
            }
        }
        let worker = Worker::spawn(&self.launch, callbacks).await?;
        introduced(worker.hello());
        Ok(worker)
    }
}

impl WorkerSource for ProcessSource {
    fn start<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Worker, StartError>> {
        Box::pin(Self::start(self, start))
    }

    fn prepare_next(&self, uses: &Uses) {
        if let Some(spares) = &self.spares {
            spares.prepare(&self.launch, uses);
        }
    }

    fn give_up_importing_ahead(&self, why: &str) {
        if let Some(spares) = &self.spares {
            spares.give_up(why);
        }
    }

    fn give_up_forking(&self, why: &str) {
        if let Some(spares) = &self.spares {
            spares.do_not_fork(why);
        }
    }
}

impl Worker {
    /// Starts an interpreter with the worker's sources and waits until it has introduced itself.
    pub async fn spawn(launch: &Launch, callbacks: Arc<dyn Callbacks>) -> Result<Self, StartError> {
        let log = LogTarget::of(&callbacks);
        let started = Process::spawn(launch, Role::Worker { ahead: None }, &log)?;
        let introduced = Introduced::wait(started, log).await?;
        Ok(Self::of(introduced, callbacks, false))
    }
}
