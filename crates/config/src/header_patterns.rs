//! Which request headers a section of `http` names (`configurable_headers`, `logging_headers`), and which ones hold credentials.

use jsonc_parser::ast::StringLit;

/// Headers by name, in lower case, `*` standing for any characters; without includes none is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderPatterns {
    /// Those that are meant.
    pub includes: Vec<String>,
    /// Those of them that are not meant even so.
    pub excludes: Vec<String>,
}

impl HeaderPatterns {
    /// Whether this header is meant, whose name is in lower case.
    pub fn include(&self, name: &str) -> bool {
        let matches = |patterns: &[String]| patterns.iter().any(|pattern| glob(pattern, name));
        matches(&self.includes) && !matches(&self.excludes)
    }
}

/// The names written in the file, as patterns.
pub(crate) fn patterns(written: Option<Vec<&StringLit<'_>>>) -> Vec<String> {
    let written = written.into_iter().flatten();
    written
        .map(|name| name.value.to_ascii_lowercase())
        .collect()
}

/// Whether a header of this lower-case name holds what lets somebody in: `authorization`, `cookie`, `x-api-key` and their like. Such a
/// header is never shown.
pub fn holds_credentials(name: &str) -> bool {
    const TELLING: [&str; 12] = [
        "authorization",
        "cookie",
        "api-key",
        "api_key",
        "apikey",
        "service-key",
        "access-key",
        "token",
        "secret",
        "password",
        "credential",
        "signature",
    ];
    TELLING.iter().any(|word| name.contains(word))
        // What a proxy before the server says of who somebody is.
        || name.contains("jwt")
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

    #[test]
    fn headers_that_let_somebody_in_are_told_from_those_that_do_not() {
        for name in [
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            "x-api-key",
            "x-service-key",
            "x-auth-token",
            "x-csrf-token",
            "x-amz-security-token",
            "x-hub-signature-256",
            "cf-access-jwt-assertion",
        ] {
            assert!(holds_credentials(name), "{name}");
        }
        for name in [
            "x-auth-scheme",
            "x-request-id",
            "user-agent",
            "x-user",
            "origin",
            "x-tenant-id",
        ] {
            assert!(!holds_credentials(name), "{name}");
        }
    }
}
