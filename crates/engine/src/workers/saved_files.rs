//! Which languages files are in that were saved since the code was loaded that serves; pure.

use std::path::PathBuf;

use lgx_model::Runtime;

/// What was saved.
#[derive(Debug, Clone, Default)]
pub(super) struct SavedFiles {
    runtimes: Vec<Runtime>,
    /// A file of no language, such as a configuration, which may be read by code of any; or a person has asked.
    concern_all: bool,
}

impl SavedFiles {
    /// These were saved too; none if a person has asked for new code.
    pub(super) fn add(&mut self, files: &[PathBuf]) {
        self.concern_all |= files.is_empty();
        for file in files {
            let suffix = file.extension().and_then(|suffix| suffix.to_str());
            match suffix.and_then(Runtime::of_suffix) {
                Some(runtime) if self.runtimes.contains(&runtime) => {}
                Some(runtime) => self.runtimes.push(runtime),
                None => self.concern_all = true,
            }
        }
    }

    /// Whether code of this language has nothing to do with any of them.
    pub(super) fn leave_alone(&self, runtime: Runtime) -> bool {
        !self.concern_all && !self.runtimes.contains(&runtime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(saves: &[&[&str]]) -> SavedFiles {
        let mut all = SavedFiles::default();
        for files in saves {
            all.add(&files.iter().map(PathBuf::from).collect::<Vec<_>>());
        }
        all
    }

    #[test]
    fn a_save_concerns_the_language_of_its_files() {
        let python = after(&[&["src/a.py"], &["b.py", "c.py"]]);
        assert!(python.leave_alone(Runtime::Node) && !python.leave_alone(Runtime::Python));
        let both = after(&[&["src/a.py"], &["src/a.tsx"]]);
        assert!(!both.leave_alone(Runtime::Node) && !both.leave_alone(Runtime::Python));
    }

    #[test]
    fn what_is_of_no_language_and_what_a_person_asks_for_concern_all() {
        for saves in [
            &[&["src/a.py", ".env"][..]][..],
            &[&["package.json"]],
            &[&["prompt"]],
            &[&[]],
        ] {
            let saved = after(saves);
            assert!(
                Runtime::ALL
                    .iter()
                    .all(|runtime| !saved.leave_alone(*runtime)),
                "{saves:?}"
            );
        }
    }
}
