//! The arguments that have a tunnel lead to the server.

use clap::Args;

/// A tunnel.
#[derive(Debug, Default, Args)]
pub(crate) struct TunnelArgs {
    /// Let the internet reach the server, by an installed `cloudflared`; the project needs `auth`
    #[arg(long)]
    pub(crate) tunnel: bool,

    /// The same without `auth`: everybody who has the URL can run the project's code
    #[arg(long, requires = "tunnel")]
    pub(crate) tunnel_open: bool,
}
