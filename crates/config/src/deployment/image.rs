//! The keys that say which image is built: versions, the distribution, what installs the packages.

use std::path::Path;

use jsonc_parser::ast::{StringLit, Value};

use crate::document;
use crate::report::Report;
use crate::section::Section;

/// The oldest versions that there are images of: 3.11, and 20.
const OLDEST_PYTHON: u32 = 11;
const OLDEST_NODE: u32 = 20;
const INSTALLERS: &[&str] = &["auto", "pip", "uv"];
const DISTRIBUTIONS: &[&str] = &["debian", "bookworm", "wolfi"];
const BUILD_TOOLS: &[&str] = &["pip", "setuptools", "wheel"];

pub(super) fn python(file: Section<'_>, report: &mut Report<'_>, unheard: &mut Report<'_>) {
    let Some(written) = named(file, "python_version", unheard) else {
        return;
    };
    let (version, distribution) = written
        .value
        .split_once('-')
        .unwrap_or((&written.value, ""));
    let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[major, minor]) if (major, minor) < (3, OLDEST_PYTHON) => {
            report
                .error(written, format!("there is no image with Python {version}"))
                .hint(format!("the oldest is 3.{OLDEST_PYTHON}"));
        }
        Some(&[_, _]) => {}
        _ => {
            report
                .error(
                    written,
                    format!(
                        "`python_version` \"{}\" is not of the form major.minor",
                        written.value
                    ),
                )
                .hint(format!("write \"3.{OLDEST_PYTHON}\", for example"));
        }
    }
    if distribution.contains("bullseye") {
        no_bullseye(written, report);
    }
}

/// A text that is not empty; an empty one is as good as none.
fn named<'a>(file: Section<'a>, key: &str, unheard: &mut Report<'_>) -> Option<&'a StringLit<'a>> {
    let written = file.literal(key, unheard)?;
    (!written.value.is_empty()).then_some(written)
}

fn no_bullseye(written: &StringLit<'_>, report: &mut Report<'_>) {
    report
        .error(written, "images on Debian bullseye are made no longer")
        .hint("`bookworm` is the next one");
}

pub(super) fn node(file: Section<'_>, report: &mut Report<'_>, unheard: &mut Report<'_>) {
    if let Some(written) = named(file, "node_version", unheard) {
        node_version("node_version", written, report);
    }
}

fn node_version(key: &str, written: &StringLit<'_>, report: &mut Report<'_>) {
    let example = format!("write \"{}\", for example", OLDEST_NODE + 2);
    match written.value.parse::<u32>() {
        Ok(major) if major < OLDEST_NODE => {
            report
                .error(written, format!("there is no image with Node.js {major}"))
                .hint(format!("the oldest is {OLDEST_NODE}"));
        }
        Ok(_) => {}
        Err(_) => {
            let message = format!("`{key}` \"{}\" is not a major version", written.value);
            report.error(written, message).hint(example);
        }
    }
}

/// `engines` of the package.json beside it may name a major version of Node.js, and nothing else.
pub(super) fn engines(package_json: &Path, report: &mut Report<'_>) {
    let Ok(text) = document::read(package_json) else {
        return;
    };
    let mut of_package = Report::new(package_json, &text);
    // That it is no object is npm's to say.
    if let Some(package) = document::object(&text, &mut Report::new(package_json, &text))
        && let Some(engines) = package.get_object("engines")
    {
        for engine in &engines.properties {
            match (engine.name.as_str(), &engine.value) {
                ("node", Value::StringLit(version)) => {
                    node_version("engines.node", version, &mut of_package);
                }
                ("node", _) => {}
                (other, _) => {
                    of_package
                        .error(&engine.name, format!("`engines.{other}`: an image is built for no other engine than `node`"))
                        .hint("`packageManager` says which of them installs the packages");
                }
            }
        }
    }
    report.extend(of_package.finish());
}

/// The keys that only images are built from.
pub(super) fn keys(file: Section<'_>, report: &mut Report<'_>, unheard: &mut Report<'_>) {
    one_of(file, "pip_installer", INSTALLERS, report);
    match file.literal("image_distro", unheard) {
        Some(written) if written.value == "bullseye" => no_bullseye(written, report),
        _ => one_of(file, "image_distro", DISTRIBUTIONS, report),
    }
    match file.value("keep_pkg_tools") {
        None | Some(Value::BooleanLit(_)) => {}
        Some(Value::Array(tools)) => {
            for tool in &tools.elements {
                if !is_one_of(tool, BUILD_TOOLS) {
                    let all = quoted(BUILD_TOOLS);
                    report.error(
                        tool,
                        format!("each entry of `keep_pkg_tools` must be one of {all}"),
                    );
                }
            }
        }
        Some(other) => {
            let all = quoted(BUILD_TOOLS);
            report.error(
                other,
                format!("`keep_pkg_tools` must be true, false or an array of {all}"),
            );
        }
    }
    if let Some(written) = file.literal("api_version", unheard) {
        if !is_version(&written.value) {
            report
                .error(
                    written,
                    format!("`api_version` \"{}\" is not a version", written.value),
                )
                .hint("write \"0.8\", for example");
        }
        if let Some(tag) = file.property("_INTERNAL_docker_tag") {
            report.error(
                &tag.name,
                "`_INTERNAL_docker_tag` does not go with `api_version`",
            );
        }
    }
    for (key, instead) in [
        ("project_root", "source.root"),
        ("package", "source.package"),
    ] {
        if let Some(property) = file.property(key) {
            report
                .error(&property.name, format!("`{key}` is no longer there"))
                .hint(format!("`{instead}` replaced it"));
        }
    }
}

/// `1`, `0.8`, `0.8.2rc1`, also behind `~=`.
fn is_version(text: &str) -> bool {
    let version = text.trim_start_matches('>').trim_start_matches("~=").trim();
    let parts: Vec<&str> = version.split('.').collect();
    let is_number = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (1..=3).contains(&parts.len()) && parts.iter().all(|part| is_number(part) && is_plain(part))
}

fn one_of(file: Section<'_>, key: &str, allowed: &[&str], report: &mut Report<'_>) {
    if let Some(value) = file.value(key)
        && !is_one_of(value, allowed)
        && !matches!(value, Value::StringLit(text) if text.value.is_empty())
    {
        report.error(value, format!("`{key}` must be one of {}", quoted(allowed)));
    }
}

fn is_one_of(value: &Value<'_>, allowed: &[&str]) -> bool {
    matches!(value, Value::StringLit(text) if allowed.contains(&text.value.as_ref()))
}

fn quoted(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    quoted.join(", ")
}
