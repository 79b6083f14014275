//! Which Python and which Node.js an image has: what the project says, in the file that says it first.

use lgx_config::Config;

use super::base_images::ANY_NODE;
use crate::disk::Probe;

/// The oldest Python that an image is built with where the project says nothing; its packages may ask for a newer one.
const OLDEST_UNASKED: u32 = 12;

/// The version of Python, `major.minor`.
pub(super) fn python(config: &Config, disk: &impl Probe) -> String {
    if let Some(version) = &config.python_version {
        // `3.12-bookworm` names the Debian that it is built on anyway.
        let version = version.split('-').next().unwrap_or_default();
        return version.to_owned();
    }
    let file = |name: &str| disk.read(&config.root.join(name));
    if let Some(version) = file(".python-version").and_then(|text| major_and_minor(&text)) {
        return version;
    }
    let wanted = file("pyproject.toml").and_then(|text| least_minor(&text));
    format!("3.{}", wanted.unwrap_or(0).max(OLDEST_UNASKED))
}

/// The major version of Node.js.
pub(super) fn node(config: &Config, disk: &impl Probe) -> String {
    if let Some(version) = &config.node_version {
        return version.clone();
    }
    let files = [".nvmrc", ".node-version"].into_iter();
    let mut said = files.filter_map(|name| disk.read(&config.root.join(name)));
    said.find_map(|text| {
        let number = text.trim().trim_start_matches('v').split('.').next()?;
        number.parse::<u32>().ok().map(|major| major.to_string())
    })
    .unwrap_or_else(|| ANY_NODE.to_owned())
}

/// `3.12` of `3.12.4`, or of `cpython-3.12`.
fn major_and_minor(text: &str) -> Option<String> {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let number = line.trim_start_matches(|character: char| !character.is_ascii_digit());
    let mut parts = number.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    (major == "3" && minor.parse::<u32>().is_ok()).then(|| format!("{major}.{minor}"))
}

/// 13 of `requires-python = ">=3.13,<4"`.
fn least_minor(pyproject: &str) -> Option<u32> {
    let pyproject: toml::Table = pyproject.parse().ok()?;
    let wanted = pyproject.get("project")?.get("requires-python")?.as_str()?;
    wanted.split(',').find_map(|part| {
        let version = part.trim().strip_prefix(">=")?.trim().strip_prefix("3.")?;
        version.split('.').next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_file_of_tools() {
        assert_eq!(major_and_minor("3.13.2\n").as_deref(), Some("3.13"));
        assert_eq!(
            major_and_minor("# ours\ncpython-3.14\n").as_deref(),
            Some("3.14")
        );
        for other in ["", "system", "2.7", "3"] {
            assert_eq!(major_and_minor(other), None, "{other}");
        }
    }

    #[test]
    fn a_package_says_which_python_is_the_oldest_for_it() {
        let of = |wanted: &str| least_minor(&format!("[project]\nrequires-python = '{wanted}'"));
        assert_eq!(of(">=3.13,<4"), Some(13));
        assert_eq!(of("<4, >= 3.11.2"), Some(11));
        assert_eq!(of("==3.12.*"), None);
        assert_eq!(least_minor("[project]"), None);
    }
}
