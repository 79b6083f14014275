//! What a file that TypeScript would make CommonJS of imports from CommonJS, so that it gets what `require` and `esModuleInterop` would give it.
//!
//! Node gives an ES module the names that it can tell without running CommonJS, and all of `module.exports` as the default. So the hook of the
//! worker puts a module between the two that gives what is asked for, under names that are written here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use oxc_allocator::{Allocator, TakeIn as _, Vec as ArenaVec};
use oxc_ast::ast::{
    ExportSpecifier, ImportDeclarationSpecifier, ImportOrExportKind, ModuleExportName, Program,
    Statement,
};
use oxc_ast::builder::AstBuilder;
use oxc_parser::Parser;
use oxc_span::{SPAN, SourceType};

use crate::resolution::{Resolved, is_installed};
use crate::{Format, ImportKind, LoadedModule, Module, Sources};

/// Under which name the module between gives everything, which no name of JavaScript can stand for.
const NAMESPACE: &str = "lgxNamespace";

/// What is imported from CommonJS, by its specifier: the names that are taken from there.
pub(crate) type TakenNames = BTreeMap<String, BTreeSet<String>>;

/// Asks for everything by a name of its own, where it comes from one of these; whether there was such a place.
pub(crate) fn name_namespaces<'a>(
    allocator: &'a Allocator,
    program: &mut Program<'a>,
    specifiers: &BTreeSet<String>,
) -> bool {
    if specifiers.is_empty() {
        return false;
    }
    let builder = AstBuilder::new(allocator);
    let everything = || ModuleExportName::new_identifier_name(SPAN, NAMESPACE, &builder);
    let mut is_changed = false;
    for statement in &mut program.body {
        match statement {
            Statement::ImportDeclaration(import)
                if specifiers.contains(import.source.value.as_str()) =>
            {
                for specifier in import.specifiers.iter_mut().flatten() {
                    let ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) = specifier
                    else {
                        continue;
                    };
                    *specifier = ImportDeclarationSpecifier::new_import_specifier(
                        one.span,
                        everything(),
                        one.local.take_in(&allocator),
                        ImportOrExportKind::Value,
                        &builder,
                    );
                    is_changed = true;
                }
            }
            Statement::ExportAllDeclaration(export)
                if specifiers.contains(export.source.value.as_str()) =>
            {
                let Some(exported) = export.exported.take() else {
                    continue;
                };
                let kind = ImportOrExportKind::Value;
                let one = ExportSpecifier::new(SPAN, everything(), exported, kind, &builder);
                *statement = Statement::new_export_from_declaration(
                    export.span,
                    ArenaVec::from_array_in([one], &allocator),
                    export.source.take_in(&allocator),
                    kind,
                    export.with_clause.take(),
                    &builder,
                );
                is_changed = true;
            }
            _ => {}
        }
    }
    is_changed
}

/// The names that a module takes from each of these.
pub(crate) fn taken_names(module: &Module, specifiers: BTreeSet<String>) -> TakenNames {
    let mut taken: TakenNames = specifiers
        .into_iter()
        .map(|specifier| (specifier, BTreeSet::new()))
        .collect();
    for import in &module.imports {
        if let Some(names) = taken.get_mut(&import.specifier) {
            names.extend(import.names.iter().cloned());
        }
    }
    taken
}

impl Sources {
    /// The specifiers under which a module imports CommonJS, if TypeScript would make CommonJS of it too.
    pub(crate) fn common_js_among(
        &mut self,
        path: &Path,
        loaded: &LoadedModule,
    ) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if !loaded.module.is_by_syntax {
            return found;
        }
        for (import, file) in loaded.imports() {
            if import.kind == ImportKind::Require || found.contains(&import.specifier) {
                continue;
            }
            let file = file.map(Path::to_owned);
            let file = file.or_else(|| self.installed_file(path, &import.specifier));
            if file.is_some_and(|file| self.is_common_js(&file)) {
                found.insert(import.specifier.clone());
            }
        }
        found
    }

    /// The file of a package that is imported under this name.
    pub(crate) fn installed_file(&self, from: &Path, specifier: &str) -> Option<PathBuf> {
        let found = self.resolution.resolve(from, specifier, ImportKind::Static);
        match found {
            Ok(Resolved::Installed(file) | Resolved::File(file)) => {
                is_installed(&file).then_some(file)
            }
            // Whatever is wrong was told when its place was asked for.
            _ => None,
        }
    }

    pub(crate) fn is_common_js(&mut self, file: &Path) -> bool {
        if !is_installed(file) {
            let module = self.glance(file);
            return module.is_some_and(|module| module.format == Format::CommonJs);
        }
        if let Some(known) = self.installed.get(file) {
            return *known;
        }
        let is_common_js = self.format_of_installed(file) == Some(Format::CommonJs);
        self.installed.insert(file.to_owned(), is_common_js);
        is_common_js
    }

    /// What Node takes the file of a package for; nothing if it is no JavaScript.
    fn format_of_installed(&mut self, file: &Path) -> Option<Format> {
        match file.extension().and_then(|extension| extension.to_str())? {
            "cjs" => Some(Format::CommonJs),
            "mjs" => Some(Format::Module),
            "js" => {
                let declared = self.packages.format_in(file.parent()?);
                declared.or_else(|| Some(format_by_syntax(&fs_err::read_to_string(file).ok()?)))
            }
            _ => None,
        }
    }
}

/// What Node takes JavaScript for that nothing else is said of.
fn format_by_syntax(source: &str) -> Format {
    if !may_be_module(source) {
        return Format::CommonJs;
    }
    let allocator = Allocator::default();
    let kind = SourceType::unambiguous();
    let parsed = Parser::new(&allocator, source, kind).parse();
    if parsed.module_record.has_module_syntax {
        Format::Module
    } else {
        Format::CommonJs
    }
}

/// Whether a word is there that an ES module has, followed by what may follow it: most files of packages need not be parsed.
fn may_be_module(source: &str) -> bool {
    ["import", "export"].iter().any(|word| {
        source.match_indices(word).any(|(at, _)| {
            let after = source[at + word.len()..].chars().next();
            after.is_some_and(|c| c.is_whitespace() || "{*'\"/.".contains(c))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_module_if_it_has_what_only_modules_have() {
        for (source, expected) in [
            ("exports.a = 1;", Format::CommonJs),
            ("// how to import it\nmodule.exports = 1;", Format::CommonJs),
            ("import('a').then(console.log);", Format::CommonJs),
            ("const text = 'import x';", Format::CommonJs),
            ("export default 1;", Format::Module),
            ("import\"a\"", Format::Module),
            ("export{a};const a=1", Format::Module),
            ("console.log(import.meta.url)", Format::Module),
        ] {
            assert_eq!(format_by_syntax(source), expected, "{source}");
        }
    }
}
