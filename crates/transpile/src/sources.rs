//! The sources of one project as one worker loads them: read, compiled, and what they import found.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgx_model::Diagnostic;

use crate::cache::{CompiledFrom, ModuleCache};
use crate::package::Packages;
use crate::place::{Told, without_place};
use crate::resolution::{Resolution, Resolved};
use crate::{Import, ImportKind, Module, Settings, compile, json, missing};

/// How much code of all projects and generations is kept, in bytes.
const ROOM: usize = 64 << 20;

/// Compiles for any number of workers, and nothing twice that has not changed.
#[derive(Debug, Clone)]
pub struct Transpiler {
    cache: Arc<ModuleCache>,
}

impl Default for Transpiler {
    fn default() -> Self {
        Self {
            cache: Arc::new(ModuleCache::new(ROOM)),
        }
    }
}

impl Transpiler {
    /// The sources as they are from now on: folders, packages and tsconfig.json are looked at once.
    ///
    /// A worker loads its project once, so each takes sources of its own.
    pub fn sources(&self) -> Sources {
        Sources {
            cache: self.cache.clone(),
            resolution: Resolution::new(),
            packages: Packages::default(),
            settings: HashMap::new(),
        }
    }
}

/// The sources of a project.
#[derive(Debug)]
pub struct Sources {
    cache: Arc<ModuleCache>,
    resolution: Resolution,
    packages: Packages,
    /// By tsconfig.json.
    settings: HashMap<PathBuf, Arc<Settings>>,
}

/// A module, and where what it imports lies.
#[derive(Debug)]
pub struct LoadedModule {
    /// What was compiled.
    pub module: Arc<Module>,
    /// For each of its imports the file, or nothing if Node is to find it.
    pub files: Vec<Option<PathBuf>>,
}

impl LoadedModule {
    /// What is imported, each with its file.
    pub fn imports(&self) -> impl Iterator<Item = (&Import, Option<&Path>)> {
        let files = self.files.iter().map(Option::as_deref);
        self.module.imports.iter().zip(files)
    }
}

impl Sources {
    /// What Node is to run for a file.
    pub fn load(&mut self, path: &Path) -> Result<LoadedModule, Box<Diagnostic>> {
        // Not with fs_err: the path is told beside the message.
        let source = std::fs::read(path)
            .map_err(|error| unreadable(path, format!("cannot be read: {error}"), None))?;
        let source = String::from_utf8(source).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let message = format!("is not UTF-8: byte {at} cannot be read");
            unreadable(path, message, Some("save it as UTF-8".to_owned()))
        })?;
        let module = self.compiled(path, &source)?;
        let mut files = Vec::with_capacity(module.imports.len());
        for import in &module.imports {
            files.push(self.file_of(path, &source, import)?);
        }
        Ok(LoadedModule { module, files })
    }

    /// Where something lies that `from` asks for while it runs; nothing if Node is to find it, or to say that it is not there.
    pub fn resolve(
        &mut self,
        from: &Path,
        specifier: &str,
        kind: ImportKind,
    ) -> Result<Option<PathBuf>, Box<Diagnostic>> {
        Ok(match self.resolution.resolve(from, specifier, kind)? {
            Resolved::File(file) => Some(file),
            Resolved::ByNode => None,
            // It may have been written since, by the project itself.
            Resolved::Missing => {
                self.resolution = Resolution::new();
                match self.resolution.resolve(from, specifier, kind)? {
                    Resolved::File(file) => Some(file),
                    Resolved::ByNode | Resolved::Missing => None,
                }
            }
        })
    }

    fn compiled(&mut self, path: &Path, source: &str) -> Result<Arc<Module>, Box<Diagnostic>> {
        let settings = self.settings_of(path)?;
        let declared = path
            .parent()
            .and_then(|folder| self.packages.format_in(folder));
        let from = CompiledFrom::new(path, source, settings.clone(), declared);
        if let Some(module) = self.cache.get(&from) {
            return Ok(module);
        }
        let is_json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        let module = Arc::new(if is_json {
            json::module_of_json(path, source)?
        } else {
            compile(path, source, &settings, declared)?
        });
        self.cache.put(from, module.clone());
        Ok(module)
    }

    fn settings_of(&mut self, path: &Path) -> Result<Arc<Settings>, Box<Diagnostic>> {
        let Some(tsconfig) = self.resolution.tsconfig_of(path)? else {
            return Ok(Arc::default());
        };
        let entry = self.settings.entry(tsconfig.path().to_owned());
        let settings = entry.or_insert_with(|| Arc::new(Settings::from(&*tsconfig)));
        Ok(settings.clone())
    }

    fn file_of(
        &self,
        path: &Path,
        source: &str,
        import: &Import,
    ) -> Result<Option<PathBuf>, Box<Diagnostic>> {
        let found = self
            .resolution
            .resolve(path, &import.specifier, import.kind)?;
        match found {
            Resolved::File(file) => Ok(Some(file)),
            // Others may be tried, or be there when they are asked for.
            Resolved::Missing if import.kind == ImportKind::Static => {
                Err(missing::diagnostic(path, source, import))
            }
            Resolved::ByNode | Resolved::Missing => Ok(None),
        }
    }
}

fn unreadable(path: &Path, message: String, hint: Option<String>) -> Box<Diagnostic> {
    let kind = "UnreadableFile";
    without_place(
        path,
        Told {
            kind,
            message,
            hint,
        },
    )
}
