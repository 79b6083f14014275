//! What a call is allowed with, by the names of its headers: no recording may have one of these values in it.

use http::{HeaderMap, HeaderName, header};

/// How the names of headers end that hold a secret: of `authorization`, `x-api-key`, `x-amz-security-token`, and of those that gateways
/// make up.
const ENDS: [&str; 9] = [
    "auth",
    "authorization",
    "credential",
    "credentials",
    "key",
    "password",
    "secret",
    "signature",
    "token",
];

/// The secrets in these headers.
pub(crate) fn within(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let texts = headers.iter();
    let texts = texts.filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
    texts.flat_map(|(name, value)| {
        let is_cookie = *name == header::COOKIE;
        let cookies = is_cookie.then(|| value.split(';').filter_map(value_of_cookie));
        let whole = is_secret(name).then_some(value);
        cookies.into_iter().flatten().chain(whole)
    })
}

fn value_of_cookie(cookie: &str) -> Option<&str> {
    cookie.split_once('=').map(|(_, value)| value.trim())
}

fn is_secret(name: &HeaderName) -> bool {
    let last = name.as_str().rsplit(['-', '_']).next().unwrap_or_default();
    ENDS.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn secrets_are_in_headers_that_are_called_so_and_in_each_cookie() {
        let headers: HeaderMap = [
            ("authorization", "Bearer one"),
            ("x-goog-api-key", "two"),
            ("x-gateway-auth", "three"),
            ("x-auth-type", "application"),
            ("content-type", "application/json"),
            ("cookie", "session=four; theme=five=; flag"),
        ]
        .into_iter()
        .map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        })
        .collect();
        let found: Vec<_> = within(&headers).collect();
        assert_eq!(found, ["Bearer one", "two", "three", "four", "five="]);
    }
}
