//! Where what a file imports lies: aliases of tsconfig.json, extensions that are left out or say .js for .ts, packages of the workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgx_model::Diagnostic;
use nodejs_built_in_modules::is_nodejs_builtin_module;
use oxc_resolver::{
    Resolution as Found, ResolveContext, ResolveError, ResolveOptions, Resolver, TsConfig,
    TsconfigDiscovery,
};

use crate::{ImportKind, tsconfig};

/// Files as they were when they were first looked at; to see what has changed takes a new one.
#[derive(Debug)]
pub(crate) struct Resolution {
    /// For what TypeScript imports, and JavaScript: each prefers its own kind.
    typescript: ByKind,
    javascript: ByKind,
}

#[derive(Debug)]
struct ByKind {
    import: Resolver,
    require: Resolver,
}

/// What became of a specifier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// A file, which Node might not find or take for another one.
    File(PathBuf),
    /// A file of an installed package, which is Node's to find.
    Installed(PathBuf),
    /// Node's to find: something built in, a URL, a package that is not there.
    ByNode,
    /// Something in the project that is not there.
    Missing,
}

impl Resolution {
    pub(crate) fn new() -> Self {
        let base = Resolver::new(options(true, "import"));
        let with =
            |is_typescript, condition| base.clone_with_options(options(is_typescript, condition));
        Self {
            javascript: ByKind {
                import: with(false, "import"),
                require: with(false, "require"),
            },
            typescript: ByKind {
                require: with(true, "require"),
                import: base,
            },
        }
    }

    /// Where what `from` asks for lies.
    pub(crate) fn resolve(
        &self,
        from: &Path,
        specifier: &str,
        kind: ImportKind,
    ) -> Result<Resolved, Box<Diagnostic>> {
        let is_path = is_path(specifier);
        if !is_path && has_scheme(specifier) {
            return Ok(Resolved::ByNode);
        }
        let Some(folder) = from.parent() else {
            return Ok(Resolved::ByNode);
        };
        let tsconfig = self.tsconfig_of(from)?;
        let is_alias = tsconfig
            .as_deref()
            .is_some_and(|tsconfig| has_alias(tsconfig, specifier));
        if is_nodejs_builtin_module(specifier) && !is_alias {
            return Ok(Resolved::ByNode);
        }
        let resolver = self.resolver(from, kind);
        let seen = &mut ResolveContext::default();
        match resolver.resolve_with_context(folder, specifier, tsconfig.as_deref(), seen) {
            Ok(found)
                if !is_path
                    && is_installed(found.path())
                    && !is_for_require_alone(specifier, &found) =>
            {
                Ok(Resolved::Installed(found.into_path_buf()))
            }
            Ok(found) => Ok(Resolved::File(found.into_path_buf())),
            Err(error) if is_of_tsconfig(&error) => Err(tsconfig::diagnostic(from, &error)),
            // It can only be a file of the project.
            Err(_) if is_path || is_alias => Ok(Resolved::Missing),
            Err(_) => Ok(Resolved::ByNode),
        }
    }

    /// The tsconfig.json that is about a file: the one that includes it, else the nearest.
    pub(crate) fn tsconfig_of(
        &self,
        file: &Path,
    ) -> Result<Option<Arc<TsConfig>>, Box<Diagnostic>> {
        if is_installed(file) {
            return Ok(None);
        }
        let resolver = &self.typescript.import;
        let found = match resolver.find_tsconfig(file) {
            Ok(None) => match nearest_tsconfig(file) {
                Some(nearest) => resolver.resolve_tsconfig(nearest).map(Some),
                None => Ok(None),
            },
            other => other,
        };
        found.map_err(|error| tsconfig::diagnostic(file, &error))
    }

    fn resolver(&self, from: &Path, kind: ImportKind) -> &Resolver {
        let extension = from.extension().and_then(|extension| extension.to_str());
        let by_kind = match extension {
            Some("js" | "jsx" | "mjs" | "cjs") => &self.javascript,
            _ => &self.typescript,
        };
        match kind {
            ImportKind::Static | ImportKind::Dynamic => &by_kind.import,
            ImportKind::Require => &by_kind.require,
        }
    }
}

/// Whether an alias of tsconfig.json is meant; `*` alone may mean any package.
fn has_alias(tsconfig: &TsConfig, specifier: &str) -> bool {
    let aliases = tsconfig.compiler_options.paths.iter().flatten();
    let mut patterns = aliases.map(|(pattern, _)| pattern.as_str());
    patterns.any(|pattern| match pattern.split_once('*') {
        Some((before, after)) => {
            !before.is_empty() && specifier.starts_with(before) && specifier.ends_with(after)
        }
        None => pattern == specifier,
    })
}

fn options(is_typescript: bool, condition: &str) -> ResolveOptions {
    let strings = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    // What was compiled beside its source is older than it.
    let alias = |written: &str, kinds: [&str; 3]| {
        let [source, jsx_source, compiled] = kinds;
        let order = if is_typescript {
            [source, jsx_source, compiled]
        } else {
            [compiled, source, jsx_source]
        };
        let order = order.iter().filter(|kind| !kind.is_empty());
        (written.to_owned(), order.map(ToString::to_string).collect())
    };
    ResolveOptions {
        tsconfig: Some(TsconfigDiscovery::Auto),
        node_path: false,
        // Those that Node has.
        condition_names: strings(&["node", condition, "module-sync", "node-addons"]),
        extensions: strings(&[
            ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json",
        ]),
        extension_alias: vec![
            alias(".js", [".ts", ".tsx", ".js"]),
            alias(".jsx", [".tsx", "", ".jsx"]),
            alias(".mjs", [".mts", "", ".mjs"]),
            alias(".cjs", [".cts", "", ".cjs"]),
        ],
        ..ResolveOptions::default()
    }
}

/// The nearest tsconfig.json above a file that none includes: what runs is not always what is checked.
fn nearest_tsconfig(file: &Path) -> Option<PathBuf> {
    let folders = file.ancestors().skip(1);
    let mut candidates =
        folders.flat_map(|folder| ["tsconfig.json", "jsconfig.json"].map(|name| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

/// Whether a specifier is a path, not the name of something.
fn is_path(specifier: &str) -> bool {
    let begins = ["./", "../", "/"];
    begins.iter().any(|begin| specifier.starts_with(begin)) || [".", ".."].contains(&specifier)
}

/// Whether it is a URL, or something that a loader made up, as in `node:fs`.
fn has_scheme(specifier: &str) -> bool {
    specifier.split_once(':').is_some_and(|(scheme, _)| {
        let mut letters = scheme.chars();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    })
}

/// Whether a package says nothing of this part of it, and its name is not the whole name of the file: Node finds that for `require` alone, and
/// TypeScript, which has no such rule, lets it be imported.
fn is_for_require_alone(specifier: &str, found: &Found) -> bool {
    let parts = specifier.split('/').count();
    let is_of_package = parts > if specifier.starts_with('@') { 2 } else { 1 };
    let extension = found.path().extension();
    is_of_package
        && !found.path().ends_with(specifier)
        && extension
            .is_some_and(|extension| ["js", "cjs", "mjs"].iter().any(|kind| extension == *kind))
        && found
            .package_json()
            .is_none_or(|package| package.exports().is_none())
}

pub(crate) fn is_installed(file: &Path) -> bool {
    file.components()
        .any(|component| component.as_os_str() == "node_modules")
}

fn is_of_tsconfig(error: &ResolveError) -> bool {
    matches!(
        error,
        ResolveError::TsconfigNotFound(_)
            | ResolveError::TsconfigSelfReference(_)
            | ResolveError::TsconfigCircularExtend(_)
            | ResolveError::TsconfigLoadFailed { .. }
    )
}
