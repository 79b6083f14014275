//! Every key langgraph.json is known to have, and what becomes of it here; anything else is warned about.

use jsonc_parser::ast::{Object, Value};

use crate::problem::Severity;
use crate::report::Report;
use crate::section::Path;
use crate::suggest;

/// What lgx does with a key.
#[derive(Clone, Copy)]
enum Use {
    /// It is read.
    Read,
    /// It says nothing about serving locally (it is for building images, say), so nothing is lost by passing over it.
    Elsewhere,
    /// A deployment does this with it; here it has no effect: what happens instead.
    Deployed(&'static str, &'static str),
    /// It would change what is served, but is not supported: what that means for the user.
    NotYet(&'static str),
}

use Use::{Deployed, Elsewhere, NotYet, Read};

/// What becomes of state here, whatever the file says of other places.
const HERE: &str = "lgx keeps state in SQLite, in the project's state folder";

/// A section by its dotted name, `*` standing for any key, and the keys it may have.
type Known = (&'static str, &'static [(&'static str, Use)]);

const SECTIONS: &[Known] = &[
    (
        "",
        &[
            ("graphs", Read),
            ("dependencies", Read),
            ("env", Read),
            ("auth", Read),
            ("http", Read),
            ("store", Read),
            ("checkpointer", Read),
            ("python_version", Read),
            ("source", Read),
            ("webhooks", Read),
            ("encryption", Read),
            ("ui", Read),
            ("record", Read),
            (
                "priority",
                Deployed(
                    "lets runs overtake others by it",
                    "lgx executes them in the order they came in",
                ),
            ),
            (
                "disable_persistence",
                NotYet("threads and runs are kept in the project's state folder"),
            ),
            (
                "project_root",
                NotYet("use `source.root`, which replaced it"),
            ),
            ("package", NotYet("use `source.package`, which replaced it")),
            ("$schema", Elsewhere),
            ("ui_config", Read),
            ("node_version", Read),
            ("node_loader", Read),
            ("api_version", Elsewhere),
            ("base_image", Elsewhere),
            ("image_distro", Elsewhere),
            ("pip_config_file", Elsewhere),
            ("pip_installer", Elsewhere),
            ("keep_pkg_tools", Elsewhere),
            ("dockerfile_lines", Elsewhere),
            ("docker_compose_file", Elsewhere),
            ("_INTERNAL_docker_tag", Elsewhere),
        ],
    ),
    ("graphs.*", &[("path", Read), ("description", Read)]),
    ("ui_config", &[("shared", Read)]),
    (
        "auth",
        &[
            ("path", Read),
            ("disable_studio_auth", Read),
            ("openapi", Read),
            ("cache", Read),
        ],
    ),
    (
        "auth.cache",
        &[
            ("cache_keys", Read),
            ("ttl_seconds", Read),
            ("max_size", Read),
        ],
    ),
    (
        "auth.openapi",
        &[
            ("securitySchemes", Read),
            ("security", Read),
            ("paths", Read),
        ],
    ),
    (
        "http",
        &[
            ("cors", Read),
            ("allow_hosts", Read),
            ("configurable_headers", Read),
            ("configurable-headers", Read),
            ("app", Read),
            ("mount_prefix", Read),
            ("middleware_order", Read),
            ("enable_custom_route_auth", Read),
            ("disable_assistants", Read),
            ("disable_threads", Read),
            ("disable_runs", Read),
            ("disable_store", Read),
            ("disable_meta", Read),
            ("disable_mcp", Read),
            ("disable_a2a", Read),
            ("disable_ui", Read),
            ("disable_webhooks", Read),
            ("logging_headers", Read),
        ],
    ),
    (
        "http.cors",
        &[
            ("allow_origins", Read),
            ("allow_methods", Read),
            ("allow_headers", Read),
            ("allow_credentials", Read),
            ("allow_origin_regex", Read),
            ("expose_headers", Read),
            ("max_age", Read),
        ],
    ),
    (
        "webhooks",
        &[("env_prefix", Read), ("headers", Read), ("url", Read)],
    ),
    (
        "webhooks.url",
        &[
            ("allowed_domains", Read),
            ("allowed_ports", Read),
            ("disable_loopback", Read),
            ("max_url_length", Read),
            ("require_https", Read),
        ],
    ),
    (
        "http.configurable_headers",
        &[("includes", Read), ("excludes", Read)],
    ),
    (
        "http.configurable-headers",
        &[
            ("include", Read),
            ("exclude", Read),
            ("includes", Read),
            ("excludes", Read),
        ],
    ),
    (
        "http.logging_headers",
        &[("includes", Read), ("excludes", Read)],
    ),
    (
        "store",
        &[
            ("index", Read),
            ("ttl", Read),
            (
                "path",
                Deployed("keeps items in the store of this path", HERE),
            ),
        ],
    ),
    (
        "store.index",
        &[("embed", Read), ("dims", Read), ("fields", Read)],
    ),
    (
        "store.ttl",
        &[
            ("default_ttl", Read),
            ("refresh_on_read", Read),
            // An item goes when its time has passed, not at the next of a series of looks.
            ("sweep_interval_minutes", Elsewhere),
        ],
    ),
    (
        "checkpointer",
        &[
            (
                "path",
                Deployed("keeps checkpoints with the checkpointer of this path", HERE),
            ),
            (
                "backend",
                Deployed("keeps checkpoints in this database", HERE),
            ),
            ("ttl", Read),
            (
                "serde",
                Deployed(
                    "restricts by it what a checkpoint may bring back to life",
                    "lgx leaves that to langgraph's own serializer",
                ),
            ),
        ],
    ),
    (
        "checkpointer.ttl",
        &[
            ("strategy", Read),
            ("default_ttl", Read),
            // A thread goes when its time has passed, not at the next of a series of looks.
            ("sweep_interval_minutes", Elsewhere),
            ("sweep_limit", Elsewhere),
        ],
    ),
    (
        "encryption",
        &[(
            "path",
            Deployed(
                "encrypts state with the handlers of this path before it is stored",
                "lgx stores it as it is, in a folder that only you can read",
            ),
        )],
    ),
    (
        "record",
        &[("hosts", Read), ("allow", Read), ("ignore", Read)],
    ),
    (
        "source",
        &[("kind", Elsewhere), ("root", Read), ("package", Elsewhere)],
    ),
];

/// Warns about keys that are unknown, given twice, or without effect here, in the whole file.
pub(crate) fn check(object: &Object<'_>, report: &mut Report<'_>) {
    check_section("", object, report);
}

fn check_section(name: &str, object: &Object<'_>, report: &mut Report<'_>) {
    let Some(known) = find(name) else { return };
    for (index, property) in object.properties.iter().enumerate() {
        let key = property.name.as_str();
        let path = Path(name, key);
        if object.properties[index + 1..]
            .iter()
            .any(|later| later.name.as_str() == key)
        {
            let severity = severity_of_losing(name, key);
            report.add(
                severity,
                &property.name,
                format!("{path} is given again below, and only the last one counts"),
            );
            continue;
        }
        match known.iter().find(|(known, _)| *known == key) {
            None => {
                let near = suggest::nearest(key, known.iter().map(|(known, _)| *known));
                let severity =
                    near.map_or(Severity::Warning, |near| severity_of_losing(name, near));
                let message = match severity {
                    Severity::Warning => format!("unknown key {path}, ignored"),
                    Severity::Error => format!(
                        "unknown key {path}; should it be `auth`, the project would be served without authentication"
                    ),
                };
                let problem = report.add(severity, &property.name, message);
                problem.hint = near
                    .map(|near| format!("did you mean `{near}`?"))
                    .or_else(|| home_of(name, key));
            }
            Some((_, NotYet(consequence))) if !is_off(&property.value) => {
                report.warning(
                    &property.name,
                    format!("{path} is not supported yet and is ignored: {consequence}"),
                );
            }
            Some((_, Deployed(there, here))) if !is_off(&property.value) => {
                report.warning(
                    &property.name,
                    format!("{path} has no effect here: a deployment {there}; {here}"),
                );
            }
            Some((_, Read | Elsewhere)) => descend(name, key, &property.value, report),
            Some(_) => {}
        }
    }
}

fn descend(section: &str, key: &str, value: &Value<'_>, report: &mut Report<'_>) {
    let Value::Object(object) = value else { return };
    let name = if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    };
    check_section(&name, object, report);
    let any = format!("{name}.*");
    if find(&any).is_some() {
        for property in &object.properties {
            if let Value::Object(object) = &property.value {
                check_section(&any, object, report);
            }
        }
    }
}

fn find(section: &str) -> Option<&'static [(&'static str, Use)]> {
    SECTIONS
        .iter()
        .find(|(name, _)| *name == section)
        .map(|(_, keys)| *keys)
}

/// Whether a value asks for nothing, so that ignoring it changes nothing.
fn is_off(value: &Value<'_>) -> bool {
    match value {
        Value::NullKeyword(_) => true,
        Value::BooleanLit(literal) => !literal.value,
        Value::StringLit(literal) => literal.value.is_empty(),
        Value::Object(object) => object.properties.is_empty(),
        Value::Array(array) => array.elements.is_empty(),
        Value::NumberLit(_) => false,
    }
}

/// How bad it is that a key has no effect. Without its `auth` a project would be open to everyone.
fn severity_of_losing(section: &str, key: &str) -> Severity {
    if section.is_empty() && key == "auth" {
        Severity::Error
    } else {
        Severity::Warning
    }
}

/// Where a key belongs that stands in the wrong section.
fn home_of(section: &str, key: &str) -> Option<String> {
    let (home, _) = SECTIONS.iter().find(|(name, keys)| {
        *name != section && !name.contains('*') && keys.iter().any(|(known, _)| *known == key)
    })?;
    Some(if home.is_empty() {
        format!("`{key}` belongs at the top level of the file")
    } else {
        format!("`{key}` belongs in `{home}`")
    })
}
