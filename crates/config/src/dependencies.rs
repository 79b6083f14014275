//! The `dependencies` and `source` sections: which directories the user's code is imported from.

use std::path::{Path, PathBuf};

use crate::report::Report;
use crate::section::Section;
use crate::target::resolve;

/// The root, then each local dependency, each followed by its `src/` if it has that layout. Packages from an index are not our business.
pub(crate) fn read(file: Section<'_>, root: &Path, report: &mut Report<'_>) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    add(&mut directories, root.to_path_buf());
    for written in file.literals("dependencies", report).unwrap_or_default() {
        let text = written.value.trim();
        let path = resolve(root, text);
        if path.is_dir() {
            add(&mut directories, path);
        } else if text.starts_with(['.', '/']) {
            let what = if path.exists() {
                "is not a directory"
            } else {
                "does not exist"
            };
            report
                .warning(written, format!("local dependency {text} {what}, ignored"))
                .hint(format!(
                    "paths are relative to the configuration file; looked for {}",
                    path.display()
                ));
        }
    }
    if let Some(source) = file.section("source", report)
        && let Some(written) = source.literal("root", report)
    {
        let path = resolve(root, &written.value);
        if path.is_dir() {
            add(&mut directories, path);
        } else {
            report.warning(
                written,
                format!(
                    "`source.root` {} is not a directory, ignored",
                    written.value
                ),
            );
        }
    }
    directories
}

fn add(directories: &mut Vec<PathBuf>, directory: PathBuf) {
    let src = directory.join("src");
    // A `src` that is itself a package is imported as `src.…`, from the directory that holds it.
    let src_layout = src.is_dir() && !src.join("__init__.py").exists();
    for directory in [Some(directory), src_layout.then_some(src)]
        .into_iter()
        .flatten()
    {
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    }
}
