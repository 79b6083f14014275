//! Which names a project can have, by the rules of its language.

mod npm;
mod python;

use thiserror::Error;

use super::language::Language;

/// Why a name cannot be a project's.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum BadName {
    /// A character that packages cannot have in their names, or not where it stands.
    #[error("`{name}` cannot be the name of a project: {form}")]
    Malformed {
        /// The name.
        name: String,
        /// What names are made of.
        form: &'static str,
    },
    /// The name of something that Node.js has.
    #[error("`{name}` cannot be the name of a project: to Node.js it means something of its own")]
    Reserved {
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
            Self::Malformed { name, .. } | Self::Reserved { name } | Self::Taken { name } => name,
        }
    }
}

/// Whether a project can have this name.
pub(crate) fn check(name: &str, language: Language) -> Result<(), BadName> {
    let (form, is_well_formed, is_reserved, is_installed) = match language {
        Language::Python => (
            python::FORM,
            python::is_well_formed(name),
            false,
            python::is_installed(name),
        ),
        Language::TypeScript => (
            npm::FORM,
            npm::is_well_formed(name),
            npm::is_reserved(name),
            npm::is_installed(name),
        ),
    };
    let name = || name.to_owned();
    if !is_well_formed {
        Err(BadName::Malformed { name: name(), form })
    } else if is_reserved {
        Err(BadName::Reserved { name: name() })
    } else if is_installed {
        Err(BadName::Taken { name: name() })
    } else {
        Ok(())
    }
}

/// The nearest name that a project can have.
pub(crate) fn suggestion(name: &str, language: Language) -> Option<String> {
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
    let fits = |candidate: &String| check(candidate, language).is_ok();
    let mine = (!joined.is_empty()).then(|| format!("my-{joined}"));
    Some(joined).filter(fits).or(mine.filter(fits))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_had_comes_with_one_that_would_do() {
        for (name, better) in [
            ("my agent", Some("my-agent")),
            ("-agent", Some("agent")),
            ("Grüße an alle!", Some("grusse-an-alle")),
            ("über-bot", Some("uber-bot")),
            ("Über Bot", Some("uber-bot")),
            ("u\u{308}ber", Some("uber")),
            ("l'été à Łódź", Some("lete-a-lodz")),
            ("日本", None),
            ("…", None),
            ("", None),
        ] {
            for language in [Language::Python, Language::TypeScript] {
                assert!(
                    matches!(check(name, language), Err(BadName::Malformed { .. })),
                    "{name}"
                );
                assert_eq!(suggestion(name, language).as_deref(), better, "{name}");
            }
        }
    }

    #[test]
    fn each_language_has_rules_of_its_own() {
        for (name, python, npm) in [
            ("MyAgent", None, Some("myagent")),
            ("agent_", Some("agent"), None),
            ("@acme/agent", Some("acme-agent"), None),
            ("http", None, Some("my-http")),
            ("langgraph", Some("my-langgraph"), None),
            (
                "LangGraph_SDK",
                Some("my-langgraph-sdk"),
                Some("langgraph-sdk"),
            ),
            ("langchain", Some("my-langchain"), Some("my-langchain")),
            ("langgraph-demo", None, None),
        ] {
            for (language, better) in [(Language::Python, python), (Language::TypeScript, npm)] {
                let instead = check(name, language)
                    .err()
                    .and_then(|_| suggestion(name, language));
                assert_eq!(instead.as_deref(), better, "{name} in {language}");
            }
        }
    }
}
