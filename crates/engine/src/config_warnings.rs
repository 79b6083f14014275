//! Warnings about langgraph.json, each told once: every save reads the file again, and finds the same in it.

use std::sync::{Mutex, PoisonError};

use lgx_config::Problem;

/// The warnings of the last time that the file was read.
#[derive(Debug, Default)]
pub(crate) struct ConfigWarnings {
    known: Mutex<Vec<Problem>>,
}

impl ConfigWarnings {
    /// All of them.
    pub(crate) fn known(&self) -> Vec<Problem> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    /// Those of them that were not there the last time, on whatever line.
    pub(crate) fn new_among(&self, found: Vec<Problem>) -> Vec<Problem> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *known, found.clone());
        let is_known = |problem: &Problem| {
            before
                .iter()
                .any(|known| known.message == problem.message && known.file == problem.file)
        };
        found
            .into_iter()
            .filter(|problem| !is_known(problem))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lgx_config::Severity;

    use super::*;

    fn warnings(lines: &[(&str, u32)]) -> Vec<Problem> {
        let of_line = |(message, line): &(&str, u32)| {
            let file = Path::new("langgraph.json");
            Problem {
                severity: Severity::Warning,
                file: file.to_path_buf(),
                line: Some(*line),
                column: None,
                excerpt: None,
                message: (*message).to_owned(),
                hint: None,
                lack: None,
            }
        };
        lines.iter().map(of_line).collect()
    }

    #[test]
    fn a_warning_is_told_once_wherever_it_stands_and_again_when_it_has_come_back() {
        let known = ConfigWarnings::default();
        let told = |found: &[(&str, u32)]| -> Vec<String> {
            let new = known.new_among(warnings(found)).into_iter();
            new.map(|problem| problem.message).collect()
        };
        assert_eq!(told(&[("a", 1), ("a", 2)]), ["a", "a"]);
        assert_eq!(told(&[("a", 3), ("b", 1)]), ["b"]);
        assert!(told(&[("b", 1)]).is_empty());
        assert_eq!(told(&[("a", 1), ("b", 1)]), ["a"]);
    }
}
