//! Where a database is, and whom a connection to it trusts.

use std::fmt;
use std::net::IpAddr;

use lgx_tls::Roots;

use crate::instances::Sharing;

/// The address of a Postgres database, as `DATABASE_URI` has it. It holds a password, so nothing shows it.
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "nobody connects")
)]
pub struct DatabaseAddress {
    text: String,
    roots: Roots,
}

impl DatabaseAddress {
    /// The address in this text. Where it asks for a certificate that can be trusted and names none (`sslrootcert`), these are.
    pub const fn new(text: String, roots: Roots) -> Self {
        Self { text, roots }
    }

    /// The address by which this machine reaches the database, under which others on that network reach this machine; none where the
    /// database is on this machine, behind a socket of it, or is not found.
    #[cfg(feature = "postgres")]
    pub async fn reached_from(&self) -> Option<IpAddr> {
        crate::postgres::address::reached_from(&self.text).await
    }

    /// This program knows no Postgres.
    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_async, reason = "with it, it waits")]
    pub async fn reached_from(&self) -> Option<IpAddr> {
        None
    }

    /// The text.
    #[cfg(feature = "postgres")]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whom to trust.
    #[cfg(feature = "postgres")]
    pub(crate) const fn roots(&self) -> &Roots {
        &self.roots
    }
}

/// How a database is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connecting {
    /// Whether its tables are made, or brought up to date; otherwise they have to be.
    pub migrates: bool,
    /// Who else may use it for as long as this one does.
    pub sharing: Sharing,
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseAddress").finish_non_exhaustive()
    }
}
