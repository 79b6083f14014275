//! From TypeScript or JSX to JavaScript that Node runs: one file, without looking at any other.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lgx_model::Diagnostic;
use oxc_allocator::Allocator;
use oxc_ast::ast::{Program, Statement};
use oxc_codegen::{Codegen, CodegenOptions, CodegenReturn};
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::SourceType;
use oxc_transformer::{Helper, Transformer};

use crate::cache::Known;
use crate::common_js::name_namespaces;
use crate::exports::{Exported, Exports, mark_types};
use crate::place::{Lines, Told, without_place};
use crate::prelude::prelude;
use crate::survey::{Survey, uses_common_js};
use crate::{Format, ImportKind, Place, Settings, refusals};

/// A file as Node is to run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// JavaScript, with its source map in the last line if it differs from the source.
    pub code: String,
    /// What kind of module it is.
    pub format: Format,
    /// It is an ES module because of what stands in it, and nothing else says so: for TypeScript it is CommonJS.
    pub is_by_syntax: bool,
    /// What it asks for, types left out.
    pub imports: Vec<Import>,
    /// What it gives.
    pub exports: Exports,
}

/// One thing that a file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// As it was written.
    pub specifier: String,
    /// How it is asked for.
    pub kind: ImportKind,
    /// The names that it takes from there; `*` is all there is.
    pub names: Vec<String>,
    /// Where; nowhere for what the compiler itself adds for JSX.
    pub place: Option<Place>,
}

/// Compiles the source of the file at `path`; `declared` is what the package of the file says of its `.js` and `.ts`.
pub fn compile(
    path: &Path,
    source: &str,
    settings: &Settings,
    declared: Option<Format>,
) -> Result<Module, Box<Diagnostic>> {
    compile_with(path, source, settings, declared, &Known::default())
}

/// The same where more is known of what it imports.
pub(crate) fn compile_with(
    path: &Path,
    source: &str,
    settings: &Settings,
    declared: Option<Format>,
    known: &Known,
) -> Result<Module, Box<Diagnostic>> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let file = File {
        path,
        source,
        lines: Lines::of(source),
        settings,
    };
    let kind = file.kind(declared)?;
    let allocator = Allocator::default();
    let mut program = file.parse(&allocator, kind)?;
    mark_types(&mut program, &known.types);
    let exported = Exported::of(&program);
    let is_declared = file.is_declared_module(declared);
    refusals::check(&program, settings, is_declared)
        .map_err(|(at, told)| file.diagnostic(at, told))?;
    let scoping = file.scoping(&program)?;
    if kind.is_unambiguous() && is_module_by_default(path, &program, &scoping) {
        program.source_type = program.source_type.with_module(true);
    }

    let compiled = kind.is_typescript() || kind.is_jsx() || has_using(source);
    let (scoping, helpers) = if compiled {
        file.transform(&allocator, &mut program, scoping)?
    } else {
        (scoping, Vec::new())
    };
    let has_renamed = name_namespaces(&allocator, &mut program, &known.namespaces);
    let survey = Survey::of(&program, &scoping);
    let format = file.format(&program, is_declared, &survey)?;
    if format == Format::CommonJs {
        // Only an ES module may have one, and here it says nothing.
        program.body.retain(|statement| !is_empty_export(statement));
    }
    let prelude = prelude(format, survey.names, &helpers, has_use_strict(&program))
        .map_err(|helper| without_place(path, refusals::unknown_helper(helper)))?;
    let code = if compiled || has_renamed || prelude.is_some() {
        file.print(&program, prelude.as_deref())
    } else {
        source.to_owned()
    };
    Ok(Module {
        code,
        format,
        is_by_syntax: format == Format::Module && !is_declared,
        imports: file.imports(survey),
        exports: Exports::after(&exported, &program),
    })
}

/// What is compiled, and what is said of it if it cannot be.
struct File<'s> {
    path: &'s Path,
    source: &'s str,
    lines: Lines<'s>,
    settings: &'s Settings,
}

impl<'s> File<'s> {
    /// How the file is to be read.
    fn kind(&self, declared: Option<Format>) -> Result<SourceType, Box<Diagnostic>> {
        let Ok(kind) = SourceType::from_path(self.path) else {
            let message = "lgx does not know how to run a file of this kind".to_owned();
            let hint = "graphs are .ts, .tsx, .mts, .cts, .js, .jsx, .mjs or .cjs files".to_owned();
            return Err(without_place(
                self.path,
                Told {
                    kind: "UnknownFile",
                    message,
                    hint: Some(hint),
                },
            ));
        };
        Ok(if self.is_declared_module(declared) {
            kind.with_module(true)
        } else {
            // By its syntax, also where the extension says CommonJS: what is written with `import` is an ES module.
            kind.with_unambiguous(true)
        })
    }

    /// Whether its extension or its package says that it is an ES module.
    fn is_declared_module(&self, declared: Option<Format>) -> bool {
        match self
            .path
            .extension()
            .and_then(|extension| extension.to_str())
        {
            Some("mts" | "mjs") => true,
            Some("cts" | "cjs") => false,
            _ => declared == Some(Format::Module),
        }
    }

    fn parse<'a>(
        &self,
        allocator: &'a Allocator,
        kind: SourceType,
    ) -> Result<Program<'a>, Box<Diagnostic>>
    where
        's: 'a,
    {
        let options = ParseOptions {
            // CommonJS may do so, and whether it is that is not known before; TypeScript may not.
            allow_return_outside_function: kind.is_unambiguous()
                && kind.is_javascript()
                && !kind.is_jsx(),
            ..ParseOptions::default()
        };
        let parsed = Parser::new(allocator, self.source, kind)
            .with_options(options)
            .parse();
        self.fail_on(parsed.diagnostics.errors())
            .map_err(|told| self.is_it_typescript(kind, told))?;
        Ok(parsed.program)
    }

    /// What is told of JavaScript that would be right in another file.
    fn is_it_typescript(&self, kind: SourceType, told: Box<Diagnostic>) -> Box<Diagnostic> {
        if kind.is_typescript() {
            return told;
        }
        let allocator = Allocator::default();
        let as_typescript = kind.with_typescript(true);
        let parsed = Parser::new(&allocator, self.source, as_typescript).parse();
        if parsed.diagnostics.has_errors() {
            return told;
        }
        let hint = "this is TypeScript: give the file a name that ends with .ts".to_owned();
        Box::new(Diagnostic {
            hint: Some(hint),
            ..*told
        })
    }

    fn scoping(&self, program: &Program<'_>) -> Result<Scoping, Box<Diagnostic>> {
        let built = SemanticBuilder::new()
            .with_check_syntax_error(true)
            .with_enum_eval(true)
            .with_excess_capacity(2.0)
            .build(program);
        self.fail_on(built.diagnostics.errors())?;
        Ok(built.semantic.into_scoping())
    }

    fn transform<'a>(
        &self,
        allocator: &'a Allocator,
        program: &mut Program<'a>,
        scoping: Scoping,
    ) -> Result<(Scoping, Vec<Helper>), Box<Diagnostic>> {
        let options = self.settings.transform_options();
        let done =
            Transformer::new(allocator, self.path, &options).build_with_scoping(scoping, program);
        // Warnings too: they are about what would come out wrong.
        self.fail_on(done.diagnostics.iter())?;
        #[expect(
            deprecated,
            reason = "the only place that says which helpers the code calls"
        )]
        let mut helpers: Vec<Helper> = done.helpers_used.into_keys().collect();
        helpers.sort();
        Ok((done.scoping, helpers))
    }

    /// Whether it is an ES module or CommonJS: by its extension, by its package, else by its syntax.
    fn format(
        &self,
        program: &Program<'_>,
        is_declared: bool,
        survey: &Survey,
    ) -> Result<Format, Box<Diagnostic>> {
        let is_module = is_declared
            || survey.has_module_statements
            || survey.has_import_meta
            || (program.source_type.is_module() && survey.exports_by_assignment.is_none());
        if !is_module {
            return Ok(Format::CommonJs);
        }
        if let Some(span) = survey.exports_by_assignment {
            return Err(self.diagnostic(span.start, refusals::exports_of_common_js()));
        }
        Ok(Format::Module)
    }

    /// The code of a program behind its prelude, and the source map of both.
    fn print(&self, program: &Program<'_>, prelude: Option<&str>) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        let options = CodegenOptions {
            source_map_path: Some(name.into()),
            ..CodegenOptions::default()
        };
        let CodegenReturn { code, map, .. } = Codegen::new().with_options(options).build(program);
        let mut text = String::with_capacity(code.len() * 2);
        if let Some(prelude) = prelude {
            text.push_str(prelude);
            text.push('\n');
        }
        match code.strip_prefix("#!") {
            // It may only stand in the first line, and says nothing to Node.
            Some(rest) if prelude.is_some() => {
                text.push_str("//");
                text.push_str(rest);
            }
            _ => text.push_str(&code),
        }
        let Some(mut map) = map else { return text };
        // The source is on disk, where debuggers and Node find it.
        map.set_source_contents(Vec::new());
        let mut map = map.to_json_string();
        if prelude.is_some() {
            // One line more before the first.
            map = map.replacen("\"mappings\":\"", "\"mappings\":\";", 1);
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("//# sourceMappingURL=data:application/json;base64,");
        STANDARD.encode_string(map, &mut text);
        text.push('\n');
        text
    }

    fn imports(&self, survey: Survey) -> Vec<Import> {
        let import = |asked: crate::survey::Asked| Import {
            specifier: asked.specifier,
            kind: asked.kind,
            names: asked.names,
            place: (!asked.span.is_unspanned()).then(|| self.lines.place(asked.span.start)),
        };
        survey.asked.into_iter().map(import).collect()
    }

    fn fail_on<'d>(
        &self,
        found: impl Iterator<Item = &'d oxc_diagnostics::OxcDiagnostic>,
    ) -> Result<(), Box<Diagnostic>> {
        self.lines.first(self.path, found).map_or(Ok(()), Err)
    }

    fn diagnostic(&self, at: u32, told: Told) -> Box<Diagnostic> {
        self.lines.diagnostic(self.path, at, told)
    }
}

/// Whether a file that has nothing of either kind is taken for an ES module: what is compiled may get imports.
fn is_module_by_default(path: &Path, program: &Program<'_>, scoping: &Scoping) -> bool {
    let kind = program.source_type;
    let says_common_js = path.extension().is_some_and(|extension| extension == "cts");
    let is_compiled = kind.is_typescript() || kind.is_jsx();
    is_compiled && !says_common_js && !kind.is_module() && !uses_common_js(scoping)
}

fn has_use_strict(program: &Program<'_>) -> bool {
    let mut directives = program.directives.iter();
    directives.any(|directive| directive.directive == "use strict")
}

/// Whether there may be a `using`, which Node 20 does not know.
fn has_using(source: &str) -> bool {
    let mut words = source.match_indices("using");
    words.any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = source[at + "using".len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || "_$.'\"".contains(c))
            && after.is_some_and(|c| c == ' ' || c == '\t')
    })
}

fn is_empty_export(statement: &Statement<'_>) -> bool {
    matches!(statement, Statement::ExportNamedDeclaration(export) if export.specifiers.is_empty())
}
