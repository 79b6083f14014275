//! The `auth` section. Anything wrong with it is an error: a project that asks for authentication is never served without.

use std::path::Path;

use crate::config::Auth;
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
    let openapi = section
        .section("auth.openapi", report)
        .and_then(|_| section.raw("openapi"));
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
    })
}
