//! `auth.openapi`: what `/openapi.json` says of auth, checked for the forms that a description has, because clients are made from it.

use jsonc_parser::ast::{Array, Value};

use crate::report::Report;
use crate::section::{Section, wrong_type};

/// The kinds of schemes that there are.
const KINDS: [&str; 5] = ["apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"];
/// The methods that an operation of a description may have.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Reports what is wrong with it.
pub(crate) fn check(section: Section<'_>, report: &mut Report<'_>) {
    let names = schemes(section, report);
    if let Some(security) = section.value("security") {
        requirements(security, "`auth.openapi.security`", &names, report);
    }
    let Some(paths) = section.section("auth.openapi.paths", report) else {
        return;
    };
    for path in &paths.object().properties {
        let name = path.name.as_str();
        if !name.starts_with('/') {
            report
                .error(
                    &path.name,
                    format!("`auth.openapi.paths`: \"{name}\" is not a path"),
                )
                .hint("write it as /openapi.json does: \"/threads/{thread_id}\"");
        }
        let Value::Object(methods) = &path.value else {
            let what = format!("`auth.openapi.paths[\"{name}\"]`");
            wrong_type(report, &path.value, &what, "an object of methods");
            continue;
        };
        for method in &methods.properties {
            let verb = method.name.as_str();
            if !METHODS.contains(&&*verb.to_ascii_lowercase()) {
                report
                    .error(
                        &method.name,
                        format!("`auth.openapi.paths[\"{name}\"]`: \"{verb}\" is not a method"),
                    )
                    .hint("write \"get\" or \"post\", for example");
            }
            let what = format!("`auth.openapi.paths[\"{name}\"].{verb}`");
            requirements(&method.value, &what, &names, report);
        }
    }
}

/// The names of the schemes.
fn schemes<'a>(section: Section<'a>, report: &mut Report<'_>) -> Vec<&'a str> {
    let Some(schemes) = section.section("auth.openapi.securitySchemes", report) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for scheme in &schemes.object().properties {
        let name = scheme.name.as_str();
        names.push(name);
        let what = format!("`auth.openapi.securitySchemes.{name}`");
        let Value::Object(described) = &scheme.value else {
            wrong_type(report, &scheme.value, &what, "an object");
            continue;
        };
        let described = Section::new("auth.openapi.securitySchemes", described);
        if described.value("$ref").is_some() {
            continue;
        }
        match described.value("type") {
            None => {
                report
                    .error(&scheme.name, format!("{what} has no `type`"))
                    .hint(format!("write one of {}", KINDS.join(", ")));
            }
            Some(Value::StringLit(kind)) if KINDS.contains(&&*kind.value) => {}
            Some(other) => {
                report
                    .error(other, format!("{what}: its `type` is none that there is"))
                    .hint(format!("write one of {}", KINDS.join(", ")));
            }
        }
    }
    names
}

/// `[{"name": ["scope"]}]`: any of these will do.
fn requirements(value: &Value<'_>, what: &str, names: &[&str], report: &mut Report<'_>) {
    let Value::Array(Array { elements, .. }) = value else {
        wrong_type(report, value, what, "an array of objects");
        return;
    };
    for element in elements {
        let Value::Object(requirement) = element else {
            wrong_type(
                report,
                element,
                &format!("each entry of {what}"),
                "an object",
            );
            continue;
        };
        for scheme in &requirement.properties {
            let name = scheme.name.as_str();
            let is_scopes = matches!(&scheme.value, Value::Array(scopes)
                if scopes.elements.iter().all(|scope| matches!(scope, Value::StringLit(_))));
            if !is_scopes {
                let scopes = format!("the scopes of \"{name}\" in {what}");
                wrong_type(report, &scheme.value, &scopes, "an array of strings");
            } else if !names.contains(&name) {
                report
                    .error(
                        &scheme.name,
                        format!("{what} names \"{name}\", which `auth.openapi.securitySchemes` does not have"),
                    )
                    .hint("describe it there, or correct the name");
            }
        }
    }
}
