//! What is told of a file that is imported and not there, with the one that was meant if it can be told.

use std::path::Path;

use lgx_model::Diagnostic;

use crate::Import;
use crate::place::{Lines, Told};

/// How alike names have to be for one to be meant by the other; 1 is equal.
const ALIKE: f64 = 0.7;

/// What is told of it; `from` is the file that imports it, with this source.
pub(crate) fn diagnostic(from: &Path, source: &str, import: &Import) -> Box<Diagnostic> {
    let specifier = &import.specifier;
    let told = Told {
        kind: "ModuleNotFound",
        message: format!("there is no file for '{specifier}'"),
        hint: Some(match meant(from, specifier) {
            Some(meant) => format!("is '{meant}' meant?"),
            None if specifier.starts_with('.') => {
                "the path is relative to the file that imports it".to_owned()
            }
            None => "look at `paths` in compilerOptions of tsconfig.json".to_owned(),
        }),
    };
    let place = import.place;
    let (line, column) = place.map_or((1, 1), |place| (place.line, place.column));
    Lines::of(source).diagnostic_on_line(from, line as usize, column as usize, told)
}

/// The specifier of a file beside the missing one whose name is like it.
fn meant(from: &Path, specifier: &str) -> Option<String> {
    let (before, name) = specifier.rsplit_once('/')?;
    if !before.starts_with('.') {
        return None;
    }
    let folder = from.parent()?.join(before);
    let stem = name.split('.').next().unwrap_or(name);
    let entries = fs_err::read_dir(folder).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let alike = names.filter_map(|found| {
        let found_stem = found.split('.').next().filter(|stem| !stem.is_empty())?;
        let likeness = strsim::jaro_winkler(&stem.to_lowercase(), &found_stem.to_lowercase());
        (likeness >= ALIKE).then_some((likeness, found))
    });
    let (_, best) = alike.max_by(|one, other| one.0.total_cmp(&other.0))?;
    Some(format!("{before}/{best}"))
}
