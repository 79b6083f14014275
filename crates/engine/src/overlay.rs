//! What is laid over the environment of workers at last, over what the project sets itself.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

type Variables = Vec<(OsString, OsString)>;

/// Changes the environment that a worker is about to get.
#[derive(Clone)]
pub struct EnvironmentOverlay(Arc<dyn Fn(&mut Variables) + Send + Sync>);

impl EnvironmentOverlay {
    /// One that does this, each time with what langgraph.json says at the time.
    pub fn new(lay_over: impl Fn(&mut Variables) + Send + Sync + 'static) -> Self {
        Self(Arc::new(lay_over))
    }

    pub(crate) fn lay_over(&self, environment: &mut Variables) {
        (self.0)(environment);
    }
}

impl fmt::Debug for EnvironmentOverlay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EnvironmentOverlay")
    }
}
