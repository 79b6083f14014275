//! Which names a project can have: the rules of Python packaging.

use thiserror::Error;

/// Names of packages the project or its tests install: a project of that name would stand in their way.
const TAKEN: [&str; 9] = [
    "hatchling",
    "langchain",
    "langchain-anthropic",
    "langchain-core",
    "langchain-openai",
    "langgraph",
    "langgraph-checkpoint",
    "langgraph-sdk",
    "pytest",
];

/// Why a name cannot be a project's.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum BadName {
    /// A character that packaging does not allow, or one that does not fit at its end.
    #[error(
        "`{name}` cannot be the name of a project: names are made of letters, digits, `-`, `_` and `.`, and start and end with a letter or digit"
    )]
    Malformed {
        /// The name.
        name: String,
    },
    /// The name of a package the project needs.
    #[error(
        "`{name}` cannot be the name of a project: the package `{name}` is one that the project itself installs"
    )]
    Taken {
        /// The name.
        name: String,
    },
}

impl BadName {
    /// The name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Malformed { name } | Self::Taken { name } => name,
        }
    }
}

/// Whether a project can have this name.
pub(crate) fn check(name: &str) -> Result<(), BadName> {
    let ends_well =
        |end: Option<char>| end.is_some_and(|character| character.is_ascii_alphanumeric());
    let well_formed = ends_well(name.chars().next())
        && ends_well(name.chars().last())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character));
    if !well_formed {
        return Err(BadName::Malformed {
            name: name.to_owned(),
        });
    }
    if TAKEN.contains(&normalized(name).as_str()) {
        return Err(BadName::Taken {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// The nearest name that a project can have.
pub(crate) fn suggestion(name: &str) -> Option<String> {
    let mut dashed = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match plain(character) {
            Some(letters) => dashed.push_str(letters),
            None if character.is_ascii_alphanumeric() => dashed.push(character),
            // It belongs to the letter before it: some systems write an umlaut in two parts.
            None if ('\u{300}'..='\u{36f}').contains(&character) => {}
            None => dashed.push('-'),
        }
    }
    let joined = dashed
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let candidate = if TAKEN.contains(&joined.as_str()) {
        format!("my-{joined}")
    } else {
        joined
    };
    check(&candidate).is_ok().then_some(candidate)
}

/// The plain letters for a small one with something on it.
fn plain(letter: char) -> Option<&'static str> {
    const PLAIN: [(&str, &str); 24] = [
        ("a", "àáâãäåāăą"),
        ("ae", "æ"),
        ("c", "çćĉċč"),
        ("d", "ďđð"),
        ("e", "èéêëēĕėęě"),
        ("g", "ĝğġģ"),
        ("h", "ĥħ"),
        ("i", "ìíîïĩīĭįı"),
        ("j", "ĵ"),
        ("k", "ķ"),
        ("l", "ĺļľŀł"),
        ("n", "ñńņň"),
        ("o", "òóôõöøōŏő"),
        ("oe", "œ"),
        ("r", "ŕŗř"),
        ("s", "śŝşšș"),
        ("ss", "ß"),
        ("t", "ţťŧț"),
        ("th", "þ"),
        ("u", "ùúûüũūŭůűų"),
        ("w", "ŵ"),
        ("y", "ýÿŷ"),
        ("z", "źżž"),
        ("", "'’"),
    ];
    let found = PLAIN.iter().find(|(_, letters)| letters.contains(letter))?;
    Some(found.0)
}

/// The form in which packaging compares names.
fn normalized(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for character in name.chars() {
        if !"-_.".contains(character) {
            normalized.push(character.to_ascii_lowercase());
        } else if !normalized.ends_with('-') {
            normalized.push('-');
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_packaging_allows_are_fine() {
        for name in ["agent", "my-agent", "My_Agent.2", "a", "3d"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_one_that_would_do() {
        for (name, better) in [
            ("my agent", Some("my-agent")),
            ("-agent", Some("agent")),
            ("agent_", Some("agent")),
            ("Grüße an alle!", Some("grusse-an-alle")),
            ("über-bot", Some("uber-bot")),
            ("Über Bot", Some("uber-bot")),
            ("u\u{308}ber", Some("uber")),
            ("l'été à Łódź", Some("lete-a-lodz")),
            ("日本", None),
            ("…", None),
            ("", None),
        ] {
            assert_eq!(
                check(name),
                Err(BadName::Malformed {
                    name: name.to_owned()
                })
            );
            assert_eq!(suggestion(name).as_deref(), better, "{name}");
        }
    }

    #[test]
    fn a_project_cannot_have_the_name_of_a_package_it_installs() {
        assert_eq!(
            check("LangGraph_SDK"),
            Err(BadName::Taken {
                name: "LangGraph_SDK".to_owned()
            })
        );
        assert_eq!(suggestion("langgraph").as_deref(), Some("my-langgraph"));
        assert_eq!(check("langgraph-demo"), Ok(()));
    }
}
