//! How runs stand that other servers may have changed.

use lgx_model::RunStatus;

use super::StopOrder;

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStanding {
    /// Its status.
    pub status: RunStatus,
    /// What it was told, if it is running and is to stop.
    pub stop: Option<StopOrder>,
}
