//! The debugger of a worker: where it listens, and whether somebody is attached to it.
//!
//! While somebody is, the worker may stand still for as long as a person thinks, and nothing follows from that.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;
use crate::{CallError, Method, Worker};

/// The type of the error of a worker whose interpreter has no debugger.
const MISSING: &str = "DebuggerMissing";

/// Where the debugger of a worker listens. It keeps no worker alive.
#[derive(Clone)]
pub struct DebugTarget {
    address: SocketAddr,
    connection: Arc<Connection>,
    let_go: CancellationToken,
}

/// Somebody is attached, until this is dropped.
pub struct Attached(Arc<Connection>);

/// Why a worker has no debugger.
#[derive(Debug, thiserror::Error)]
pub enum DebugError {
    /// The interpreter has none: `/p/.venv/bin/python cannot import debugpy: …`.
    #[error("{0}")]
    Missing(String),
    /// It could not begin to listen.
    #[error("its debugger does not start: {0}")]
    Failed(CallError),
}

#[derive(Deserialize)]
struct Listens {
    port: u16,
}

/// No parameters.
#[derive(Serialize)]
struct Nothing {}

impl Worker {
    /// Has the debugger listen, before anything of the project is loaded.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn debug(&self) -> Result<DebugTarget, DebugError> {
        let answer = self.call(Method::DebugListen, &Nothing {}).await;
        let answer = answer.map_err(|error| match error {
            CallError::Remote(remote) if remote.kind == MISSING => {
                DebugError::Missing(remote.message)
            }
            other => DebugError::Failed(other),
        })?;
        let malformed = |error: serde_json::Error| CallError::Malformed {
            method: Method::DebugListen,
            reason: error.to_string(),
        };
        let Listens { port } = serde_json::from_slice(&answer.meta)
            .map_err(malformed)
            .map_err(DebugError::Failed)?;
        Ok(DebugTarget {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            connection: Arc::clone(self.connection()),
            let_go: CancellationToken::new(),
        })
    }

    /// Waits until a debugger is attached and has set its breakpoints.
    ///
    /// # Errors
    /// When the worker ends before.
    pub async fn debugger_attached(&self) -> Result<(), CallError> {
        self.call(Method::DebugWait, &Nothing {}).await?;
        Ok(())
    }

    /// Whether somebody is attached to its debugger.
    pub fn is_debugged(&self) -> bool {
        self.connection().pulse().is_debugged()
    }
}

impl DebugTarget {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Somebody attaches to it.
    pub fn attach(&self) -> Attached {
        self.connection.pulse().attached();
        Attached(Arc::clone(&self.connection))
    }

    /// Whether somebody has been attached to it that recently.
    pub fn was_attached_within(&self, time: Duration) -> bool {
        self.connection.pulse().was_debugged_within(time)
    }

    /// Resolves when somebody is attached to it.
    pub async fn attached(&self) {
        self.connection.pulse().debugged().await;
    }

    /// Whoever is attached is to attach to another one.
    pub fn let_go(&self) {
        self.let_go.cancel();
    }

    /// When [`DebugTarget::let_go`] has been called.
    pub const fn is_let_go(&self) -> &CancellationToken {
        &self.let_go
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.pulse().detached();
    }
}
