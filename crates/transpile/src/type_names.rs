//! Which names that a file imports are types in the files they come from, although the file does not say so.
//!
//! TypeScript knows it, and drops them where they are passed on (`export { Shape } from "./shapes"`) or named in what decorators are told. Who
//! compiles file by file does not, and Node refuses to link a name that is not there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::exports::TypeNames;
use crate::survey::ALL;
use crate::{ImportKind, LoadedModule, Sources};

impl Sources {
    /// Those among what a module imports.
    pub(crate) fn types_among(&mut self, loaded: &LoadedModule) -> TypeNames {
        let mut types = TypeNames::new();
        for (import, file) in loaded.imports() {
            let Some(file) = file else { continue };
            for name in import.names.iter().filter(|name| *name != ALL) {
                if self.is_type(file, name, &mut HashSet::new()) {
                    types.insert((import.specifier.clone(), name.clone()));
                }
            }
        }
        types
    }

    /// Those among what a module imports from packages that are ES modules; worth looking for where decorators are told of types.
    pub(crate) fn types_of_packages_among(
        &mut self,
        path: &Path,
        loaded: &LoadedModule,
    ) -> TypeNames {
        let mut types = TypeNames::new();
        for (import, _) in loaded.imports() {
            let names: Vec<&String> = import.names.iter().filter(|name| *name != ALL).collect();
            if names.is_empty() || import.kind != ImportKind::Static {
                continue;
            }
            let Some(file) = self.installed_file(path, &import.specifier) else {
                continue;
            };
            for name in names {
                if self.is_missing(&file, name, &mut HashSet::new()) {
                    types.insert((import.specifier.clone(), name.clone()));
                }
            }
        }
        types
    }

    /// Whether the ES module of a package certainly has nothing of this name when it runs.
    fn is_missing(&mut self, file: &Path, name: &str, seen: &mut HashSet<PathBuf>) -> bool {
        if !seen.insert(file.to_owned()) {
            return true;
        }
        // What CommonJS has is told when it runs.
        if self.is_common_js(file) {
            return false;
        }
        let Some(module) = self.glance(file) else {
            return false;
        };
        if module.exports.values.contains(name) {
            return false;
        }
        let mut stars = module.exports.stars.iter();
        stars.all(|specifier| {
            let found = self.installed_file(file, specifier);
            found.is_some_and(|file| self.is_missing(&file, name, seen))
        })
    }

    /// Whether a name is a type in the file that is asked for it, or in the one from which that has it.
    fn is_type(&mut self, file: &Path, name: &str, seen: &mut HashSet<(PathBuf, String)>) -> bool {
        if !is_typescript(file) || !seen.insert((file.to_owned(), name.to_owned())) {
            return false;
        }
        // What is wrong with it is told when it is loaded itself.
        let Some(module) = self.glance(file) else {
            return false;
        };
        let exports = &module.exports;
        if exports.types.contains(name) {
            return true;
        }
        if exports.values.contains(name) {
            return exports
                .passed_on
                .get(name)
                .is_some_and(|(specifier, name)| self.is_type_from(file, specifier, name, seen));
        }
        let mut stars = exports.stars.iter();
        stars.any(|specifier| self.is_type_from(file, specifier, name, seen))
    }

    fn is_type_from(
        &mut self,
        from: &Path,
        specifier: &str,
        name: &str,
        seen: &mut HashSet<(PathBuf, String)>,
    ) -> bool {
        let found = self.resolve(from, specifier, ImportKind::Static);
        let Ok(Some(file)) = found else { return false };
        self.is_type(&file, name, seen)
    }
}

fn is_typescript(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("ts" | "tsx" | "mts" | "cts"))
}
