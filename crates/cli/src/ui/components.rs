//! How it reads that the UI components of a graph are bundled, or cannot be.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use lgx_devserver::UiError;

use super::diagnostic::indented;
use super::style;

/// Something is missing that bundles; the reason says what to do.
pub(super) fn unavailable(reason: &str) -> String {
    format!("{} {reason}", style::warning())
}

/// They have changed.
pub(super) fn built(name: &str, took: Duration) -> String {
    format!(
        "{} the components of `{name}` are bundled anew {}",
        style::place("UI:"),
        style::quiet(style::duration(took))
    )
}

/// They cannot be bundled as they are.
pub(super) fn failed(name: &str, errors: &[UiError], serves_last: bool, root: &Path) -> String {
    let last = if serves_last {
        "; the last bundle is served on"
    } else {
        ""
    };
    let mut text = format!(
        "{} the UI components of `{name}` cannot be bundled{last}",
        style::error()
    );
    for error in errors {
        if let Some(file) = &error.file {
            let mut place = file
                .strip_prefix(root)
                .unwrap_or(file)
                .display()
                .to_string();
            for number in [error.line, error.column].into_iter().flatten() {
                let _ = write!(place, ":{number}");
            }
            let _ = write!(text, "\n  {}", style::place(place));
        }
        if let Some(source) = &error.source {
            let _ = write!(text, "\n    {}", source.trim());
        }
        let _ = write!(text, "\n  {}", indented(&error.text, "  "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_bundled_is_told_with_its_line() {
        let error = UiError {
            text: "Unexpected \"}\"".to_owned(),
            file: Some("/p/src/ui.tsx".into()),
            line: Some(3),
            column: Some(7),
            source: Some("  const }".to_owned()),
        };
        let told = failed("agent", &[error], true, Path::new("/p"));
        insta::assert_snapshot!(anstream::adapter::strip_str(&told).to_string(), @r#"
        error: the UI components of `agent` cannot be bundled; the last bundle is served on
          src/ui.tsx:3:7
            const }
          Unexpected "}"
        "#);
    }
}
