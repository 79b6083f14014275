//! The names that Python packaging allows.

/// Names of packages the project or its tests install: a project of that name would stand in their way.
const TAKEN: [&str; 10] = [
    "deepagents",
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

/// What names are made of.
pub(super) const FORM: &str =
    "names are made of letters, digits, `-`, `_` and `.`, and start and end with a letter or digit";

/// Whether it is of that form.
pub(super) fn is_well_formed(name: &str) -> bool {
    let ends_well =
        |end: Option<char>| end.is_some_and(|character| character.is_ascii_alphanumeric());
    ends_well(name.chars().next())
        && ends_well(name.chars().last())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
}

/// Whether the project itself installs a package of that name.
pub(super) fn is_installed(name: &str) -> bool {
    TAKEN.contains(&normalized(name).as_str())
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
            assert!(is_well_formed(name), "{name}");
        }
        for name in [
            "my agent",
            "-agent",
            "agent_",
            "über-bot",
            "@acme/agent",
            "",
        ] {
            assert!(!is_well_formed(name), "{name}");
        }
    }

    #[test]
    fn packages_are_the_same_however_their_names_are_written() {
        assert!(is_installed("LangGraph_SDK"));
        assert!(!is_installed("langgraph-demo"));
    }
}
