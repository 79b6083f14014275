//! The `webhooks` section: which URLs runs may report to, and the headers that go with the reports.

use crate::config::{UrlPolicy, Webhooks};
use crate::environment::{Environment, Lookup};
use crate::report::Report;
use crate::section::Section;

/// Names of environment variables in header templates begin with this unless `env_prefix` says otherwise.
const ENV_PREFIX: &str = "LG_WEBHOOK_";

/// The section, with its defaults where the file is silent. Templates take their values from the project's environment first.
pub(crate) fn read(
    file: Section<'_>,
    environment: &Environment,
    lookup: Lookup<'_>,
    report: &mut Report<'_>,
) -> Webhooks {
    let enabled = !file
        .section("http", report)
        .and_then(|http| http.flag("disable_webhooks", report))
        .unwrap_or(false);
    let Some(section) = file.section("webhooks", report) else {
        return Webhooks {
            enabled,
            ..Webhooks::default()
        };
    };
    let prefix = section
        .string("env_prefix", report)
        .unwrap_or_else(|| ENV_PREFIX.to_owned());
    let value_of = |name: &str| environment.value_of(name, lookup);
    Webhooks {
        enabled,
        headers: headers(section, &prefix, &value_of, report),
        url: policy(section, report),
    }
}

fn policy(webhooks: Section<'_>, report: &mut Report<'_>) -> UrlPolicy {
    // Who writes the section gets https unless it says otherwise.
    let strict = UrlPolicy {
        require_https: true,
        ..UrlPolicy::default()
    };
    let Some(section) = webhooks.section("webhooks.url", report) else {
        return strict;
    };
    UrlPolicy {
        allowed_domains: section.strings("allowed_domains", report),
        allowed_ports: section.ports("allowed_ports", report),
        disable_loopback: section
            .flag("disable_loopback", report)
            .unwrap_or(strict.disable_loopback),
        max_url_length: section.count("max_url_length", "of characters", report),
        require_https: section
            .flag("require_https", report)
            .unwrap_or(strict.require_https),
    }
}

fn headers(
    webhooks: Section<'_>,
    prefix: &str,
    value_of: &dyn Fn(&str) -> Option<String>,
    report: &mut Report<'_>,
) -> Vec<(String, String)> {
    let Some(section) = webhooks.section("webhooks.headers", report) else {
        return Vec::new();
    };
    let names: Vec<&str> = section
        .object()
        .properties
        .iter()
        .map(|property| property.name.as_str())
        .collect();
    let mut headers = Vec::with_capacity(names.len());
    for name in names {
        let Some(literal) = section.literal(name, report) else {
            continue;
        };
        match fill(&literal.value, prefix, value_of) {
            Ok(value) => headers.push((name.to_owned(), value)),
            Err(Unfilled::Prefix(variable)) => {
                report
                    .error(literal, format!("the environment variable `{variable}` of a webhook header must begin with `{prefix}`"))
                    .hint("rename the variable, or set `webhooks.env_prefix`");
            }
            Err(Unfilled::Unset(variable)) => {
                report
                    .error(
                        literal,
                        format!("the environment variable `{variable}` is not set"),
                    )
                    .hint("set it in the file that `env` names");
            }
        }
    }
    headers
}

/// Why a template has no value.
#[derive(Debug, PartialEq, Eq)]
enum Unfilled {
    /// The variable may not be used: only those with the prefix are meant to leave the machine.
    Prefix(String),
    /// The variable has no value.
    Unset(String),
}

/// The text with each `${{ env.NAME }}` replaced.
fn fill(
    template: &str,
    prefix: &str,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Unfilled> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${{") {
        let Some((expression, tail)) = after.split_once("}}") else {
            break;
        };
        let Some(name) = expression.trim().strip_prefix("env.") else {
            filled.push_str(&rest[..rest.len() - tail.len()]);
            rest = tail;
            continue;
        };
        if !name.starts_with(prefix) {
            return Err(Unfilled::Prefix(name.to_owned()));
        }
        filled.push_str(before);
        filled.push_str(&value_of(name).ok_or_else(|| Unfilled::Unset(name.to_owned()))?);
        rest = tail;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_from_variables_with_the_prefix_only() {
        let value_of = |name: &str| (name == "LG_WEBHOOK_TOKEN").then(|| "s3".to_owned());
        let fill = |template: &str| fill(template, ENV_PREFIX, &value_of);
        assert_eq!(fill("plain"), Ok("plain".into()));
        assert_eq!(
            fill("Bearer ${{ env.LG_WEBHOOK_TOKEN }}!"),
            Ok("Bearer s3!".into())
        );
        assert_eq!(
            fill("${{ other }} ${{ env.LG_WEBHOOK_TOKEN }}"),
            Ok("${{ other }} s3".into())
        );
        assert_eq!(
            fill("${{ env.LG_WEBHOOK_TOKEN"),
            Ok("${{ env.LG_WEBHOOK_TOKEN".into())
        );
        assert_eq!(
            fill("${{ env.SECRET }}"),
            Err(Unfilled::Prefix("SECRET".into()))
        );
        assert_eq!(
            fill("${{env.LG_WEBHOOK_X}}"),
            Err(Unfilled::Unset("LG_WEBHOOK_X".into()))
        );
    }
}
