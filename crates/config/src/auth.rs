//! The `auth` section. Anything wrong with it is an error: a project that asks for authentication is never served without.

use std::path::Path;
use std::time::Duration;

use jsonc_parser::ast::Value;

use crate::auth_openapi;
use crate::config::{Auth, AuthCache};
use crate::header_patterns::patterns;
use crate::report::Report;
use crate::section::Section;
use crate::target::{self, Wanted};

const EXAMPLE: &str = r#"write "auth": { "path": "./src/security/auth.py:auth" }"#;

/// The section, if the file has one and it is right.
pub(crate) fn read(file: Section<'_>, root: &Path, report: &mut Report<'_>) -> Option<Auth> {
    let value = file.value("auth")?;
    let Some(object) = value.as_object() else {
        let kind = crate::section::kind(value);
        report
            .error(
                value,
                format!("`auth` must be an object with a `path`, not {kind}"),
            )
            .hint(EXAMPLE);
        return None;
    };
    let section = Section::new("auth", object);
    let disable_studio_auth = section.flag("disable_studio_auth", report).unwrap_or(false);
    let openapi = section.section("auth.openapi", report).and_then(|openapi| {
        auth_openapi::check(openapi, report);
        section.raw("openapi")
    });
    let cache = cache(section, report);
    if section.value("path").is_none() {
        report
            .error(
                value,
                "`auth` has no `path`, so there is nothing to authenticate with",
            )
            .hint(EXAMPLE);
        return None;
    }
    let path = section.literal("path", report)?;
    let wanted = Wanted {
        what: "`auth.path`",
        holds: "Auth object",
        usual: "auth",
    };
    let target = target::read(path, wanted, root, report)?;
    Some(Auth {
        target,
        disable_studio_auth,
        openapi,
        cache,
    })
}

/// For how long users are known where the section does not say. A token that is revoked lets its owner in for so long.
const USUAL_TTL: Duration = Duration::from_secs(60);
/// How many users are known where the section does not say.
const USUAL_SIZE: u32 = 1000;

fn cache(auth: Section<'_>, report: &mut Report<'_>) -> Option<AuthCache> {
    let section = auth.section("auth.cache", report)?;
    let keys = patterns(section.literals("cache_keys", report));
    let ttl = section.count("ttl_seconds", "of seconds", report);
    let max_size = section.count("max_size", "of users", report);
    if keys.is_empty() {
        if section
            .value("cache_keys")
            .is_none_or(|keys| matches!(keys, Value::Array(_)))
        {
            report
                .warning(
                    section.object(),
                    "`auth.cache` has no `cache_keys`, so every request is authenticated anew",
                )
                .hint(r#"name the headers that the handler looks at: "cache_keys": ["authorization"]"#);
        }
        return None;
    }
    Some(AuthCache {
        keys,
        ttl: ttl.map_or(USUAL_TTL, |seconds| Duration::from_secs(seconds.into())),
        max_size: max_size.unwrap_or(USUAL_SIZE),
    })
}
