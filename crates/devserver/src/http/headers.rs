//! Request headers that reach the graph: only those that langgraph.json names, and never credentials.

use http::HeaderMap;
use lgx_config::ConfigurableHeaders;
use lgx_model::JsonObject;
use serde_json::json;

/// Never passed on, whatever the configuration says.
const SECRET: [&str; 3] = ["authorization", "x-api-key", "x-tenant-id"];

/// The headers of a request that become `configurable` values, by lower-case name.
pub(crate) fn configurable(
    rule: &ConfigurableHeaders,
    headers: &HeaderMap,
    request_id: &str,
) -> JsonObject {
    let mut object = JsonObject::new();
    if rule.includes.is_empty() {
        return object;
    }
    let wanted = |name: &str| {
        let matches = |patterns: &[String]| {
            patterns
                .iter()
                .any(|pattern| glob(&pattern.to_ascii_lowercase(), name))
        };
        !SECRET.contains(&name) && matches(&rule.includes) && !matches(&rule.excludes)
    };
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

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len()).any(|at| tail.is_char_boundary(at) && glob(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_headers_pass_and_credentials_never_do() {
        let mut headers = HeaderMap::new();
        for name in ["x-in-a", "x-out", "authorization", "x-api-key"] {
            headers.insert(name, "v".parse().unwrap());
        }
        let rule = |includes: &[&str], excludes: &[&str]| ConfigurableHeaders {
            includes: includes.iter().map(ToString::to_string).collect(),
            excludes: excludes.iter().map(ToString::to_string).collect(),
        };
        assert!(configurable(&rule(&[], &[]), &headers, "q").is_empty());
        assert_eq!(
            json!(configurable(&rule(&["X-In*"], &[]), &headers, "q")),
            json!({"x-in-a": "v"})
        );
        assert_eq!(
            json!(configurable(&rule(&["*"], &["x-out"]), &headers, "q")),
            json!({"x-in-a": "v", "x-request-id": "q"})
        );
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("x-*", "x-a", true),
            ("*-id", "x-id", true),
            ("x-*-z", "x-a-b-z", true),
            ("x", "xy", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
