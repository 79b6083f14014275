//! The languages that projects are written in, and what is true of each wherever it matters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What executes a project's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// `CPython`.
    Python,
    /// `Node.js`, for JavaScript and TypeScript.
    Node,
}

impl Runtime {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Python, Self::Node];

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "Node.js",
        }
    }

    /// The language that is written for it, as people call it.
    pub const fn language(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "JavaScript",
        }
    }

    /// What wrote a checkpoint, told by the encoding of its body: langgraph has another one in each language, and reads only its own.
    pub fn of_encoding(encoding: &str) -> Option<Self> {
        match encoding {
            "msgpack" => Some(Self::Python),
            "json" => Some(Self::Node),
            _ => None,
        }
    }

    /// The oldest version that present versions of langgraph run on.
    pub const fn oldest(self) -> Version {
        match self {
            Self::Python => Version {
                major: 3,
                minor: 10,
            },
            Self::Node => Version {
                major: 20,
                minor: 19,
            },
        }
    }

    /// The suffixes of files that its code is in.
    pub const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["py"],
            Self::Node => &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"],
        }
    }

    /// The runtime of a file, told by its suffix.
    pub fn of_suffix(suffix: &str) -> Option<Self> {
        let has = |runtime: &Self| runtime.suffixes().contains(&suffix);
        Self::ALL.into_iter().find(has)
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// As much of a version as decides what runs on it: `3.12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `3`
    pub major: u32,
    /// `12`
    pub minor: u32,
}

/// The text does not begin with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version")]
pub struct NoVersion;

impl FromStr for Version {
    type Err = NoVersion;

    /// What follows the second number does not count.
    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let mut numbers = text.split('.').map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err(NoVersion),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers_and_may_say_more() {
        let version = |text: &str| text.parse::<Version>();
        assert!(version("3.9.18").unwrap() < Runtime::Python.oldest());
        assert!(version("3.10").unwrap() >= Runtime::Python.oldest());
        assert!(version("4.0").unwrap() > version("3.99").unwrap());
        assert_eq!(version("3.12.1rc1").unwrap().to_string(), "3.12");
        assert!(version("3").is_err() && version("x.1").is_err());
    }
}
