//! Whom a client trusts to be the server that it is asked to reach.

use lgx_tls::Roots;
use rustls::ClientConfig;

use crate::context::Context;
use crate::server_file::FoundServer;

/// Whom to trust.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Whoever the programs on this machine trust.
    AsUsual(Roots),
    /// The server whose certificate has this fingerprint.
    Only(String),
    /// Nobody, where nothing but HTTP in the clear is spoken.
    Nobody,
}

impl Trust {
    /// Whoever the programs on this machine trust.
    pub(crate) fn as_usual(context: &Context) -> Self {
        let path_in = |name: &str| Some(context.absolute(context.env.path(name)?));
        Self::AsUsual(Roots::of(&path_in))
    }

    /// A server that this user has started, as it says itself in its state folder.
    pub(crate) fn of_server(server: &FoundServer, context: &Context) -> Self {
        match &server.certificate {
            Some(fingerprint) => Self::Only(fingerprint.clone()),
            None => Self::as_usual(context),
        }
    }

    /// How to connect.
    pub(crate) fn client(&self) -> Result<ClientConfig, rustls::Error> {
        match self {
            Self::AsUsual(roots) => roots.client(),
            Self::Only(fingerprint) => lgx_tls::only(fingerprint.clone()),
            // No certificate has this fingerprint.
            Self::Nobody => lgx_tls::only(String::new()),
        }
    }
}
