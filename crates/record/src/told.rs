//! What a person hears of recordings while a project runs.

use std::fmt;
use std::sync::Arc;

/// One thing to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// There is no recording of a call, and nobody may be asked.
    Missed {
        /// The call, as `POST HOST/PATH`.
        call: String,
        /// The recording that is nearest to it, and where it differs, in lines.
        nearest: Option<String>,
        /// The command that records it.
        command: String,
    },
    /// A call was not answered, because it cannot be played or recorded.
    NotAnswered {
        /// Which, why, and what to do.
        sentence: String,
    },
    /// A call was answered, but its recording was not kept.
    NotKept {
        /// Which, why, and what to do.
        sentence: String,
    },
    /// A host that serves no models was to be reached while nothing but recordings is.
    Refused {
        /// With its port, if that says something.
        host: String,
    },
    /// What a client said to a host of models could not be read.
    NotOpened {
        /// With its port, if that says something.
        host: String,
        /// What the client or TLS said.
        reason: String,
    },
    /// A client wanted to speak HTTP/2 and nothing else to a host of models, as gRPC does.
    OnlyHttp2 {
        /// With its port, if that says something.
        host: String,
    },
}

impl Told {
    /// Whether somebody who called a model got no answer of it.
    pub const fn is_unanswered(&self) -> bool {
        match self {
            Self::Missed { .. }
            | Self::NotAnswered { .. }
            | Self::NotOpened { .. }
            | Self::OnlyHttp2 { .. } => true,
            Self::NotKept { .. } | Self::Refused { .. } => false,
        }
    }
}

/// Who is told.
pub type Teller = Arc<dyn Fn(Told) + Send + Sync>;

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed {
                call,
                nearest,
                command,
            } => {
                write!(formatter, "no recording for {call}")?;
                if let Some(nearest) = nearest {
                    write!(formatter, "\n  {}", nearest.replace('\n', "\n  "))?;
                }
                write!(formatter, "\n  hint: `{command}` records it")
            }
            Self::NotKept { sentence } | Self::NotAnswered { sentence } => {
                formatter.write_str(sentence)
            }
            Self::Refused { host } => write!(
                formatter,
                "{host} was not reached: recordings are replayed without a network, and none is made of it\n  hint: name it in `record.hosts` of langgraph.json if it is to be recorded too"
            ),
            Self::NotOpened { host, reason } => write!(
                formatter,
                "calls of {host} cannot be recorded: its client does not speak HTTP/1.1 over TLS with the certificates in SSL_CERT_FILE ({reason})"
            ),
            Self::OnlyHttp2 { host } => write!(
                formatter,
                "calls of {host} cannot be recorded: its client speaks gRPC, or HTTP/2 alone\n  hint: let it speak HTTP/1.1 (`transport=\"rest\"` in clients of Google), or leave out `--mode` and `--record`"
            ),
        }
    }
}
