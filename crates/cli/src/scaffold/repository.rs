//! What a new repository may hold before the project comes into it: a README, a licence. Nothing of it is overwritten.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::render::Plan;

/// What is added to rather than kept as it is: `.env` must not get into the repository.
pub(super) const IGNORE_FILE: &str = ".gitignore";

/// Whether something of this name may lie where a project is to go.
pub(super) fn may_stay(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        ".ds_store",
        ".git",
        ".gitattributes",
        ".github",
        IGNORE_FILE,
        ".idea",
        ".jj",
        ".vscode",
    ];
    const STEMS: [&str; 5] = ["copying", "licence", "license", "notice", "readme"];
    let name = name.to_lowercase();
    let stem = name.split(['.', '-']).next().unwrap_or_default();
    NAMES.contains(&name.as_str()) || STEMS.contains(&stem)
}

/// The plan for a directory with these files in it: they stay, and the ignore file gets the lines that it lacks.
pub(super) fn around(plan: &Plan, there: &BTreeMap<PathBuf, Vec<u8>>) -> Plan {
    plan.iter()
        .filter_map(|(path, content)| {
            let content = match there.get(path) {
                None => content.clone(),
                Some(own) if path == Path::new(IGNORE_FILE) => extended(own, content)?,
                Some(_) => return None,
            };
            Some((path.clone(), content))
        })
        .collect()
}

/// The ignore file with what it lacks; nothing if it lacks nothing.
fn extended(own: &[u8], ours: &[u8]) -> Option<Vec<u8>> {
    let (text, ours) = (String::from_utf8_lossy(own), String::from_utf8_lossy(ours));
    // `.venv` ignores what `.venv/` does, and more.
    let bare = |line: &str| line.trim().trim_end_matches('/').to_owned();
    let known: Vec<_> = text.lines().map(bare).collect();
    let lacking: Vec<_> = ours
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .filter(|line| !known.contains(&bare(line)))
        .collect();
    if lacking.is_empty() {
        return None;
    }
    let mut extended = own.to_vec();
    if !own.is_empty() && !own.ends_with(b"\n") {
        extended.push(b'\n');
    }
    if !own.is_empty() {
        extended.push(b'\n');
    }
    extended.extend(format!("{}\n", lacking.join("\n")).bytes());
    Some(extended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_a_new_repository_may_stay() {
        for name in [
            ".git",
            ".gitignore",
            "README.md",
            "readme",
            "LICENSE",
            "LICENSE-MIT",
            "Licence.md",
            ".github",
        ] {
            assert!(may_stay(name), "{name}");
        }
        for name in [
            "src",
            "pyproject.toml",
            "notes.txt",
            ".env",
            "license_server.py",
            "README_files",
        ] {
            assert!(!may_stay(name), "{name}");
        }
    }

    #[test]
    fn files_that_are_there_stay_and_the_ignore_file_gets_what_it_lacks() {
        let plan: Plan = [
            (".gitignore", "# ours\n.env\n.venv/\n.lgx/\n"),
            ("README.md", "ours"),
            ("pyproject.toml", "ours"),
        ]
        .map(|(path, text)| (path.into(), text.as_bytes().to_vec()))
        .into();
        let there = |ignored: &str| {
            [(".gitignore", ignored), ("README.md", "mine")]
                .map(|(path, text)| (path.into(), text.as_bytes().to_vec()))
                .into()
        };
        let ignored = |plan: &Plan| {
            plan.get(Path::new(".gitignore"))
                .map(|text| String::from_utf8_lossy(text).into_owned())
        };

        let adapted = around(&plan, &there("*.log\n.venv"));
        assert_eq!(
            ignored(&adapted).as_deref(),
            Some("*.log\n.venv\n\n.env\n.lgx/\n")
        );
        assert!(!adapted.contains_key(Path::new("README.md")));
        assert!(adapted.contains_key(Path::new("pyproject.toml")));

        assert_eq!(ignored(&around(&plan, &there(".env\n.venv\n.lgx\n"))), None);
    }
}
