//! A lease: a hold on one crew, as runs and requests have it, so that the crew stays until they are done with it.

use std::sync::Arc;

use lgx_worker::{CallError, Message, Method, Worker};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use super::crew::{Crew, CrewToken, Part};
use super::{Generation, Unavailable, Workers};

/// How many workers may end under a call that can be asked again: as many as under a run. More, and the call may be what ends them.
pub const MOST_DEATHS: u32 = 2;

/// Why a worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// There is none to ask.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A hold on a crew, and by that on its generation.
pub struct Lease {
    workers: Arc<Workers>,
    crew: Arc<Crew>,
    /// The place among the crews that are there for one run only, if this is one of them.
    place_alone: Option<OwnedSemaphorePermit>,
    /// The place among the runs of the crew, where a run holds it.
    _place: Option<OwnedSemaphorePermit>,
    _token: CrewToken,
}

impl std::ops::Deref for Lease {
    type Target = Generation;

    fn deref(&self) -> &Generation {
        self.crew.generation()
    }
}

impl Lease {
    /// A hold for a call.
    pub(super) fn of(crew: &Arc<Crew>, workers: &Arc<Workers>) -> Self {
        Self {
            workers: Arc::clone(workers),
            crew: Arc::clone(crew),
            place_alone: None,
            _place: None,
            _token: crew.token(),
        }
    }

    /// The same hold, for a run that has this place on the crew.
    pub(super) fn for_run(self, place: OwnedSemaphorePermit) -> Self {
        Self {
            _place: Some(place),
            ..self
        }
    }

    /// The same hold, which keeps a place among the crews that are there for one run only.
    pub(super) fn alone_in(self, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            place_alone: place,
            ..self
        }
    }

    /// The number of the crew, which tells it from all others.
    pub fn number(&self) -> u64 {
        self.crew.number()
    }

    /// The number of the process that answers for a part of the project: by it the store knows whose writes it takes.
    pub(crate) fn process_number(&self, part: Part<'_>) -> u64 {
        self.crew.process_of(part).number()
    }

    /// The number of the generation that its workers have loaded.
    pub fn generation_number(&self) -> u64 {
        self.crew.generation().number()
    }

    /// What its workers have loaded.
    pub(super) fn generation(&self) -> &Arc<Generation> {
        self.crew.generation()
    }

    /// The worker that answers for a part of the project.
    pub fn worker_of(&self, part: Part<'_>) -> &Worker {
        self.crew.process_of(part).worker()
    }

    /// Asks the worker of a part of the project; and another one, if this one is blocked or ends before it gets to it.
    ///
    /// # Errors
    /// What the worker answers, or that there is none.
    pub async fn call<P: Serialize + Sync>(
        &self,
        part: Part<'_>,
        method: Method,
        params: &P,
    ) -> Result<Message, Unanswered> {
        let mut answer = self.worker_of(part).call(method, params).await;
        let mut asked = self.number();
        // What only reads may be asked again when a run has ended the worker.
        let mut may_outlive = if method.is_begun() { 0 } else { MOST_DEATHS };
        loop {
            match answer {
                Err(CallError::Withdrawn) => {}
                Err(CallError::Died(_)) if may_outlive > 0 => may_outlive -= 1,
                answer => return Ok(answer?),
            }
            let next = self.workers.serving_but(asked).await?;
            answer = next.worker_of(part).call(method, params).await;
            asked = next.number();
        }
    }

    /// Whether others use the process too that answers for a part of the project, through this crew or another.
    pub(crate) fn shares(&self, part: Part<'_>) -> bool {
        self.crew.process_of(part).uses() > 1
    }

    /// Whether its crew is there for one run only.
    pub(super) const fn is_alone(&self) -> bool {
        self.place_alone.is_some()
    }

    /// Resolves when streams of the app are to end that it still has open: much newer code serves.
    pub(super) fn streams_end(&self) -> impl Future<Output = ()> + Send + use<> {
        self.crew.streams_end().clone().cancelled_owned()
    }

    /// All workers of the server.
    pub(super) const fn all_workers(&self) -> &Arc<Workers> {
        &self.workers
    }

    /// Whether clients are not told what its last words were.
    pub(crate) fn redacts_errors(&self) -> bool {
        self.workers.options.redact_errors
    }

    /// A hold on another crew that serves, once there is one.
    ///
    /// # Errors
    /// When there is none and none is coming.
    pub async fn successor(&self) -> Result<Self, Unavailable> {
        self.workers.serving_but(self.number()).await
    }
}
