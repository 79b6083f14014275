//! Request headers that reach the graph or the log of requests: only those that langgraph.json names, and never credentials.

use http::HeaderMap;
use lgx_config::{HeaderPatterns, holds_credentials};
use lgx_model::JsonObject;
use serde_json::json;

/// Never passed on, whatever the configuration says: `*` must not bring credentials into the config of runs, and so onto the disk.
const NOT_CONFIGURABLE: [&str; 6] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-tenant-id",
    "x-service-key",
];
/// So much of a header's value is shown in the log.
const LONGEST_SHOWN: usize = 200;

/// The headers of a request that become `configurable` values, by lower-case name.
pub(crate) fn configurable(
    rule: &HeaderPatterns,
    headers: &HeaderMap,
    request_id: &str,
) -> JsonObject {
    let mut object = JsonObject::new();
    if rule.includes.is_empty() {
        return object;
    }
    let wanted = |name: &str| !NOT_CONFIGURABLE.contains(&name) && rule.include(name);
    for (name, value) in headers {
        if wanted(name.as_str()) {
            object.insert(
                name.as_str().to_owned(),
                json!(String::from_utf8_lossy(value.as_bytes())),
            );
        }
    }
    if wanted("x-request-id") {
        object.insert("x-request-id".into(), json!(request_id));
    }
    object
}

/// The headers of a request that the log shows, on one line each: what a client sends must not look like another line of the log.
pub(crate) fn logged(
    rule: &HeaderPatterns,
    headers: &HeaderMap,
    request_id: &str,
) -> Vec<(String, String)> {
    if rule.includes.is_empty() {
        return Vec::new();
    }
    let wanted = |name: &str| !holds_credentials(name) && rule.include(name);
    let mut shown: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str() != "x-request-id" && wanted(name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), on_one_line(value.as_bytes())))
        .collect();
    if wanted("x-request-id") {
        shown.push((
            "x-request-id".to_owned(),
            on_one_line(request_id.as_bytes()),
        ));
    }
    shown
}

fn on_one_line(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let mut shown = String::new();
    for character in text.chars().take(LONGEST_SHOWN) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(LONGEST_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn named_headers_pass_and_credentials_never_do() {
        let mut headers = HeaderMap::new();
        for name in ["x-in-a", "x-out"].iter().chain(&NOT_CONFIGURABLE) {
            headers.insert(*name, "v".parse().unwrap());
        }
        let rule = |includes: &[&str], excludes: &[&str]| HeaderPatterns {
            includes: includes.iter().map(ToString::to_string).collect(),
            excludes: excludes.iter().map(ToString::to_string).collect(),
        };
        assert!(configurable(&rule(&[], &[]), &headers, "q").is_empty());
        assert_eq!(
            json!(configurable(&rule(&["x-in*"], &[]), &headers, "q")),
            json!({"x-in-a": "v"})
        );
        assert_eq!(
            json!(configurable(&rule(&["*"], &["x-out"]), &headers, "q")),
            json!({"x-in-a": "v", "x-request-id": "q"})
        );
    }

    #[test]
    fn the_log_shows_what_is_named_and_no_credentials() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-region", "eu"),
            ("x-out", "v"),
            ("authorization", "Bearer s"),
            ("cookie", "s"),
            ("x-api-key", "s"),
            ("x-odd", "a\tb\u{9b}c"),
        ] {
            headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers.append("x-region", "us".parse().unwrap());
        let all = HeaderPatterns {
            includes: vec!["*".into(), "authorization".into()],
            excludes: vec!["x-out".into()],
        };
        let expected = [
            ("x-region", "eu"),
            ("x-region", "us"),
            ("x-odd", "a\\tb\\u{9b}c"),
            ("x-request-id", "q"),
        ];
        let mut shown = logged(&all, &headers, "q");
        shown.sort_by_key(|(name, _)| expected.iter().position(|(other, _)| other == name));
        assert_eq!(
            shown,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(logged(&HeaderPatterns::default(), &headers, "q").is_empty());
        assert_eq!(on_one_line("é".repeat(201).as_bytes()).chars().count(), 201);
    }
}
