//! The sources of one project as one worker loads them: read, compiled, and what they import found.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgx_model::Diagnostic;

use crate::cache::{CompiledFrom, Known, ModuleCache};
use crate::common_js::{TakenNames, taken_names};
use crate::compile::compile_with;
use crate::package::Packages;
use crate::place::{Told, without_place};
use crate::resolution::{Resolution, Resolved};
use crate::survey::ALL;
use crate::{Import, ImportKind, Module, Settings, json, missing};

/// How much code of all projects and generations is kept, in bytes.
const ROOM: usize = 64 << 20;

/// Compiles for any number of workers, and nothing twice that has not changed.
#[derive(Debug, Clone)]
pub struct Transpiler {
    cache: Arc<ModuleCache>,
}

impl PartialEq for Transpiler {
    /// Whether they keep the same code.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cache, &other.cache)
    }
}

impl Eq for Transpiler {}

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
            glances: HashMap::new(),
            installed: HashMap::new(),
        }
    }
}

/// The sources of a project.
#[derive(Debug)]
pub struct Sources {
    cache: Arc<ModuleCache>,
    pub(crate) resolution: Resolution,
    pub(crate) packages: Packages,
    /// By tsconfig.json.
    settings: HashMap<PathBuf, Arc<Settings>>,
    /// Modules that others have names from, each as it is by itself.
    glances: HashMap<PathBuf, Option<Arc<Module>>>,
    /// Files of packages that were looked at: whether they are CommonJS.
    pub(crate) installed: HashMap<PathBuf, bool>,
}

/// A module, and where what it imports lies.
#[derive(Debug)]
pub struct LoadedModule {
    /// What was compiled.
    pub module: Arc<Module>,
    /// For each of its imports the file, or nothing if Node is to find it.
    pub files: Vec<Option<PathBuf>>,
    /// Specifiers of CommonJS that is to be given as `require` and TypeScript's `esModuleInterop` would, each with the names that are taken.
    pub common_js: TakenNames,
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
        let source = read(path)?;
        let from = self.compiled_from(path, &source)?;
        let module = self.compiled(path, &source, from.clone())?;
        let loaded = self.located(path, &source, module)?;
        let common_js = self.common_js_among(path, &loaded);
        let mut types = self.types_among(&loaded);
        if from.settings.decorator_metadata {
            types.append(&mut self.types_of_packages_among(path, &loaded));
        }
        let known = Known {
            types,
            namespaces: namespaces_among(&loaded.module, &common_js),
        };
        let loaded = if known == Known::default() {
            loaded
        } else {
            let module = self.compiled(path, &source, from.with(known))?;
            self.located(path, &source, module)?
        };
        Ok(LoadedModule {
            common_js: taken_names(&loaded.module, common_js),
            ..loaded
        })
    }

    /// A module as it is by itself, as long as nothing is wrong with it; looked at once.
    pub(crate) fn glance(&mut self, path: &Path) -> Option<Arc<Module>> {
        if let Some(known) = self.glances.get(path) {
            return known.clone();
        }
        let module = read(path).and_then(|source| {
            let from = self.compiled_from(path, &source)?;
            self.compiled(path, &source, from)
        });
        let module = module.ok();
        self.glances.insert(path.to_owned(), module.clone());
        module
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
            Resolved::Installed(_) | Resolved::ByNode => None,
            // It may have been written since, by the project itself.
            Resolved::Missing => {
                self.resolution = Resolution::new();
                match self.resolution.resolve(from, specifier, kind)? {
                    Resolved::File(file) => Some(file),
                    _ => None,
                }
            }
        })
    }

    fn compiled_from(
        &mut self,
        path: &Path,
        source: &str,
    ) -> Result<CompiledFrom, Box<Diagnostic>> {
        let settings = self.settings_of(path)?;
        let folder = path.parent();
        let declared = folder.and_then(|folder| self.packages.format_in(folder));
        Ok(CompiledFrom::new(path, source, settings, declared))
    }

    fn compiled(
        &self,
        path: &Path,
        source: &str,
        from: CompiledFrom,
    ) -> Result<Arc<Module>, Box<Diagnostic>> {
        if let Some(module) = self.cache.get(&from) {
            return Ok(module);
        }
        let extension = path.extension();
        let module = Arc::new(if extension.is_some_and(|extension| extension == "json") {
            json::module_of_json(path, source)?
        } else {
            compile_with(path, source, &from.settings, from.declared, &from.known)?
        });
        self.cache.put(from, module.clone());
        Ok(module)
    }

    /// A module with the files that it imports.
    fn located(
        &self,
        path: &Path,
        source: &str,
        module: Arc<Module>,
    ) -> Result<LoadedModule, Box<Diagnostic>> {
        let mut files = Vec::with_capacity(module.imports.len());
        for import in &module.imports {
            files.push(self.file_of(path, source, import)?);
        }
        Ok(LoadedModule {
            module,
            files,
            common_js: TakenNames::new(),
        })
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
            _ => Ok(None),
        }
    }
}

/// Those specifiers of which a module takes everything there is.
fn namespaces_among(module: &Module, specifiers: &BTreeSet<String>) -> BTreeSet<String> {
    let takes_all = module
        .imports
        .iter()
        .filter(|import| import.names.iter().any(|name| name == ALL));
    takes_all
        .map(|import| import.specifier.clone())
        .filter(|specifier| specifiers.contains(specifier))
        .collect()
}

fn read(path: &Path) -> Result<String, Box<Diagnostic>> {
    // Not with fs_err: the path is told beside the message.
    let source = std::fs::read(path)
        .map_err(|error| unreadable(path, format!("cannot be read: {error}"), None))?;
    String::from_utf8(source).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("is not UTF-8: byte {at} cannot be read");
        unreadable(path, message, Some("save it as UTF-8".to_owned()))
    })
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
