//! What is valid where it was written, and cannot be run by Node or compiled file by file; each with what to do instead.

use oxc_ast::ast::{Decorator, Program, Statement};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use crate::Settings;
use crate::place::Told;

const LOADER: &str = "tsx (install it, and set \"node_loader\": \"tsx\" in langgraph.json)";

/// The first thing in a program that is refused, with the byte at which it stands.
///
/// `is_declared_module` says that the file is an ES module whatever stands in it.
pub(crate) fn check(
    program: &Program<'_>,
    settings: &Settings,
    is_declared_module: bool,
) -> Result<(), (u32, Told)> {
    if !settings.experimental_decorators
        && let Some(span) = first_decorator(program)
    {
        return Err((span.start, decorator(program.source_type.is_typescript())));
    }
    let assignment = program.body.iter().find_map(|statement| match statement {
        Statement::TSExportAssignment(assignment) => Some(assignment.span),
        _ => None,
    });
    let Some(span) = assignment else {
        return Ok(());
    };
    if is_declared_module {
        return Err((span.start, export_assignment("in an ES module")));
    }
    let is_mixed = program
        .body
        .iter()
        .any(|statement| statement.span() != span && is_of_ecmascript(statement));
    if is_mixed {
        let told = export_assignment("beside `import` or `export` statements");
        return Err((span.start, told));
    }
    Ok(())
}

/// What is said of `module.exports = …` in an ES module, which Node would say when it comes to that line.
pub(crate) fn exports_of_common_js() -> Told {
    Told {
        kind: "SyntaxError",
        message: "`module.exports` and `exports` are of CommonJS, and this file is an ES module"
            .to_owned(),
        hint: Some(format!(
            "write `export` instead, or rename the file to .cts or .cjs and its imports to `require`; {LOADER} allows both in one file"
        )),
    }
}

/// What is said of code that would need a helper that there is none of.
pub(crate) fn unknown_helper(helper: &str) -> Told {
    Told {
        kind: "SyntaxError",
        message: format!("lgx cannot compile this: it would need the helper `{helper}`"),
        hint: Some(format!("please report it; {LOADER} compiles it")),
    }
}

fn decorator(is_typescript: bool) -> Told {
    let hint = if is_typescript {
        format!(
            "set \"experimentalDecorators\": true in the compilerOptions of tsconfig.json if they are made for that, as those of NestJS and TypeORM are; else {LOADER} compiles those of the proposal"
        )
    } else {
        format!("{LOADER} compiles them")
    };
    Told {
        kind: "SyntaxError",
        message: "Node does not know decorators, and tsconfig.json does not say that these are TypeScript's".to_owned(),
        hint: Some(hint),
    }
}

fn export_assignment(place: &str) -> Told {
    Told {
        kind: "SyntaxError",
        message: format!("`export =` {place}"),
        hint: Some(format!(
            "write `export default`; or import with `import x = require(…)` only, and the file is CommonJS; {LOADER} allows both in one file"
        )),
    }
}

/// Whether a statement makes an ES module of its file, types left out.
fn is_of_ecmascript(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ImportDeclaration(import) => !import.import_kind.is_type(),
        Statement::ExportNamedDeclaration(export) => {
            !export.specifiers.is_empty() && !export.export_kind.is_type()
        }
        Statement::ExportFromDeclaration(export) => !export.export_kind.is_type(),
        Statement::ExportAllDeclaration(export) => !export.export_kind.is_type(),
        Statement::ExportDeclaration(export) => !export.declaration.is_type(),
        Statement::ExportDefaultDeclaration(_) => true,
        _ => false,
    }
}

fn first_decorator(program: &Program<'_>) -> Option<Span> {
    // Most files have none, and need not be gone through.
    if !program.source_text.contains('@') {
        return None;
    }
    let mut first = FirstDecorator(None);
    first.visit_program(program);
    first.0
}

struct FirstDecorator(Option<Span>);

impl<'a> Visit<'a> for FirstDecorator {
    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.0.get_or_insert(decorator.span);
    }
}
