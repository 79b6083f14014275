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

    /// The language of the template that such an id stands for, if it says so.
    pub(super) fn of_id(id: &str) -> Option<Self> {
        let mut all = [Self::Python, Self::TypeScript].into_iter();
        all.find(|language| id.ends_with(language.suffix()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
