//! Why a run failed, with the place where the server knows it. Pure.

use std::path::Path;

use lgx_devserver::Diagnostic;
use serde_json::Value;

use crate::ui::{diagnostic, style};

/// The lines that say it: what the stream said, or better what the server has kept of it.
pub(super) fn render(streamed: &Value, kept: Option<&Value>, project: Option<&Path>) -> String {
    if let Some(found) = kept.and_then(|kept| diagnostic_of(kept, project)) {
        let found = diagnostic::render(&found, project.unwrap_or(Path::new("")));
        return format!("{} the run failed\n{found}", style::error());
    }
    let text = |key: &str| streamed[key].as_str().unwrap_or_default();
    let (kind, message) = (text("error"), text("message"));
    let colon = if kind.is_empty() || message.is_empty() {
        ""
    } else {
        ": "
    };
    format!("{} the run failed: {kind}{colon}{message}", style::error())
}

fn diagnostic_of(kept: &Value, project: Option<&Path>) -> Option<Diagnostic> {
    let text = |key: &str| kept[key].as_str().map(str::to_owned);
    let number = |key: &str| {
        kept[key]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
    };
    let file = text("file").map(|file| match project {
        Some(project) => project.join(&file).display().to_string(),
        None => file,
    });
    Some(Diagnostic {
        kind: text("type")?,
        message: text("message")?,
        file,
        line: number("line"),
        column: number("column"),
        source: text("source"),
        function: text("function"),
        traceback: text("traceback").unwrap_or_default(),
        hint: text("hint"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(streamed: &Value, kept: Option<&Value>) -> String {
        let text = render(streamed, kept, Some(Path::new("/p")));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_place_is_told_where_the_server_keeps_it() {
        let streamed = json!({"error": "ValueError", "message": "kaboom"});
        let kept = json!({
            "type": "ValueError", "message": "kaboom", "file": "src/boom.py", "line": 20, "column": null,
            "source": "    raise x", "function": "explode", "traceback": "", "hint": null,
        });
        assert_eq!(
            shown(&streamed, Some(&kept)),
            "error: the run failed\n  src/boom.py:20 in explode\n    raise x\n  ValueError: kaboom"
        );
        assert_eq!(
            shown(&streamed, Some(&Value::Null)),
            "error: the run failed: ValueError: kaboom"
        );
        assert_eq!(
            shown(&json!({"message": "timed out"}), None),
            "error: the run failed: timed out"
        );
    }
}
