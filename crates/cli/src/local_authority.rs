//! The authority that `--tls` is by: where it lies, and who it signs for.

pub(crate) mod stores;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lgx_tls::{Identity, LocalAuthority};

use crate::context::Context;
use crate::network;
use crate::ui::error::Advised;

/// The certificate that is to be trusted, in its folder.
pub(crate) const CERTIFICATE: &str = "authority.pem";

/// Where the authority of this user is.
pub(crate) fn folder(context: &Context) -> Result<PathBuf, Advised> {
    let data = context.env.data_dir().ok_or_else(|| {
        Advised::new(
            "there is no directory of yours for the authority of --tls",
            "set HOME or XDG_DATA_HOME, or give a certificate with --ssl-certfile",
        )
    })?;
    Ok(data.join("tls"))
}

/// The authority, which is made if there is none.
pub(crate) fn open(context: &Context) -> Result<(LocalAuthority, PathBuf), Advised> {
    let folder = folder(context)?;
    let authority = LocalAuthority::open(&folder, &machine());
    authority
        .map(|authority| (authority, folder.clone()))
        .map_err(|error| failed(&folder, &error))
}

/// Who a server is that listens on `host` and goes by `names` too.
pub(crate) fn server(
    host: IpAddr,
    names: &[String],
    context: &Context,
) -> Result<Identity, Advised> {
    let (authority, folder) = open(context)?;
    if !host.is_unspecified() && !authority.reaches(&host.to_string()) {
        return Err(Advised::new(
            format!("--tls is for private addresses, and {host} is none"),
            "give a certificate for it with --ssl-certfile and --ssl-keyfile",
        ));
    }
    let here = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let network = network::addresses((host, 0).into());
    let listening = (!host.is_unspecified()).then_some(host);
    let network = network.into_iter().map(|address| address.ip());
    let addresses = listening.into_iter().chain(network);
    let hosts = here
        .into_iter()
        .chain(addresses.map(|address| address.to_string()))
        .chain(Some(machine()).filter(|name| !name.is_empty()))
        .chain(names.iter().cloned());
    authority
        .server(&folder, hosts.collect())
        .map_err(|error| failed(&folder, &error))
}

/// What this machine is called; nothing where that is no text.
fn machine() -> String {
    let name = nix::unistd::gethostname().ok();
    let name = name.and_then(|name| name.into_string().ok());
    name.unwrap_or_default()
}

fn failed(folder: &Path, error: &lgx_tls::CertificateError) -> Advised {
    Advised::new(
        format!(
            "cannot keep the certificates of --tls in {}: {error}",
            folder.display()
        ),
        "see who owns that folder, or set XDG_DATA_HOME to another one",
    )
}
