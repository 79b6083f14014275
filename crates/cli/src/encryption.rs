//! What a server speaks HTTPS with, read before anything of it starts.

use std::net::IpAddr;
use std::sync::Arc;

use lgx_config::AllowedHost;
use lgx_devserver::ServerTls;
use lgx_tls::Identity;

use crate::context::Context;
use crate::local_authority;
use crate::settings::server::ServerSettings;
use crate::settings::tls::TlsSettings;
use crate::ui::error::Advised;

/// A certificate with its key, ready for a server.
#[derive(Debug)]
pub(crate) struct Encryption {
    /// What the server gets.
    pub(crate) tls: ServerTls,
    /// The certificate, as clients know it that are told of it.
    pub(crate) fingerprint: String,
    /// The names that are in the certificate.
    pub(crate) names: Vec<AllowedHost>,
}

impl Encryption {
    /// Reads or makes it for a server, if it is to speak HTTPS.
    pub(crate) fn of(
        settings: &ServerSettings,
        context: &Context,
    ) -> Result<Option<Self>, Advised> {
        let host = settings.host;
        let identity = match &settings.tls {
            None => return Ok(None),
            Some(TlsSettings::Own) => {
                // A name for all below another one is no name of a server.
                let hosts = settings.allow_hosts.iter().map(ToString::to_string);
                let names: Vec<_> = hosts.filter(|name| !name.contains('*')).collect();
                local_authority::server(host, &names, context)?
            }
            Some(TlsSettings::Given { certificate, key }) => lgx_tls::read(certificate, key)
                .map_err(|error| Advised::new(error.to_string(), error.help))?,
        };
        Self::with(&identity, host).map(Some)
    }

    fn with(identity: &Identity, host: IpAddr) -> Result<Self, Advised> {
        let config = identity.server().map_err(|error| {
            Advised::new(
                format!("cannot speak HTTPS: {error}"),
                "give another certificate",
            )
        })?;
        let names = identity.names();
        let fingerprint = lgx_tls::fingerprint(identity.certificate());
        let peers = lgx_tls::only(fingerprint.clone()).map_err(|error| {
            Advised::new(
                format!("cannot speak HTTPS with other servers: {error}"),
                "give another certificate",
            )
        })?;
        Ok(Self {
            tls: ServerTls {
                config,
                host: identity.host(reached(host)),
                peers: Arc::new(peers),
            },
            fingerprint,
            // Some that may be in a certificate are none for a server.
            names: names.iter().filter_map(|name| name.parse().ok()).collect(),
        })
    }
}

/// The address by which this machine reaches a server that listens on `host`.
fn reached(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    }
}
