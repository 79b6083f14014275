//! What the server and the project's own HTTP app say to each other: requests, answers, messages of sockets.

use lgx_model::RawJson;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Diagnostic, Secret, Target};

/// The app to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppSpec {
    /// Where it is found.
    pub target: Target,
    /// Whether its own routes ask the project's auth first.
    pub auth: bool,
    /// Whether that happens before its middleware; else behind it.
    pub auth_first: bool,
    /// What all paths begin with; may be empty.
    pub prefix: String,
}

/// The app, as it was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedApp {
    /// Whether it has middleware, so that it sees every request.
    pub wraps: bool,
    /// Which requests it may have a route for.
    #[serde(default)]
    pub routes: Vec<AppRoute>,
}

/// Requests that the app may have a route for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRoute {
    /// How their paths start.
    pub starts: String,
    /// Whether that is the whole path.
    pub whole: bool,
    /// Whether they open a `WebSocket`.
    pub socket: bool,
}

impl LoadedApp {
    /// Whether it may have a route for this.
    pub fn may_answer(&self, path: &str, socket: bool) -> bool {
        self.routes.iter().any(|route| {
            route.socket == socket
                && if route.whole {
                    path == route.starts
                } else {
                    path.starts_with(&route.starts)
                }
        })
    }
}

/// A request. What HTTP has as bytes is text here, each byte as the character of its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRequest {
    /// `GET`, …; none for a WebSocket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// `http` or `ws`.
    pub scheme: String,
    /// The path, decoded.
    pub path: String,
    /// The path as it was sent.
    pub raw_path: String,
    /// What follows its question mark.
    pub query: String,
    /// The headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The other end of the connection.
    pub client: Option<(String, u16)>,
    /// This end of it.
    pub server: Option<(String, u16)>,
    /// `1.1`, …
    pub http_version: String,
    /// What a WebSocket offers to speak.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subprotocols: Vec<String>,
}

/// How the body of a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyForm {
    /// As the section of the call; none if there is no body.
    Whole,
    /// As the data of the call.
    Streamed,
}

/// The parameters of `http` and `websocket`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AppCall {
    /// The request.
    pub request: AppRequest,
    /// How its body comes; none for a WebSocket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyForm>,
    /// The user that auth has found already.
    pub user: Option<RawJson>,
    /// What shows that the app asks the server on behalf of whoever sent this request, where there is auth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<AppPass>,
}

/// The pass of a request: which it is, and what only its worker is told. On the wire a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPass {
    /// The request's number.
    pub number: u64,
    /// The secret.
    pub secret: Secret,
}

impl Serialize for AppPass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{} {}", self.number, self.secret.text());
        serializer.serialize_str(&text)
    }
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerHead {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The path of the app's own route that answers, as the app writes it: `/items/{item_id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What has crashed, of which the client is told no more than that something has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<Box<Diagnostic>>,
}

/// A worker asks for what only the server can do for the request that its app answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "method", content = "params")]
pub(crate) enum AppQuestion {
    /// Have the server's own routes answer.
    #[serde(rename = "http.serve")]
    Serve {
        /// The call that it belongs to.
        call: u64,
        /// The request.
        request: AppRequest,
        /// How its body comes.
        body: BodyForm,
    },
    /// Have the server's own `WebSocket` answer.
    #[serde(rename = "websocket.serve")]
    ServeSocket {
        /// The call that it belongs to.
        call: u64,
        /// The handshake.
        request: AppRequest,
    },
    /// Who asks?
    #[serde(rename = "http.authenticate")]
    Authenticate {
        /// The call that it belongs to.
        call: u64,
        /// The request.
        request: AppRequest,
        /// Whether one of the app's own routes is asked for.
        of_app: bool,
    },
}

impl AppQuestion {
    /// The names of the methods, as they stand at the beginning of a call.
    const BEGINNINGS: [&[u8]; 3] = [
        br#"{"method":"http.serve""#,
        br#"{"method":"websocket.serve""#,
        br#"{"method":"http.authenticate""#,
    ];

    /// Whether this is one. `method` comes first in a call, so its first bytes are enough.
    pub(crate) fn is_one(meta: &[u8]) -> bool {
        Self::BEGINNINGS
            .iter()
            .any(|beginning| meta.starts_with(beginning))
    }

    /// The call that it belongs to.
    pub(crate) const fn call(&self) -> u64 {
        match self {
            Self::Serve { call, .. }
            | Self::ServeSocket { call, .. }
            | Self::Authenticate { call, .. } => *call,
        }
    }
}

/// What a WebSocket is accepted with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// What is to be spoken.
    #[serde(default)]
    pub subprotocol: Option<String>,
    /// Headers of the handshake.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The path of the app's route, as the app writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
}

/// How a WebSocket was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The code.
    pub code: u16,
    /// What was said beside it; may be empty.
    #[serde(default)]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_be_the_app_s_by_its_beginning_or_its_whole_path_and_its_kind() {
        let route = |starts: &str, whole, socket| AppRoute {
            starts: starts.to_owned(),
            whole,
            socket,
        };
        let app = LoadedApp {
            wraps: false,
            routes: vec![
                route("/hello", true, false),
                route("/items/", false, false),
                route("/ws", true, true),
            ],
        };
        for (path, socket, may) in [
            ("/hello", false, true),
            ("/hello/", false, false),
            ("/hello", true, false),
            ("/items/7", false, true),
            ("/items", false, false),
            ("/ws", true, true),
            ("/ws", false, false),
        ] {
            assert_eq!(app.may_answer(path, socket), may, "{path} {socket}");
        }
    }
}
