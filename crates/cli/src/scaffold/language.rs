//! The languages that templates are in: what is shown of them, and by whose rules their projects go.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The language of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// Its projects are packages of Python.
    Python,
    /// Its projects are packages of npm.
    TypeScript,
}

impl Language {
    /// Its name, as people write it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::TypeScript => "TypeScript",
        }
    }

    /// What the ids of its templates end with, here and where the official command has them.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Python => "-python",
            Self::TypeScript => "-js",
        }
    }

    /// What else somebody may type for that.
    const fn other_suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["-py"],
            Self::TypeScript => &["-ts", "-typescript", "-javascript"],
        }
    }

    /// What an id is without its language, and the language of the template that it stands for, if it says so.
    pub(super) fn split(id: &str) -> (&str, Option<Self>) {
        for language in [Self::Python, Self::TypeScript] {
            let others = language.other_suffixes().iter().copied();
            let mut suffixes = [language.suffix()].into_iter().chain(others);
            if let Some(stem) = suffixes.find_map(|suffix| id.strip_suffix(suffix)) {
                return (stem, Some(language));
            }
        }
        (id, None)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
