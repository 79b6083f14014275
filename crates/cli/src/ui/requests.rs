//! How a request reads that was answered or refused, and what decides about that.

use std::path::Path;
use std::time::Duration;

use lgx_devserver::Diagnostic;

use super::diagnostic::{self, indented};
use super::style;

/// It was answered. `detail` is what the client does not see; for a refusal, the reason. `headers` are those to be shown.
pub(super) fn answered(
    method: &str,
    path: &str,
    status: u16,
    took: Duration,
    detail: Option<&str>,
    headers: &[(String, String)],
) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| style::quiet(format!(" {name}={value}")))
        .collect();
    if let (401 | 403, Some(reason)) = (status, detail) {
        let word = style::caution("refused:");
        return format!(
            "{word} {method} {path} {status}: {}{headers}",
            indented(reason, "  ")
        );
    }
    let status = if status >= 500 {
        style::failure(status)
    } else {
        status.to_string()
    };
    let line = format!(
        "{method} {path} {status} {}{headers}",
        style::quiet(style::duration(took))
    );
    match detail {
        Some(detail) => format!("{line}\n  {}", indented(detail, "  ")),
        None => line,
    }
}

/// Other auth is in effect than before.
pub(super) fn auth_changed(auth: Option<&str>) -> String {
    match auth {
        Some(auth) => format!("{} {auth} decides who may do what", style::place("Auth:")),
        None => format!(
            "{} langgraph.json names no `auth` any more: every request is let in",
            style::warning()
        ),
    }
}

/// It failed in the project's code.
pub(super) fn failed(request: &str, diagnostic: &Diagnostic, root: &Path) -> String {
    format!(
        "{} {request} failed in the project's code\n{}",
        style::error(),
        diagnostic::render(diagnostic, root)
    )
}

/// Connections wait to be accepted.
pub(super) fn out_of_descriptors(limit: Option<u64>) -> String {
    let limit = limit.map_or_else(String::new, |limit| format!(" ({limit})"));
    format!(
        "{} no further connection can be accepted before others end: lgx has as many files and connections open as it \
         may{limit}\n  {} start it from a shell with a higher limit: ulimit -Hn 65536",
        style::error(),
        style::help(),
    )
}

/// It came from a page that may not use this server.
pub(super) fn origin_refused(origin: &str) -> String {
    format!(
        "{} refused a request of a page at {origin}\n  {} to let it in, put it in langgraph.json: \
         \"http\": {{\"cors\": {{\"allow_origins\": [\"{origin}\"]}}}}",
        style::warning(),
        style::help(),
    )
}

/// It was for a name that is not this server's.
pub(super) fn host_refused(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    format!(
        "{} refused a request for the host `{host}`, which is not a name of this server\n  {} use the address that the \
         server showed when it started; to let the name in, start with --allow-host {name}, or put it in langgraph.json: \
         \"http\": {{\"allow_hosts\": [\"{name}\"]}}",
        style::warning(),
        style::help(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_with_its_headers() {
        let headers = [("x-region", "eu"), ("x-request-id", "7")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let told = |status, detail| {
            let took = Duration::from_millis(3);
            let line = answered("GET", "/threads", status, took, detail, &headers);
            anstream::adapter::strip_str(&line).to_string()
        };
        assert_eq!(
            told(200, None),
            "GET /threads 200 3 ms x-region=eu x-request-id=7"
        );
        assert_eq!(
            told(401, Some("No token")),
            "refused: GET /threads 401: No token x-region=eu x-request-id=7"
        );
    }
}
