//! The server's own routes as langgraph.json wants them: behind `http.mount_prefix`, and without those that it switches off.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::uri::PathAndQuery;
use http::{Request, Uri};
use lgx_config::{DisabledRoutes, Http};
use tower::ServiceExt;

use super::{ApiError, lgx};

/// Health checks find it wherever the rest is.
const ALWAYS_THERE: &str = "/ok";

/// The path of a request as routes have it; none if it lies outside of the prefix.
pub(super) fn path_within<'a>(prefix: &str, path: &'a str) -> Option<&'a str> {
    if prefix.is_empty() || path == ALWAYS_THERE {
        return Some(path);
    }
    match path.strip_prefix(prefix)? {
        "" => Some("/"),
        within if within.starts_with('/') => Some(within),
        _ => None,
    }
}

/// Has the server's own routes answer.
pub(super) async fn respond(config: &Http, router: Router, mut request: Request<Body>) -> Response {
    let Some(path) = path_within(&config.mount_prefix, request.uri().path()) else {
        return nothing_here();
    };
    // These are at one place only, where the gate is.
    if is_disabled(config.disabled, path) || lgx::has(path) {
        return nothing_here();
    }
    if path.len() != request.uri().path().len() {
        let Some(uri) = with_path(request.uri(), path) else {
            return nothing_here();
        };
        *request.uri_mut() = uri;
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Whether the project has switched off the routes of this path.
pub(super) fn is_disabled(disabled: DisabledRoutes, path: &str) -> bool {
    if disabled == DisabledRoutes::default() {
        return false;
    }
    let mut segments = path.split('/').skip(1);
    match segments.next().unwrap_or_default() {
        "assistants" => disabled.assistants,
        "threads" => match segments.nth(1) {
            Some("runs" | "stream" | "commands") => disabled.runs,
            _ => disabled.threads,
        },
        "runs" => disabled.runs,
        "store" => disabled.store,
        "mcp" => disabled.mcp,
        "a2a" => disabled.a2a,
        ".well-known" if segments.next() == Some("agent-card.json") => disabled.a2a,
        "ui" => disabled.ui,
        "" | "info" | "docs" | "openapi.json" | "metrics" => disabled.meta,
        _ => false,
    }
}

fn nothing_here() -> Response {
    ApiError::not_found("Not Found").into_response()
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_behind_the_prefix_and_health_is_at_both_places() {
        for (prefix, path, within) in [
            ("", "/threads", Some("/threads")),
            ("/pre", "/pre/threads", Some("/threads")),
            ("/pre", "/pre", Some("/")),
            ("/pre", "/pre/", Some("/")),
            ("/pre", "/pre/ok", Some("/ok")),
            ("/pre", "/ok", Some("/ok")),
            ("/pre", "/threads", None),
            ("/pre", "/prefix/threads", None),
        ] {
            assert_eq!(path_within(prefix, path), within, "{prefix} {path}");
        }
    }

    #[test]
    fn a_path_is_rewritten_and_its_query_stays() {
        let uri = Uri::from_static("/pre/threads/1?a=b%20c");
        assert_eq!(with_path(&uri, "/threads/1").unwrap(), "/threads/1?a=b%20c");
    }

    #[test]
    fn each_key_switches_its_own_routes_off() {
        let all = DisabledRoutes {
            assistants: true,
            threads: true,
            runs: true,
            store: true,
            meta: true,
            mcp: true,
            a2a: true,
            ui: true,
        };
        let none = DisabledRoutes::default();
        let only = [
            (
                "/assistants/search",
                DisabledRoutes {
                    assistants: false,
                    ..all
                },
            ),
            (
                "/threads/1/state",
                DisabledRoutes {
                    threads: false,
                    ..all
                },
            ),
            (
                "/threads/1/runs/wait",
                DisabledRoutes { runs: false, ..all },
            ),
            ("/threads/1/stream", DisabledRoutes { runs: false, ..all }),
            ("/runs/crons", DisabledRoutes { runs: false, ..all }),
            (
                "/store/items",
                DisabledRoutes {
                    store: false,
                    ..all
                },
            ),
            ("/mcp", DisabledRoutes { mcp: false, ..all }),
            ("/mcp/", DisabledRoutes { mcp: false, ..all }),
            ("/info", DisabledRoutes { meta: false, ..all }),
            ("/", DisabledRoutes { meta: false, ..all }),
            ("/a2a/1", DisabledRoutes { a2a: false, ..all }),
            (
                "/.well-known/agent-card.json",
                DisabledRoutes { a2a: false, ..all },
            ),
            ("/ui/agent", DisabledRoutes { ui: false, ..all }),
        ];
        for (path, without_its_own) in only {
            assert!(is_disabled(all, path), "{path}");
            assert!(!is_disabled(without_its_own, path), "{path}");
            assert!(!is_disabled(none, path), "{path}");
        }
        assert!(!is_disabled(all, "/ok"));
    }
}
