//! The versions of the Model Context Protocol, of which there are two kinds: those that begin with a handshake, and those in which each
//! request says for itself how it is meant.

use http::{HeaderMap, StatusCode};
use lgx_model::{JsonObject, RawJson};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::json_rpc::{JsonRpcCall, JsonRpcError};

/// The header that says which version was agreed upon.
const VERSION: &str = "mcp-protocol-version";

/// Versions with a handshake, oldest first.
const WITH_HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// Versions without.
const WITHOUT_HANDSHAKE: [&str; 1] = ["2026-07-28"];

/// Headers and body say different things.
const HEADER_MISMATCH: i32 = -32020;
/// The request is of a version that is not spoken here.
const UNSUPPORTED_VERSION: i32 = -32022;

/// How a request is meant, and how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `initialize` came before it, with which a session begins. An error is an answer like any other: 200.
    Handshake,
    /// It says for itself which version it is of, and there are no sessions. Results say that they are complete, and an error has a
    /// status of its own.
    PerRequest,
}

/// What the parameters of every request may say about the request itself.
#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    /// Wants to hear how far it is, under this token.
    #[serde(default, rename = "progressToken")]
    pub(super) progress_token: Option<RawJson>,
    #[serde(default, rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<Value>,
    #[serde(default, rename = "io.modelcontextprotocol/clientCapabilities")]
    client_capabilities: Option<Value>,
}

/// The parameters of any request, of which only that part is read here.
#[derive(Default, Deserialize)]
struct Described {
    #[serde(default, rename = "_meta")]
    about: Option<About>,
    #[serde(default)]
    name: Option<String>,
}

impl Dialect {
    /// How a request is meant, by its headers and by what it says of itself.
    ///
    /// # Errors
    /// When the two do not fit together, or it is of a version that is not spoken here.
    pub(super) fn of(headers: &HeaderMap, asked: &JsonRpcCall) -> Result<Self, JsonRpcError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // Parameters of another form are refused by who reads them.
        let described: Described = asked.params().unwrap_or_default();
        let about = described.about.unwrap_or_default();
        let named = header(VERSION);
        if about.version.is_none() && !named.is_some_and(is_per_request) {
            return match named {
                Some(version) if asked.method != "initialize" && !has_handshake(version) => {
                    Err(unsupported(version, &spoken()))
                }
                _ => Ok(Self::Handshake),
            };
        }
        let (Some(version), Some(_)) = (&about.version, &about.client_capabilities) else {
            return Err(JsonRpcError::new(
                JsonRpcError::INVALID_PARAMS,
                "Invalid params: `_meta` lacks `io.modelcontextprotocol/protocolVersion` or `io.modelcontextprotocol/clientCapabilities`",
            ));
        };
        let mismatch = |what: &str| {
            let message = format!("The header {what} does not say what the body says.");
            Err(JsonRpcError::new(HEADER_MISMATCH, message))
        };
        let version = version.as_str().unwrap_or_default();
        if named != Some(version) {
            return mismatch("MCP-Protocol-Version");
        }
        if header("mcp-method") != Some(&*asked.method) {
            return mismatch("Mcp-Method");
        }
        // Names of tools are plain, so a header has them as they are.
        if asked.method == "tools/call" && header("mcp-name") != described.name.as_deref() {
            return mismatch("Mcp-Name");
        }
        if !is_per_request(version) {
            return Err(unsupported(version, &WITHOUT_HANDSHAKE));
        }
        Ok(Self::PerRequest)
    }

    /// The status of an answer with this error.
    pub(super) const fn status_of(self, error: &JsonRpcError) -> StatusCode {
        match (self, error.code) {
            (Self::PerRequest, JsonRpcError::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
            (Self::PerRequest, JsonRpcError::INVALID_PARAMS) => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        }
    }

    /// How a result says that it is all there is.
    pub(super) fn result_type(self) -> Option<&'static str> {
        (self == Self::PerRequest).then_some("complete")
    }

    /// The result, which says so where it has to.
    pub(super) fn complete(self, mut result: JsonObject) -> JsonObject {
        if let Some(complete) = self.result_type() {
            result.insert("resultType".into(), json!(complete));
        }
        result
    }

    /// The same of a result that clients could keep: it is stale at once, and nobody else's.
    pub(super) fn complete_and_private(self, mut result: JsonObject) -> JsonObject {
        if self == Self::PerRequest {
            result.insert("ttlMs".into(), json!(0));
            result.insert("cacheScope".into(), json!("private"));
        }
        self.complete(result)
    }
}

/// The version that a handshake ends with: the one that is asked for, if it is spoken here.
pub(super) fn agreed(asked: &str) -> &'static str {
    let [.., newest] = WITH_HANDSHAKE;
    let known = WITH_HANDSHAKE.into_iter().find(|version| *version == asked);
    known.unwrap_or(newest)
}

/// All versions there are.
pub(super) fn spoken() -> Vec<&'static str> {
    [&WITH_HANDSHAKE[..], &WITHOUT_HANDSHAKE].concat()
}

fn has_handshake(version: &str) -> bool {
    WITH_HANDSHAKE.contains(&version)
}

fn is_per_request(version: &str) -> bool {
    WITHOUT_HANDSHAKE.contains(&version)
}

fn unsupported(requested: &str, supported: &[&str]) -> JsonRpcError {
    JsonRpcError {
        data: Some(json!({"supported": supported, "requested": requested})),
        ..JsonRpcError::new(UNSUPPORTED_VERSION, "Unsupported protocol version")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, params: &Value) -> JsonRpcCall {
        JsonRpcCall {
            method: method.into(),
            params: RawJson::of(params),
        }
    }

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        given
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<(http::HeaderName, http::HeaderValue)>>()
            .into_iter()
            .collect()
    }

    fn envelope(version: &str) -> Value {
        json!({"name": "t", "_meta": {
            "io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {},
        }})
    }

    #[test]
    fn a_handshake_agrees_on_what_is_asked_for_or_on_the_newest() {
        for (wanted, version) in [
            ("2024-11-05", "2024-11-05"),
            ("2025-06-18", "2025-06-18"),
            ("2026-07-28", "2025-11-25"),
            ("1.0", "2025-11-25"),
        ] {
            assert_eq!(agreed(wanted), version);
        }
    }

    #[test]
    fn requests_after_a_handshake_need_say_nothing() {
        let list = asked("tools/list", &json!({}));
        for given in [&[][..], &[(VERSION, "2025-06-18")]] {
            assert_eq!(Dialect::of(&headers(given), &list), Ok(Dialect::Handshake));
        }
        let refused = Dialect::of(&headers(&[(VERSION, "2023-01-01")]), &list).unwrap_err();
        assert_eq!(refused.code, UNSUPPORTED_VERSION);
        assert_eq!(refused.data.unwrap()["supported"], json!(spoken()));
        let begins = asked("initialize", &json!({}));
        let any = headers(&[(VERSION, "2023-01-01")]);
        assert_eq!(Dialect::of(&any, &begins), Ok(Dialect::Handshake));
    }

    #[test]
    fn requests_that_speak_for_themselves_say_the_same_twice() {
        let newest = "2026-07-28";
        let call = asked("tools/call", &envelope(newest));
        let given = [
            (VERSION, newest),
            ("mcp-method", "tools/call"),
            ("mcp-name", "t"),
        ];
        assert_eq!(
            Dialect::of(&headers(&given), &call),
            Ok(Dialect::PerRequest)
        );
        for left_out in 0..3 {
            let mut some = given.to_vec();
            some.remove(left_out);
            let refused = Dialect::of(&headers(&some), &call).unwrap_err();
            assert_eq!(refused.code, HEADER_MISMATCH, "{some:?}");
        }
        let bare = asked("tools/call", &json!({"name": "t"}));
        let refused = Dialect::of(&headers(&given), &bare).unwrap_err();
        assert_eq!(refused.code, JsonRpcError::INVALID_PARAMS);
        let later = asked("tools/list", &envelope("2030-01-01"));
        let given = headers(&[(VERSION, "2030-01-01"), ("mcp-method", "tools/list")]);
        let refused = Dialect::of(&given, &later).unwrap_err();
        assert_eq!(refused.code, UNSUPPORTED_VERSION);
        assert_eq!(refused.data.unwrap()["supported"], json!([newest]));
    }
}
