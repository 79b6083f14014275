//! Which browser origins may talk to this server: what `http.cors` allows and, while the project is developed, Studio and pages of this
//! machine. Pure.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, Uri};
use lgx_config::Cors;
use lgx_engine::loopback;

use super::host::Names;

/// What clients in a browser must be able to read, and what the official server exposes.
const EXPOSED: &str = "x-pagination-total, x-pagination-next, content-location, location, x-request-id, x-lgx-reload, mcp-session-id";
/// All methods of the API.
const METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
/// Where hosted Studio is served from, whatever `--studio-url` says.
const STUDIO: [&str; 2] = [
    "https://smith.langchain.com",
    "https://eu.smith.langchain.com",
];

/// The rule for one server.
pub(crate) struct CorsRule<'a> {
    /// `http.cors` of langgraph.json.
    pub configured: Option<&'a Cors>,
    /// `--studio-url`.
    pub studio_url: &'a str,
    /// Whether Studio and pages of this machine may without being named.
    pub is_for_development: bool,
    /// The names that this server goes by.
    pub names: Names<'a>,
}

impl CorsRule<'_> {
    /// Whether pages of `origin` may talk to this server, which the request reached as `host`.
    pub(crate) fn allows(&self, origin: &str, host: Option<&str>) -> bool {
        let is_of_developer = is_studio(origin, self.studio_url) || is_loopback(origin);
        if self.is_for_development && is_of_developer {
            return true;
        }
        // A page that this server itself served, such as /docs; but any page could have given its own name to this server.
        let (scheme, authority) = origin.split_once("://").unwrap_or_default();
        let own = matches!(scheme, "http" | "https").then_some(authority);
        if host.is_some_and(|host| own == Some(host) && self.names.cannot_be_taken(host)) {
            return true;
        }
        let Some(cors) = self.configured else {
            return false;
        };
        let listed = cors
            .allow_origins
            .iter()
            .flatten()
            .any(|allowed| allowed == "*" || allowed == origin);
        listed
            || cors
                .allow_origin_regex
                .as_deref()
                .is_some_and(|pattern| matches_whole(pattern, origin))
    }

    /// The headers of every answer to a page of an allowed origin.
    pub(crate) fn decorate(&self, headers: &mut HeaderMap, origin: &HeaderValue) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let exposed = self
            .configured
            .and_then(|cors| cors.expose_headers.as_ref())
            .map(|more| format!("{EXPOSED}, {}", more.join(", ")));
        set(
            headers,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            exposed.as_deref().unwrap_or(EXPOSED).trim_end_matches(", "),
        );
        if self
            .configured
            .is_some_and(|cors| cors.allow_credentials == Some(true))
        {
            set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
    }

    /// The headers of the answer to a preflight of an allowed origin.
    pub(crate) fn preflight(&self, answer: &mut HeaderMap, request: &HeaderMap) {
        let cors = self.configured;
        let methods = cors
            .and_then(|cors| cors.allow_methods.as_ref())
            .map(|methods| methods.join(", "));
        let methods = methods.filter(|methods| methods != "*");
        set(
            answer,
            ACCESS_CONTROL_ALLOW_METHODS,
            methods.as_deref().unwrap_or(METHODS),
        );
        let listed = cors
            .and_then(|cors| cors.allow_headers.as_ref())
            .filter(|headers| !headers.iter().any(|header| header == "*"));
        match (listed, request.get(ACCESS_CONTROL_REQUEST_HEADERS)) {
            // What the SDKs and Studio always send stays allowed, or they could not connect at all.
            (Some(listed), _) => {
                let all = format!(
                    "content-type, authorization, x-api-key, x-auth-scheme, last-event-id, mcp-protocol-version, mcp-session-id, {}",
                    listed.join(", ")
                );
                set(answer, ACCESS_CONTROL_ALLOW_HEADERS, &all);
            }
            (None, Some(asked)) => {
                answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
            }
            (None, None) => {}
        }
        let age = cors.and_then(|cors| cors.max_age).unwrap_or(600);
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(age));
        // Chrome asks this before a public https page may reach a loopback address.
        set(
            answer,
            HeaderName::from_static("access-control-allow-private-network"),
            "true",
        );
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Says that the answer depends on the origin.
pub(crate) fn vary(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// The origin of a request, if a browser sent one; `null` where it is not one origin.
pub(crate) fn origin(headers: &HeaderMap) -> Option<(&HeaderValue, &str)> {
    let mut values = headers.get_all(ORIGIN).iter();
    let value = values.next()?;
    let text = value.to_str().unwrap_or("null");
    Some((
        value,
        if values.next().is_none() {
            text
        } else {
            "null"
        },
    ))
}

/// Whether pages of Studio have this origin.
pub(crate) fn is_studio(origin: &str, studio_url: &str) -> bool {
    STUDIO.contains(&origin) || origin_of(studio_url).as_deref() == Some(origin)
}

fn matches_whole(pattern: &str, origin: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(origin))
}

fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// Whether pages of this machine have this origin.
pub(crate) fn is_loopback(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else {
        return false;
    };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(loopback::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(configured: Option<&Cors>) -> CorsRule<'_> {
        CorsRule {
            configured,
            studio_url: "https://studio.example.com/x",
            is_for_development: true,
            names: Names {
                any: false,
                listening: std::net::Ipv4Addr::UNSPECIFIED.into(),
                from_flags: &[],
                configured: &[],
                tunnel: None,
            },
        }
    }

    #[test]
    fn studio_and_this_machine_may_and_others_may_not() {
        for origin in [
            "https://smith.langchain.com",
            "https://studio.example.com",
            "http://localhost:3000",
            "http://127.0.0.1:5173",
            "http://[::1]:80",
            "http://app.localhost",
        ] {
            assert!(rule(None).allows(origin, None), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "https://smith.langchain.com.evil.example",
            "file://localhost",
        ] {
            assert!(
                !rule(None).allows(origin, Some("127.0.0.1:2024")),
                "{origin}"
            );
        }
        assert!(
            rule(None).allows("http://192.168.1.7:2024", Some("192.168.1.7:2024")),
            "a page of this server"
        );
        assert!(
            !rule(None).allows("file://localhost", Some("localhost")),
            "a page that no server served"
        );
        assert!(
            !rule(None).allows("http://evil.example:2024", Some("evil.example:2024")),
            "a page that gave its own name to this server"
        );
    }

    #[test]
    fn for_others_only_what_is_configured_and_its_own_pages_may() {
        let cors = Cors {
            allow_origins: Some(vec!["https://a.example".into()]),
            ..Cors::default()
        };
        let allows = |origin, host| {
            let development = rule(Some(&cors));
            let rule = CorsRule {
                is_for_development: false,
                names: Names {
                    any: true,
                    ..development.names
                },
                ..development
            };
            rule.allows(origin, host)
        };
        assert!(allows("https://a.example", None));
        assert!(allows("https://api.example", Some("api.example")));
        for origin in [
            "https://smith.langchain.com",
            "https://studio.example.com",
            "http://localhost:3000",
            "https://other.example",
            "null",
        ] {
            assert!(!allows(origin, Some("api.example")), "{origin}");
        }
    }

    #[test]
    fn the_configuration_adds_origins_and_never_loses_studio() {
        let cors = Cors {
            allow_origins: Some(vec!["https://a.example".into()]),
            allow_origin_regex: Some(r"https://.*\.b\.example".into()),
            ..Cors::default()
        };
        for origin in [
            "https://a.example",
            "https://x.b.example",
            "https://smith.langchain.com",
        ] {
            assert!(rule(Some(&cors)).allows(origin, None), "{origin}");
        }
        assert!(!rule(Some(&cors)).allows("https://x.b.example.evil", None));
        let any = Cors {
            allow_origins: Some(vec!["*".into()]),
            ..Cors::default()
        };
        assert!(rule(Some(&any)).allows("https://anything.example", None));
    }

    #[test]
    fn a_preflight_lets_a_public_page_reach_this_machine() {
        let mut request = HeaderMap::new();
        request.insert(
            ACCESS_CONTROL_REQUEST_HEADERS,
            "content-type,x-auth-scheme".parse().unwrap(),
        );
        let mut answer = HeaderMap::new();
        rule(None).preflight(&mut answer, &request);
        assert_eq!(answer["access-control-allow-private-network"], "true");
        assert_eq!(
            answer["access-control-allow-headers"],
            "content-type,x-auth-scheme"
        );
        assert_eq!(answer["access-control-max-age"], "600");
    }
}
