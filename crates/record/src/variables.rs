//! The variables that the project's code gets, as they are before anything of lgx is laid over them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Names with their values, the last of a name counting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variables<'a>(pub(crate) &'a [(OsString, OsString)]);

impl<'a> Variables<'a> {
    /// The value of the first of these names that is set, and not to nothing.
    pub(crate) fn first_of(self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.get(name)?.to_str())
    }

    /// The path in a variable.
    pub(crate) fn path(self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    fn get(self, name: &str) -> Option<&'a OsStr> {
        let mut set = self.0.iter().rev();
        let (_, value) = set.find(|(set, _)| set == name)?;
        (!value.is_empty()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_the_first_name_counts_and_nothing_is_none() {
        let set = [("A", "old"), ("B", ""), ("A", "new")];
        let set = set.map(|(name, value)| (name.into(), value.into()));
        let variables = Variables(&set);
        assert_eq!(variables.first_of(&["C", "B", "A"]), Some("new"));
        assert_eq!(variables.first_of(&["a"]), None);
        assert_eq!(variables.path("A"), Some("new".into()));
    }
}
