//! What goes over the socket of the page, both ways: JSON texts, each with a `type`.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use lgx_model::ThreadId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::announced::AnnouncedEvent;
use super::log_line::LogLineView;

/// What the page says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientFrame {
    /// Who it is, and where it left off. First of all, and once.
    Hello(ClientHello),
    /// It wants to hear of a topic.
    Subscribe {
        topic: Topic,
        /// The id of the last event of the topic seen.
        #[serde(default)]
        after: Option<String>,
    },
    /// It does not any more.
    Unsubscribe { topic: Topic },
}

/// The first frame: browsers cannot set headers on a socket.
#[derive(Debug, Deserialize)]
pub(super) struct ClientHello {
    /// What requests of the page carry: they say whose it is.
    #[serde(default)]
    pub(super) headers: HashMap<String, String>,
    /// The server that `after` is of.
    #[serde(default)]
    pub(super) server_id: Option<String>,
    /// The last event of the topic `server` seen.
    #[serde(default)]
    pub(super) after: Option<u64>,
}

/// What can be heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// What happens to the project as a whole.
    Server,
    /// What user code prints and logs.
    Logs,
    /// What happens on a thread.
    Thread(ThreadId),
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Logs => f.write_str("logs"),
            Self::Thread(thread_id) => write!(f, "thread:{thread_id}"),
        }
    }
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let thread = |id: &str| id.parse().ok().map(Self::Thread);
        match text {
            "server" => Some(Self::Server),
            "logs" => Some(Self::Logs),
            _ => text.strip_prefix("thread:").and_then(thread),
        }
        .ok_or_else(|| format!("there is no topic `{text}`: use server, logs or thread:<its id>"))
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What the server says, beside what happens on threads.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerFrame {
    /// It has let the page in.
    Hello {
        server_id: String,
        project_id: String,
        version: &'static str,
        generation: Option<u64>,
        /// The id of the last event of the topic `server`.
        last: u64,
    },
    /// Events of the topic follow.
    Subscribed { topic: Topic },
    /// No events of the topic follow (any more), or nothing at all.
    Refused {
        topic: Option<Topic>,
        status: u16,
        detail: String,
    },
    /// Not all events since `after` are kept any more.
    Missed { topic: Topic },
    /// Something happened.
    Event(EventFrame),
}

/// An event of a topic.
#[derive(Debug, Serialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub(super) enum EventFrame {
    Server(AnnouncedEvent),
    Logs { id: u64, line: LogLineView },
}

impl ServerFrame {
    /// The text that is sent.
    pub(super) fn text(&self) -> String {
        // Made of texts, numbers and objects with text keys alone, which are JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}
