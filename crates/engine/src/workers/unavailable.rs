//! Why no generation serves, and none will.

use std::sync::Arc;

use super::Fatal;

/// There is no worker to ask.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unavailable {
    /// The code cannot be loaded.
    #[error("{0}")]
    Failed(Arc<Fatal>),
    /// The server stops.
    #[error("The server is stopping.")]
    Stopping,
}
