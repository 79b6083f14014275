//! What is told of a tsconfig.json that cannot be used.

use std::path::Path;

use lgx_model::Diagnostic;
use oxc_resolver::ResolveError;

use crate::place::{Lines, Told, without_place};

const KIND: &str = "TsconfigError";

/// What is wrong with the tsconfig.json of `file`.
pub(crate) fn diagnostic(file: &Path, error: &ResolveError) -> Box<Diagnostic> {
    match error {
        ResolveError::TsconfigLoadFailed { path, source } => match source.as_ref() {
            ResolveError::Json(_) | ResolveError::IOError(_) => unreadable(path, source),
            within => diagnostic(path, within),
        },
        ResolveError::TsconfigNotFound(path) => without_place(
            file,
            Told {
                kind: KIND,
                message: format!(
                    "its tsconfig.json needs {}, which is not there",
                    path.display()
                ),
                hint: Some(
                    "correct `extends` or `references`, or install the package that it is in"
                        .to_owned(),
                ),
            },
        ),
        other => without_place(
            file,
            Told {
                kind: KIND,
                message: format!("its tsconfig.json cannot be used: {other}"),
                hint: None,
            },
        ),
    }
}

fn unreadable(path: &Path, error: &ResolveError) -> Box<Diagnostic> {
    let told = |message: String| Told {
        kind: KIND,
        message,
        hint: None,
    };
    let ResolveError::Json(found) = error else {
        return without_place(path, told(format!("cannot be read: {error}")));
    };
    let message = found
        .message
        .split(" at line ")
        .next()
        .unwrap_or(&found.message);
    let told = told(format!("is not valid: {message}"));
    let text = fs_err::read_to_string(path).unwrap_or_default();
    Lines::of(&text).diagnostic_on_line(path, found.line, found.column, told)
}
