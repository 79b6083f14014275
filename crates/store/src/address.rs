//! Where a database is, and whom a connection to it trusts.

use std::fmt;

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
