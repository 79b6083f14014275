//! What compiled code imports, and which names of CommonJS it uses.

use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, CallExpression, ExportAllDeclaration,
    ExportFromDeclaration, Expression, IdentifierReference, ImportDeclaration,
    ImportDeclarationSpecifier, ImportExpression, ImportMeta, Program, Statement,
    StaticMemberExpression, StringLiteral,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};

use crate::prelude::CommonJsNames;

/// Stands among the names that are taken for all there are.
pub(crate) const ALL: &str = "*";

/// How a file asks for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// `import … from` and `export … from`.
    Static,
    /// `import(…)` with a specifier that is written out.
    Dynamic,
    /// `require(…)` with a specifier that is written out.
    Require,
}

/// What a file asks for, and where.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) specifier: String,
    pub(crate) kind: ImportKind,
    /// What it takes from there by name.
    pub(crate) names: Vec<String>,
    pub(crate) span: Span,
}

/// What was found in a program.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) asked: Vec<Asked>,
    /// It has statements that only an ES module has, besides an `export {}` that says nothing else.
    pub(crate) has_module_statements: bool,
    /// It has `import.meta`, which only an ES module has too.
    pub(crate) has_import_meta: bool,
    /// Where it first gives something to `module.exports` or `exports`, in a statement of its own.
    pub(crate) exports_by_assignment: Option<Span>,
    /// The names of CommonJS that it uses and does not define.
    pub(crate) names: CommonJsNames,
}

impl Survey {
    /// Looks through a program, of which `scoping` knows the names.
    pub(crate) fn of(program: &Program<'_>, scoping: &Scoping) -> Self {
        let is_free = |name| scoping.root_unresolved_references().contains_key(name);
        let mut surveyor = Surveyor {
            found: Self {
                has_module_statements: program.body.iter().any(is_of_module),
                exports_by_assignment: program.body.iter().find_map(exporting),
                ..Self::default()
            },
            uses_module_itself: false,
            require_is_free: is_free("require"),
        };
        surveyor.visit_program(program);
        let mut found = surveyor.found;
        found.names = CommonJsNames {
            require: is_free("require"),
            filename: is_free("__filename"),
            dirname: is_free("__dirname"),
            module: is_free("module") && surveyor.uses_module_itself,
        };
        found
    }
}

/// Whether a program uses what only CommonJS has.
pub(crate) fn uses_common_js(scoping: &Scoping) -> bool {
    let free = scoping.root_unresolved_references();
    let names = ["require", "module", "exports", "__filename", "__dirname"];
    names.iter().any(|name| free.contains_key(*name))
}

struct Surveyor {
    found: Survey,
    uses_module_itself: bool,
    require_is_free: bool,
}

impl Surveyor {
    fn asks(&mut self, literal: &StringLiteral<'_>, kind: ImportKind, names: Vec<String>) {
        self.found.asked.push(Asked {
            specifier: literal.value.to_string(),
            kind,
            names,
            span: literal.span,
        });
    }
}

impl<'a> Visit<'a> for Surveyor {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        let specifiers = import.specifiers.iter().flatten();
        let names = specifiers.filter_map(|specifier| match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(one) => {
                Some(one.imported.name().to_string())
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => Some(ALL.to_owned()),
            ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => None,
        });
        self.asks(&import.source, ImportKind::Static, names.collect());
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        let names = export
            .specifiers
            .iter()
            .map(|one| one.local.name().to_string());
        self.asks(&export.source, ImportKind::Static, names.collect());
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        let names = export.exported.iter().map(|_| ALL.to_owned());
        self.asks(&export.source, ImportKind::Static, names.collect());
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(literal) = &import.source {
            self.asks(literal, ImportKind::Dynamic, Vec::new());
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if self.require_is_free
            && call.callee.is_specific_id("require")
            && let Some(Argument::StringLiteral(literal)) = call.arguments.first()
        {
            self.asks(literal, ImportKind::Require, Vec::new());
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_import_meta(&mut self, _: &ImportMeta) {
        self.found.has_import_meta = true;
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        if !is_module_exports(member) {
            walk::walk_static_member_expression(self, member);
        }
    }

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.uses_module_itself |= name.name == "module";
    }
}

/// Whether a statement makes its file an ES module.
fn is_of_module(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ExportNamedDeclaration(export) => !export.specifiers.is_empty(),
        other => other.is_module_declaration(),
    }
}

/// The place of a statement that gives something to `module.exports` or `exports`.
fn exporting(statement: &Statement<'_>) -> Option<Span> {
    let Statement::ExpressionStatement(statement) = statement else {
        return None;
    };
    let Expression::AssignmentExpression(assignment) = &statement.expression else {
        return None;
    };
    assigns_exports(assignment).then_some(assignment.left.span())
}

fn assigns_exports(assignment: &AssignmentExpression<'_>) -> bool {
    let AssignmentTarget::StaticMemberExpression(member) = &assignment.left else {
        return false;
    };
    let of_exports = match &member.object {
        Expression::Identifier(name) => name.name == "exports",
        Expression::StaticMemberExpression(object) => is_module_exports(object),
        _ => false,
    };
    of_exports || is_module_exports(member)
}

fn is_module_exports(member: &StaticMemberExpression<'_>) -> bool {
    let of_module = matches!(&member.object, Expression::Identifier(name) if name.name == "module");
    of_module && member.property.name == "exports"
}
