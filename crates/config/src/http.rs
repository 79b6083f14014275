//! The `http` section: names the server answers to, cross-origin rules, which request headers graphs and the log see, the project's own
//! app, and which routes there are.

use std::path::Path;

use lgx_model::Runtime;

use crate::allowed_host::AllowedHost;
use crate::config::{Cors, DisabledRoutes, Http, HttpApp};
use crate::header_patterns::{HeaderPatterns, holds_credentials, patterns};
use crate::report::Report;
use crate::section::Section;
use crate::target::{self, Wanted};

/// The section, with its defaults where the file is silent. `prefix` is what the environment says of `mount_prefix`.
pub(crate) fn read(
    file: Section<'_>,
    root: &Path,
    prefix: Option<&str>,
    report: &mut Report<'_>,
) -> Http {
    let from_environment = || {
        let prefix = prefix.unwrap_or_default().trim_end_matches('/');
        // A variable of this name may be meant for something else.
        prefix.starts_with('/').then(|| prefix.to_owned())
    };
    let Some(section) = file.section("http", report) else {
        return Http {
            mount_prefix: from_environment().unwrap_or_default(),
            ..Http::default()
        };
    };
    Http {
        app: app(section, root, report),
        mount_prefix: mount_prefix(section, report)
            .or_else(from_environment)
            .unwrap_or_default(),
        disabled: disabled(section, report),
        allow_hosts: allow_hosts(section, report),
        cors: cors(section, report),
        configurable_headers: configurable_headers(section, report),
        logging_headers: logging_headers(section, report),
    }
}

fn app(http: Section<'_>, root: &Path, report: &mut Report<'_>) -> Option<HttpApp> {
    let auth = http.flag("enable_custom_route_auth", report);
    let auth_first = auth_first(http, report);
    let wanted = Wanted {
        what: "`http.app`",
        holds: "app",
        usual: "app",
    };
    let target = target::read(http.literal("app", report)?, wanted, root, report)?;
    // An app in JavaScript reckons with a server that has no such keys and asks who it is before all of the app.
    let guards = target.runtime == Runtime::Node;
    Some(HttpApp {
        target,
        enable_custom_route_auth: auth.unwrap_or(guards),
        auth_first: auth_first.unwrap_or(guards),
    })
}

fn auth_first(http: Section<'_>, report: &mut Report<'_>) -> Option<bool> {
    let written = http.literal("middleware_order", report)?;
    match &*written.value {
        "auth_first" => Some(true),
        "middleware_first" => Some(false),
        other => {
            report
                .error(
                    written,
                    format!(
                        "`http.middleware_order` \"{other}\" is neither of the two orders there are"
                    ),
                )
                .hint("write \"middleware_first\" or \"auth_first\"");
            None
        }
    }
}

fn mount_prefix(http: Section<'_>, report: &mut Report<'_>) -> Option<String> {
    let written = http.literal("mount_prefix", report)?;
    let prefix = written.value.trim_end_matches('/');
    let odd = prefix.contains(['?', '#', '%', ' ']) || prefix.contains("//");
    if (prefix.is_empty() || prefix.starts_with('/')) && !odd {
        return Some(prefix.to_owned());
    }
    report
        .error(
            written,
            format!("`http.mount_prefix` \"{prefix}\" is not the beginning of a path"),
        )
        .hint("write \"/api\", for example");
    None
}

fn disabled(http: Section<'_>, report: &mut Report<'_>) -> DisabledRoutes {
    let mut is_disabled = |key: &str| http.flag(key, report).unwrap_or(false);
    DisabledRoutes {
        assistants: is_disabled("disable_assistants"),
        threads: is_disabled("disable_threads"),
        runs: is_disabled("disable_runs"),
        store: is_disabled("disable_store"),
        meta: is_disabled("disable_meta"),
        mcp: is_disabled("disable_mcp"),
        a2a: is_disabled("disable_a2a"),
        ui: is_disabled("disable_ui"),
    }
}

fn allow_hosts(http: Section<'_>, report: &mut Report<'_>) -> Vec<AllowedHost> {
    let literals = http.literals("allow_hosts", report).unwrap_or_default();
    let mut hosts = Vec::with_capacity(literals.len());
    for literal in literals {
        match literal.value.parse() {
            Ok(host) => hosts.push(host),
            Err(error) => {
                let name = &literal.value;
                report.error(literal, format!("`http.allow_hosts` \"{name}\": {error}"));
            }
        }
    }
    hosts
}

fn cors(http: Section<'_>, report: &mut Report<'_>) -> Option<Cors> {
    let section = http.section("http.cors", report)?;
    Some(Cors {
        allow_origins: section.strings("allow_origins", report),
        allow_methods: section.strings("allow_methods", report),
        allow_headers: section.strings("allow_headers", report),
        allow_credentials: section.flag("allow_credentials", report),
        allow_origin_regex: origin_pattern(section, report),
        expose_headers: section.strings("expose_headers", report),
        max_age: section.count("max_age", "of seconds", report),
    })
}

/// A pattern for origins. A broken one would silently match nothing.
fn origin_pattern(cors: Section<'_>, report: &mut Report<'_>) -> Option<String> {
    let written = cors.literal("allow_origin_regex", report)?;
    let pattern = &*written.value;
    // It has to make sense by itself and in the group in which it is matched against a whole origin.
    let compiled = regex_lite::Regex::new(pattern)
        .and_then(|_| regex_lite::Regex::new(&format!("^(?:{pattern})$")));
    if let Err(error) = compiled {
        report
            .error(
                written,
                format!("`http.cors.allow_origin_regex` is not a regular expression: {error}"),
            )
            .hint(r#"write "https://.*\\.example\\.com", for example; there is no look-around"#);
        return None;
    }
    Some(pattern.to_owned())
}

/// The published documentation spells this section and its keys in another way than the server that it documents; both are understood.
fn configurable_headers(http: Section<'_>, report: &mut Report<'_>) -> HeaderPatterns {
    if let Some(documented) = http.property("configurable-headers") {
        report
            .warning(
                &documented.name,
                "`http.configurable-headers` is a spelling that deployments ignore",
            )
            .hint("write `configurable_headers` with `includes` and `excludes`");
    }
    let section = http.section("http.configurable_headers", report);
    let documented = http.section("http.configurable-headers", report);
    let mut named = |key: &str, old_key: &str| {
        let new = section.and_then(|section| section.literals(key, report));
        let old = documented.filter(|_| section.is_none());
        let written = new
            .or_else(|| old.and_then(|section| section.literals(key, report)))
            .or_else(|| old.and_then(|section| section.literals(old_key, report)));
        patterns(written)
    };
    HeaderPatterns {
        includes: named("includes", "include"),
        excludes: named("excludes", "exclude"),
    }
}

/// What lets somebody in is never written into a log, not even if it is named.
fn logging_headers(http: Section<'_>, report: &mut Report<'_>) -> HeaderPatterns {
    let Some(section) = http.section("http.logging_headers", report) else {
        return HeaderPatterns::default();
    };
    let includes = section.literals("includes", report);
    for written in includes.iter().flatten() {
        let name = written.value.to_ascii_lowercase();
        // A pattern that catches it beside others says nothing of it.
        if !name.contains('*') && holds_credentials(&name) {
            report.warning(
                *written,
                format!("`http.logging_headers`: {name} holds credentials, which are never shown"),
            );
        }
    }
    HeaderPatterns {
        includes: patterns(includes),
        excludes: patterns(section.literals("excludes", report)),
    }
}
