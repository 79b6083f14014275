//! The tunnel by which the whole internet reaches this server: its name while it is open, and whether anybody may come by it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::call::Peer;
use super::entrance::Entrance;
use crate::app::App;
use crate::options::TunnelAudience;

/// What those are told who come by a tunnel to a project without auth.
pub(crate) const CLOSED: &str = "This project has no auth, so nobody may use it through a tunnel.";

/// Where a tunnel has to lead: a port in the clear at which nobody counts as being on this machine.
#[derive(Debug, Clone)]
pub struct TunnelEntrance {
    address: SocketAddr,
    /// How paths of the API begin.
    prefix: String,
    /// The name of the tunnel, while it is open.
    name: Arc<Mutex<Option<String>>>,
}

impl TunnelEntrance {
    pub(crate) fn new(address: SocketAddr, prefix: String) -> Self {
        Self {
            address,
            prefix,
            name: Arc::default(),
        }
    }

    /// The port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The tunnel is open under this name, the only one that is answered to here.
    pub fn open(&self, name: &str) {
        self.set(Some(name.to_owned()));
    }

    /// The tunnel is closed: its name may become another's.
    pub fn close(&self) {
        self.set(None);
    }

    /// The URL of the server at the other end, while it is open.
    pub fn url(&self) -> Option<String> {
        let name = self.name()?;
        Some(format!("https://{name}{}", self.prefix))
    }

    /// The name of the tunnel, while it is open.
    pub(crate) fn name(&self) -> Option<String> {
        let name = self.name.lock().unwrap_or_else(PoisonError::into_inner);
        name.clone()
    }

    fn set(&self, name: Option<String>) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }
}

/// Whether somebody comes by a tunnel that is for those alone whom auth lets in, so that nobody may where there is none.
pub(crate) fn needs_auth(app: &App, peer: Peer) -> bool {
    peer.entrance == Entrance::Tunnel && app.options.tunnel != Some(TunnelAudience::Everybody)
}
