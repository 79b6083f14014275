//! The arguments of `lgx trust`.

use clap::Args;

/// Have this machine trust the certificates of `lgx dev --tls`
///
/// The commands that do it are shown, and run once you say yes; those for the whole system ask for your password by `sudo`. The authority can sign for this machine and private networks, and for nothing else.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Undo it
    #[arg(long)]
    pub(crate) remove: bool,

    /// Run the commands without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}
