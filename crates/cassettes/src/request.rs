//! What a model was asked: enough to find the answer again, and nothing that is secret.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Parameters of a query that are credentials. They are never kept, and no part of what a request is found by.
const SECRET_PARAMETERS: [&str; 14] = [
    "key",
    "api_key",
    "api-key",
    "apikey",
    "access_token",
    "token",
    "auth",
    "authorization",
    "client_secret",
    "sig",
    "signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
];

/// A request to a model. Its headers are left out: what they say beside the body is who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    method: String,
    host: String,
    path: String,
    body: Vec<u8>,
    credentials: Vec<String>,
}

impl Request {
    /// A request as it came in. `host` has its port if that is not 443; `path` may have a query, out of which credentials are taken.
    pub fn new(method: &str, host: &str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, mut credentials) = without_credentials(path);
        credentials.retain(|value| value.len() >= 8);
        Self {
            method: method.to_ascii_uppercase(),
            host: host.to_ascii_lowercase(),
            path,
            body: body.into(),
            credentials,
        }
    }

    /// Adds what the request was allowed with (a key out of a header): a recording that has one of these in it is not kept, even if it
    /// has no shape that a scan would know. `Bearer` and its like may stand before it.
    #[must_use]
    pub fn with_credentials<'a>(mut self, values: impl IntoIterator<Item = &'a str>) -> Self {
        for value in values {
            let value = value.rsplit(' ').next().unwrap_or_default();
            if value.len() >= 8 {
                self.credentials.push(value.to_owned());
            }
        }
        self
    }

    /// `POST` and its like, in capitals.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The host that was asked, in small letters.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path with what is left of the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body to its byte.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn credentials(&self) -> &[String] {
        &self.credentials
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.host, self.path)
    }
}

/// The path with the parameters that are no credentials, in the order of their names; and the credentials.
fn without_credentials(path: &str) -> (String, Vec<String>) {
    let path = path.split('#').next().unwrap_or_default();
    let Some((path, query)) = path.split_once('?') else {
        return (path.to_owned(), Vec::new());
    };
    let mut kept = Vec::new();
    let mut credentials = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = percent_decode_str(name)
            .decode_utf8_lossy()
            .to_ascii_lowercase();
        if SECRET_PARAMETERS.contains(&name.as_str()) {
            let value = percent_decode_str(value).decode_utf8_lossy();
            credentials.push(value.into_owned());
        } else {
            kept.push(parameter);
        }
    }
    kept.sort_unstable();
    if kept.is_empty() {
        (path.to_owned(), credentials)
    } else {
        (format!("{path}?{}", kept.join("&")), credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_query_is_no_part_of_the_request() {
        let path =
            "/v1beta/models/m:streamGenerateContent?key=AIzaSecret&alt=sse&%6Bey=again-secret";
        let request = Request::new("post", "Example.COM", path, "");
        assert_eq!(
            request.to_string(),
            "POST example.com/v1beta/models/m:streamGenerateContent?alt=sse"
        );
        assert_eq!(request.credentials(), ["AIzaSecret", "again-secret"]);
    }

    #[test]
    fn the_order_of_a_query_does_not_matter() {
        let one = Request::new("GET", "h", "/p?b=2&a=1", "");
        assert_eq!(one, Request::new("GET", "h", "/p?a=1&b=2", ""));
    }

    #[test]
    fn what_a_header_calls_its_key_is_left_out_of_it() {
        let request = Request::new("GET", "h", "/p", "").with_credentials([
            "Bearer 0123456789",
            "short",
            "abcdefghij",
        ]);
        assert_eq!(request.credentials(), ["0123456789", "abcdefghij"]);
    }
}
