//! What a server is to speak HTTPS with.

use std::path::PathBuf;

use crate::context::Context;

/// Where the certificate is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TlsSettings {
    /// The authority of this user.
    Own,
    /// Files that were named.
    Given {
        /// The certificate.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
}

/// Settles the arguments, of which `given` are a certificate and its key; none for a server in the clear.
pub(crate) fn resolve(
    own: bool,
    given: Option<(PathBuf, PathBuf)>,
    context: &Context,
) -> Option<TlsSettings> {
    if own {
        return Some(TlsSettings::Own);
    }
    let (certificate, key) = given?;
    Some(TlsSettings::Given {
        certificate: context.absolute(&certificate),
        key: context.absolute(&key),
    })
}
