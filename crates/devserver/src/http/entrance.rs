//! By which of its ports a request has come into the server.

use serde::{Deserialize, Serialize};

/// A port, as what it says about whoever comes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Entrance {
    /// In the clear: where the server has no TLS, and else what its own workers use.
    Plain,
    /// TLS.
    Tls,
    /// What a tunnel leads to: whoever comes by here is anywhere in the world, whatever a request says.
    Tunnel,
}

impl Entrance {
    /// How URLs begin that lead here.
    pub(crate) const fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "http",
            // The other end of a tunnel speaks TLS.
            Self::Tls | Self::Tunnel => "https",
        }
    }
}
