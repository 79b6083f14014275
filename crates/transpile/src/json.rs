//! A JSON file as an ES module, for imports without `with { type: "json" }`, which TypeScript takes and Node does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use lgx_model::Diagnostic;
use oxc_syntax::identifier::is_identifier_name;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::place::{Lines, Told};
use crate::{Exports, Format, Module};

/// The value as the default export, and each of its keys that can be a name as one of its own.
pub(crate) fn module_of_json(path: &Path, source: &str) -> Result<Module, Box<Diagnostic>> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    serde_json::from_str::<IgnoredAny>(source).map_err(|error| invalid(path, source, &error))?;
    // What is no object has no keys.
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(source).unwrap_or_default();
    let literal = serde_json::Value::from(source);
    let mut code = format!("const value = JSON.parse({literal});\nexport default value;\n");
    let names = keys
        .keys()
        .filter(|key| is_identifier_name(key) && *key != "default");
    for (number, name) in names.enumerate() {
        let _ = writeln!(
            code,
            "const key{number} = value.{name}; export {{ key{number} as {name} }};"
        );
    }
    Ok(Module {
        code,
        format: Format::Module,
        is_by_syntax: false,
        imports: Vec::new(),
        exports: Exports::default(),
    })
}

fn invalid(path: &Path, source: &str, error: &serde_json::Error) -> Box<Diagnostic> {
    let whole = error.to_string();
    // The place is told beside it.
    let message = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
    let told = Told {
        kind: "SyntaxError",
        message: format!("this is not JSON: {message}"),
        hint: None,
    };
    Lines::of(source).diagnostic_on_line(path, error.line(), error.column(), told)
}
