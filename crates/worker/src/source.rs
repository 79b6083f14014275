//! Where workers come from: real interpreters, or fakes in tests.

use std::sync::Arc;

use crate::{BoxFuture, Callbacks, Launch, StartError, Worker};

/// Something that can start workers.
pub trait WorkerSource: Send + Sync {
    /// Starts one worker that asks `callbacks` for what it needs.
    fn start(&self, callbacks: Arc<dyn Callbacks>) -> BoxFuture<'_, Result<Worker, StartError>>;
}

/// Workers that are processes of an interpreter.
#[derive(Debug, Clone)]
pub struct ProcessSource {
    /// How to start one.
    pub launch: Launch,
}

impl WorkerSource for ProcessSource {
    fn start(&self, callbacks: Arc<dyn Callbacks>) -> BoxFuture<'_, Result<Worker, StartError>> {
        Box::pin(Worker::spawn(self.launch.clone(), callbacks))
    }
}
