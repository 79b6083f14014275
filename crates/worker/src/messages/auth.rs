//! The call `auth`: who a caller is, and what of its wish remains.

use lgx_model::{JsonObject, RawJson};
use serde::{Deserialize, Serialize};

/// A request to authenticate and authorize.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthCall {
    /// Whether the authenticate handler is to be run.
    pub authenticate: bool,
    /// Whether the caller is the Studio user.
    pub studio: bool,
    /// The caller, when known already.
    pub user: Option<RawJson>,
    /// The HTTP request.
    pub request: AuthRequest,
    /// Its body, or null.
    pub body: RawJson,
    /// What the caller wants to do.
    pub checks: Vec<AuthCheck>,
}

/// The HTTP request as auth handlers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthRequest {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without `?`.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The parameters in the path.
    pub path_params: JsonObject,
    /// The peer's address and port.
    pub client: Option<(String, u16)>,
}

/// One thing the caller wants to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthCheck {
    /// `threads`, `assistants`, …
    pub resource: String,
    /// `create`, `read`, …
    pub action: String,
    /// What the handler may look at and change.
    pub value: RawJson,
}

/// Who the caller is and what of the wish remains.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AuthReply {
    /// The user object.
    pub user: RawJson,
    /// The answer to each check, in order.
    pub checks: Vec<AuthCheckReply>,
}

/// The answer to one check.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AuthCheckReply {
    /// The filter on metadata, when the handler gave one.
    pub filter: Option<JsonObject>,
    /// The value, which the handler may have changed.
    pub value: RawJson,
}
