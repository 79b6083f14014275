//! What is written before the compiled code, on a line of its own: helpers that it calls, and the names of CommonJS in an ES module.

use std::fmt::Write as _;

use oxc_transformer::Helper;

use crate::Format;

/// Names that CommonJS gives to every file, and that an ES module uses all the same.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each of the names is used or not"
)]
pub(crate) struct CommonJsNames {
    pub(crate) require: bool,
    pub(crate) filename: bool,
    pub(crate) dirname: bool,
    /// `module` as in `require.main === module`; what is exported does not go through it.
    pub(crate) module: bool,
}

/// The line, if there is something to write; a helper that there is none of is an error.
pub(crate) fn prelude(
    format: Format,
    names: CommonJsNames,
    helpers: &[Helper],
    is_strict: bool,
) -> Result<Option<String>, &'static str> {
    let mut line = String::new();
    if !helpers.is_empty() {
        // A directive is one only where nothing stands before it.
        if is_strict && format == Format::CommonJs {
            line.push_str("\"use strict\";");
        }
        line.push_str("const babelHelpers = {");
        for helper in helpers {
            let _ = write!(
                line,
                "{}: {},",
                helper.name(),
                on_one_line(text_of(*helper)?)
            );
        }
        line.push_str("};");
    }
    if format == Format::Module {
        if names.require {
            line.push_str("import { createRequire as lgxCreateRequire } from \"node:module\";");
            line.push_str("const require = lgxCreateRequire(import.meta.url);");
        }
        if names.filename {
            line.push_str("const __filename = import.meta.filename;");
        }
        if names.dirname {
            line.push_str("const __dirname = import.meta.dirname;");
        }
        if names.module {
            line.push_str("const module = { exports: {}, filename: import.meta.filename };");
        }
    }
    Ok((!line.is_empty()).then_some(line))
}

fn text_of(helper: Helper) -> Result<&'static str, &'static str> {
    match helper {
        Helper::Decorate => Ok(include_str!("../helpers/decorate.js")),
        Helper::DecorateMetadata => Ok(include_str!("../helpers/decorateMetadata.js")),
        Helper::DecorateParam => Ok(include_str!("../helpers/decorateParam.js")),
        Helper::UsingCtx => Ok(include_str!("../helpers/usingCtx.js")),
        other => Err(other.name()),
    }
}

/// A helper without its comment and its lines, so that it takes none away from the code behind it.
fn on_one_line(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("//"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}
