//! By which of its ports a request has come into the server.

/// A port, as what it says about whoever comes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// In the clear: where the server has no TLS, and else what its own workers use.
    Plain,
    /// TLS.
    Tls,
}

impl Entrance {
    /// How URLs begin that lead here.
    pub(crate) const fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "http",
            Self::Tls => "https",
        }
    }
}
