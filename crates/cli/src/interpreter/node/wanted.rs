//! Which version of Node.js a project asks for, in the file of whatever version manager.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::disk::Probe;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A version, as exactly as it is said: `22`, `22.3`, `22.3.0`.
    Version(Vec<u32>),
    /// The newest one with long-term support, which those with an even major version have.
    LongTerm,
    /// The newest one.
    Newest,
}

/// What is asked for, and the file that does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WantedBy {
    pub(super) file: &'static str,
    pub(super) wanted: Wanted,
}

/// The names of lines with long-term support, as nvm's files may say them.
const LONG_TERM: [(&str, u32); 4] = [("hydrogen", 18), ("iron", 20), ("jod", 22), ("krypton", 24)];

impl Wanted {
    /// `22`, `v22.3.0`, `lts/iron`, `lts/*`, `node`.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "node" | "latest" | "stable" | "current" => return Some(Self::Newest),
            "lts/*" | "lts" | "lts/latest" => return Some(Self::LongTerm),
            _ => {}
        }
        if let Some(name) = text.strip_prefix("lts/").or(text.strip_prefix("lts-")) {
            let (_, major) = LONG_TERM
                .into_iter()
                .find(|(known, _)| name.eq_ignore_ascii_case(known))?;
            return Some(Self::Version(vec![major]));
        }
        Some(Self::Version(numbers(text)?))
    }

    /// The version that a directory of a manager is named after, if it is one that is wanted.
    pub(super) fn accepts(&self, directory: &str) -> Option<Vec<u32>> {
        let version = numbers(directory)?;
        let suits = match self {
            Self::Version(wanted) => version.starts_with(wanted),
            Self::LongTerm => version.first().is_some_and(|major| major % 2 == 0),
            Self::Newest => true,
        };
        suits.then_some(version)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(numbers) => {
                let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
                formatter.write_str(&numbers.join("."))
            }
            Self::LongTerm => formatter.write_str("with long-term support"),
            Self::Newest => formatter.write_str("of the newest version"),
        }
    }
}

/// What the project asks for: the nearest file that says so, in its folder or above it.
pub(super) fn of_project(project: &Path, disk: &impl Probe) -> Option<WantedBy> {
    project.ancestors().find_map(|directory| {
        let read = |file: &'static str, find: fn(&str) -> Option<String>| {
            let text = find(&disk.read(&directory.join(file))?)?;
            let wanted = Wanted::read(&text)?;
            Some(WantedBy { file, wanted })
        };
        read("package.json", of_volta)
            .or_else(|| read(".nvmrc", first_line))
            .or_else(|| read(".node-version", first_line))
            .or_else(|| read(".tool-versions", of_asdf))
            .or_else(|| read("mise.toml", of_mise))
            .or_else(|| read(".mise.toml", of_mise))
    })
}

/// `"volta": {"node": "22.3.0"}`
fn of_volta(manifest: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct PackageJson {
        volta: Volta,
    }
    #[derive(Deserialize)]
    struct Volta {
        node: String,
    }
    let PackageJson { volta } = serde_json::from_str(manifest).ok()?;
    Some(volta.node)
}

/// What is there besides comments.
fn first_line(text: &str) -> Option<String> {
    let mut lines = text.lines().map(|line| {
        let (line, _) = line.split_once('#').unwrap_or((line, ""));
        line.trim()
    });
    lines.find(|line| !line.is_empty()).map(str::to_owned)
}

/// `nodejs 22.3.0`
fn of_asdf(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let is_node = matches!(words.next(), Some("nodejs" | "node"));
        is_node.then(|| words.next().map(str::to_owned)).flatten()
    })
}

/// `[tools]` with `node = "22"`, a list of versions, or a table with a `version`.
fn of_mise(text: &str) -> Option<String> {
    let settings: toml::Table = toml::from_str(text).ok()?;
    let tools = settings.get("tools")?;
    let node = tools.get("node").or_else(|| tools.get("nodejs"))?;
    let one = match node {
        toml::Value::Array(several) => several.first()?,
        toml::Value::Table(table) => table.get("version")?,
        one => one,
    };
    match one {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(major) => Some(major.to_string()),
        _ => None,
    }
}

/// The numbers of `v22.3.0`; none if it is no version.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let text = text.trim().strip_prefix('v').unwrap_or(text.trim());
    text.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn asked(file: &str, text: &str) -> Option<String> {
        let disk = MadeUp::default().and_file(&format!("/p/{file}"), text);
        of_project(Path::new("/p/agent"), &disk).map(|found| found.wanted.to_string())
    }

    #[test]
    fn each_manager_has_a_file_of_its_own_form() {
        for (file, text, version) in [
            (".nvmrc", "# for CI\nv22.3.0\n", "22.3.0"),
            (".nvmrc", "lts/jod", "22"),
            (".nvmrc", "lts/*", "with long-term support"),
            (".nvmrc", "node", "of the newest version"),
            (".node-version", "20", "20"),
            (
                ".tool-versions",
                "python 3.12\nnodejs 24.1.0 22\n",
                "24.1.0",
            ),
            ("mise.toml", "[tools]\nnode = \"22\"\n", "22"),
            ("mise.toml", "[tools]\nnode = [\"24\", \"22\"]\n", "24"),
            (".mise.toml", "[tools.node]\nversion = \"20.19\"\n", "20.19"),
            ("package.json", r#"{"volta": {"node": "22.3.0"}}"#, "22.3.0"),
        ] {
            assert_eq!(asked(file, text).as_deref(), Some(version), "{file} {text}");
        }
    }

    #[test]
    fn what_asks_for_nothing_is_passed_over() {
        for (file, text) in [
            (".nvmrc", "\n"),
            (".nvmrc", "lts/unknown"),
            (".tool-versions", "python 3.12"),
            ("mise.toml", "[tools]\npython = \"3.12\"\n"),
            ("mise.toml", "not toml ["),
            ("package.json", r#"{"engines": {"node": ">=20"}}"#),
        ] {
            assert_eq!(asked(file, text), None, "{file} {text}");
        }
    }

    #[test]
    fn a_version_is_told_by_the_numbers_that_are_said() {
        let wanted = |text: &str| Wanted::read(text).unwrap();
        assert!(wanted("22").accepts("v22.3.0").is_some());
        assert!(wanted("2").accepts("v22.3.0").is_none());
        assert!(wanted("lts/*").accepts("v23.1.0").is_none());
        assert!(wanted("node").accepts("v23.1.0").is_some());
        assert!(wanted("node").accepts("default").is_none());
    }
}
