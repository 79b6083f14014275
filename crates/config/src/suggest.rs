//! "Did you mean": the known name, or the existing file, that is nearest to what was written.

use std::path::{Path, PathBuf};

/// How alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.7;
/// How deep below the root files are looked for, and how many directory entries are looked at.
const DEPTH: usize = 6;
const ENTRIES: usize = 5_000;

/// The candidate that was probably meant.
pub fn nearest<'a>(
    written: &str,
    candidates: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let plain = plain(written);
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates.clone() {
        let score = strsim::normalized_damerau_levenshtein(&plain, &self::plain(candidate));
        if score >= ALIKE && best.is_none_or(|(other, _)| score > other) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate).or_else(|| {
        // `env_file` for `env`, `python` for `python_version`.
        candidates
            .filter(|candidate| candidate.len() >= 3 && written.len() >= 3)
            .find(|candidate| {
                written
                    .strip_prefix(candidate)
                    .is_some_and(|rest| rest.starts_with(['_', '-']))
                    || candidate
                        .strip_prefix(written)
                        .is_some_and(|rest| rest.starts_with(['_', '-']))
            })
    })
}

/// The Python file under `root` that was probably meant by a path that leads nowhere, relative to `root`.
pub(crate) fn nearest_file(root: &Path, missing: &Path) -> Option<PathBuf> {
    let missing = missing.strip_prefix(root).unwrap_or(missing);
    let wanted = missing.to_string_lossy().to_lowercase();
    let mut best: Option<(f64, PathBuf)> = None;
    for file in python_files(root) {
        let same_name = file.file_name() == missing.file_name();
        let alike =
            strsim::normalized_damerau_levenshtein(&wanted, &file.to_string_lossy().to_lowercase());
        let score = if same_name { 1.0 + alike } else { alike };
        if score >= ALIKE && best.as_ref().is_none_or(|(other, _)| score > *other) {
            best = Some((score, file));
        }
    }
    best.map(|(_, file)| file)
}

/// The project's own Python files, relative to `root`, in a stable order; not those of environments and hidden directories.
fn python_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![(root.to_path_buf(), 0)];
    let mut entries_left = ENTRIES;
    while let Some((directory, depth)) = directories.pop() {
        let Ok(entries) = fs_err::read_dir(&directory) else {
            continue;
        };
        for entry in entries.flatten() {
            entries_left = entries_left.saturating_sub(1);
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let Ok(file_type) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            if file_type.is_dir() {
                let foreign = name.starts_with('.')
                    || matches!(&*name, "node_modules" | "__pycache__")
                    || path.join("pyvenv.cfg").exists();
                if depth < DEPTH && !foreign {
                    directories.push((path, depth + 1));
                }
            } else if name.ends_with(".py")
                && let Ok(relative) = path.strip_prefix(root)
            {
                files.push(relative.to_path_buf());
            }
        }
        if entries_left == 0 {
            break;
        }
    }
    files.sort();
    files
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}
