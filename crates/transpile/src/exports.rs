//! What modules give each other, by name: which of it is there when the code runs, and which is a type.

use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::{
    Declaration, ImportDeclaration, ImportDeclarationSpecifier, ImportOrExportKind, Program,
    Statement,
};

/// The names that a module exports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exports {
    /// Those that are there when it runs.
    pub values: BTreeSet<String>,
    /// Those that are types.
    pub types: BTreeSet<String>,
    /// Those that it has from other modules: from which one, and under which name.
    pub passed_on: BTreeMap<String, (String, String)>,
    /// From where it exports all there is.
    pub stars: Vec<String>,
}

/// Names of other modules that are known to be types although nothing says so, each with the specifier of its module.
pub(crate) type TypeNames = BTreeSet<(String, String)>;

impl Exports {
    /// What is exported, of what was exported `before` types were dropped.
    pub(crate) fn after(before: &Exported, program: &Program<'_>) -> Self {
        let values = Exported::of(program).names;
        let types = before.names.difference(&values).cloned().collect();
        Self {
            values,
            types,
            passed_on: before.passed_on.clone(),
            stars: before.stars.clone(),
        }
    }
}

/// The names that a program exports, types or not.
#[derive(Debug, Default)]
pub(crate) struct Exported {
    names: BTreeSet<String>,
    passed_on: BTreeMap<String, (String, String)>,
    stars: Vec<String>,
    /// What is imported, by the name that it has here.
    imported: BTreeMap<String, (String, String)>,
}

impl Exported {
    pub(crate) fn of(program: &Program<'_>) -> Self {
        let mut found = Self::default();
        for statement in &program.body {
            if let Statement::ImportDeclaration(import) = statement {
                found.import(import);
            }
        }
        for statement in &program.body {
            found.statement(statement);
        }
        found
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration),
            Statement::ExportDefaultDeclaration(_) => {
                self.names.insert("default".to_owned());
            }
            Statement::ExportAllDeclaration(export) => {
                let source = export.source.value.to_string();
                match &export.exported {
                    Some(name) => drop(self.names.insert(name.name().to_string())),
                    None => self.stars.push(source),
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    let from = self.imported.get(one.local.name().as_str()).cloned();
                    self.export(one.exported.name().to_string(), from);
                }
            }
            Statement::ExportFromDeclaration(export) => {
                for one in &export.specifiers {
                    let from = (
                        export.source.value.to_string(),
                        one.local.name().to_string(),
                    );
                    self.export(one.exported.name().to_string(), Some(from));
                }
            }
            _ => {}
        }
    }

    fn export(&mut self, name: String, from: Option<(String, String)>) {
        if let Some(from) = from {
            self.passed_on.insert(name.clone(), from);
        }
        self.names.insert(name);
    }

    fn import(&mut self, import: &ImportDeclaration<'_>) {
        for specifier in import.specifiers.iter().flatten() {
            if let ImportDeclarationSpecifier::ImportSpecifier(one) = specifier {
                let from = (
                    import.source.value.to_string(),
                    one.imported.name().to_string(),
                );
                self.imported.insert(one.local.name.to_string(), from);
            }
        }
    }

    fn declaration(&mut self, declaration: &Declaration<'_>) {
        if let Declaration::VariableDeclaration(variables) = declaration {
            for variable in &variables.declarations {
                let names = variable.id.get_binding_identifiers();
                self.names
                    .extend(names.iter().map(|name| name.name.to_string()));
            }
        } else if let Some(name) = declaration.id() {
            self.names.insert(name.name.to_string());
        }
    }
}

/// Writes `type` before what is known to be one, so that it is dropped like any other.
pub(crate) fn mark_types(program: &mut Program<'_>, types: &TypeNames) {
    if types.is_empty() {
        return;
    }
    let is_type = |source: &str, name: &str| types.contains(&(source.to_owned(), name.to_owned()));
    for statement in &mut program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                let source = import.source.value;
                for specifier in import.specifiers.iter_mut().flatten() {
                    if let ImportDeclarationSpecifier::ImportSpecifier(one) = specifier
                        && is_type(&source, &one.imported.name())
                    {
                        one.import_kind = ImportOrExportKind::Type;
                    }
                }
            }
            Statement::ExportFromDeclaration(export) => {
                let source = export.source.value;
                for one in &mut export.specifiers {
                    if is_type(&source, &one.local.name()) {
                        one.export_kind = ImportOrExportKind::Type;
                    }
                }
            }
            _ => {}
        }
    }
}
