//! What decides how a file is compiled: the part of its tsconfig.json that is about output.

use std::borrow::Cow;
use std::path::PathBuf;

use oxc_resolver::{CompilerOptions, TsConfig};
use oxc_transformer::{
    CompilerAssumptions, DecoratorOptions, ES2026Options, EnvOptions, HelperLoaderMode,
    HelperLoaderOptions, JsxOptions, JsxRuntime, TransformOptions, TypeScriptOptions,
};

/// How TypeScript and JSX become JavaScript.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of tsconfig.json"
)]
pub struct Settings {
    /// `experimentalDecorators`: decorators are those of TypeScript, not those of the ECMAScript proposal.
    pub experimental_decorators: bool,
    /// `emitDecoratorMetadata`: decorators may ask for the types that were written.
    pub decorator_metadata: bool,
    /// `strictNullChecks`, which decides what the metadata says of `string | null`.
    pub strict_null_checks: bool,
    /// `verbatimModuleSyntax`: only what is imported as a type is dropped, not what is used as one.
    pub verbatim_module_syntax: bool,
    /// `useDefineForClassFields`: fields are those of ECMAScript, not assignments in the constructor.
    pub define_class_fields: bool,
    /// What becomes of JSX.
    pub jsx: Jsx,
}

/// What JSX is compiled to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Jsx {
    /// Calls of a function that the compiler imports: `react-jsx`, `react-jsxdev`, and `preserve`, which Node cannot run as it is.
    Automatic {
        /// `jsxImportSource`.
        import_source: Option<String>,
        /// With the places in the source, as `react-jsxdev` has them.
        development: bool,
    },
    /// Calls of a function that has to be in scope: `react`.
    Classic {
        /// `jsxFactory`.
        factory: Option<String>,
        /// `jsxFragmentFactory`.
        fragment: Option<String>,
    },
}

impl Default for Settings {
    /// Those of a file that no tsconfig.json is about.
    fn default() -> Self {
        Self {
            experimental_decorators: false,
            decorator_metadata: false,
            strict_null_checks: true,
            verbatim_module_syntax: false,
            define_class_fields: true,
            jsx: Jsx::Automatic {
                import_source: None,
                development: false,
            },
        }
    }
}

impl From<&TsConfig> for Settings {
    fn from(tsconfig: &TsConfig) -> Self {
        let options = &tsconfig.compiler_options;
        let on = |flag: Option<bool>| flag == Some(true);
        Self {
            experimental_decorators: on(options.experimental_decorators),
            decorator_metadata: on(options.emit_decorator_metadata),
            strict_null_checks: options
                .strict_null_checks
                .or(options.strict)
                .unwrap_or(false),
            verbatim_module_syntax: on(options.verbatim_module_syntax)
                || on(options.preserve_value_imports),
            define_class_fields: options
                .use_define_for_class_fields
                .unwrap_or_else(|| !targets_before_class_fields(options)),
            jsx: jsx_of(options),
        }
    }
}

/// Whether TypeScript would make assignments of class fields, as it does for targets without them.
fn targets_before_class_fields(options: &CompilerOptions) -> bool {
    let Some(target) = options.target.as_deref().map(str::to_ascii_lowercase) else {
        return false;
    };
    let year = match target.strip_prefix("es") {
        Some("next") | None => return false,
        Some(year) => year.parse::<u32>().unwrap_or(u32::MAX),
    };
    // `es6` is `es2015`.
    year < 2022
}

fn jsx_of(options: &CompilerOptions) -> Jsx {
    match options.jsx.as_deref() {
        Some("react") => Jsx::Classic {
            factory: options.jsx_factory.clone(),
            fragment: options.jsx_fragment_factory.clone(),
        },
        other => Jsx::Automatic {
            import_source: options.jsx_import_source.clone(),
            development: other == Some("react-jsxdev"),
        },
    }
}

impl Settings {
    /// The same for the compiler. Node 20 knows the rest of the language.
    pub(crate) fn transform_options(&self) -> TransformOptions {
        let mut typescript = TypeScriptOptions {
            only_remove_type_imports: self.verbatim_module_syntax,
            remove_class_fields_without_initializer: !self.define_class_fields,
            ..TypeScriptOptions::default()
        };
        let jsx = self.jsx_options();
        // What JSX calls is used, although its name stands nowhere.
        if let Some(pragma) = jsx.pragma.clone() {
            typescript.jsx_pragma = Cow::Owned(pragma);
        }
        if let Some(pragma) = jsx.pragma_frag.clone() {
            typescript.jsx_pragma_frag = Cow::Owned(pragma);
        }
        TransformOptions {
            cwd: PathBuf::new(),
            assumptions: CompilerAssumptions {
                set_public_class_fields: !self.define_class_fields,
                ..CompilerAssumptions::default()
            },
            typescript,
            decorator: DecoratorOptions {
                // Also what makes `accessor` something that Node knows; other decorators are refused before.
                legacy: true,
                emit_decorator_metadata: self.decorator_metadata,
                strict_null_checks: self.strict_null_checks,
            },
            jsx,
            env: EnvOptions {
                es2026: ES2026Options {
                    explicit_resource_management: true,
                },
                ..EnvOptions::default()
            },
            helper_loader: HelperLoaderOptions {
                mode: HelperLoaderMode::External,
                ..HelperLoaderOptions::default()
            },
            ..TransformOptions::default()
        }
    }

    fn jsx_options(&self) -> JsxOptions {
        let enabled = JsxOptions::enable();
        match self.jsx.clone() {
            Jsx::Automatic {
                import_source,
                development,
            } => JsxOptions {
                runtime: JsxRuntime::Automatic,
                import_source,
                development,
                ..enabled
            },
            Jsx::Classic { factory, fragment } => JsxOptions {
                runtime: JsxRuntime::Classic,
                pragma: factory,
                pragma_frag: fragment,
                ..enabled
            },
        }
    }
}
