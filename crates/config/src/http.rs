//! The `http` section: names the server answers to, cross-origin rules, and which request headers graphs see.

use crate::allowed_host::AllowedHost;
use crate::config::{ConfigurableHeaders, Cors, Http};
use crate::report::Report;
use crate::section::Section;

/// The section, with its defaults where the file is silent.
pub(crate) fn read(file: Section<'_>, report: &mut Report<'_>) -> Http {
    let Some(section) = file.section("http", report) else {
        return Http::default();
    };
    Http {
        allow_hosts: allow_hosts(section, report),
        cors: cors(section, report),
        configurable_headers: configurable_headers(section, report),
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
fn configurable_headers(http: Section<'_>, report: &mut Report<'_>) -> ConfigurableHeaders {
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
    let mut patterns = |key: &str, old_key: &str| {
        let new = section.and_then(|section| section.strings(key, report));
        let old = documented.filter(|_| section.is_none());
        let patterns = new
            .or_else(|| old.and_then(|section| section.strings(key, report)))
            .or_else(|| old.and_then(|section| section.strings(old_key, report)));
        patterns
            .unwrap_or_default()
            .iter()
            .map(|pattern| pattern.to_ascii_lowercase())
            .collect()
    };
    ConfigurableHeaders {
        includes: patterns("includes", "include"),
        excludes: patterns("excludes", "exclude"),
    }
}
