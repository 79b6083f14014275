//! `POST /lgx/open`: shows a line of a file of the project in the editor of the person, on whose machine the server runs.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::process::Command;

use super::project_file::Allowed;
use crate::http::{ApiError, Call, reply};
use crate::options::{Editor, PlaceForm};

/// A line of a file.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PlaceToOpen {
    /// Relative to the project, or absolute.
    file: String,
    /// From 1.
    line: Option<u32>,
}

/// It is being shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PlaceOpened {
    /// The editor.
    opened_with: String,
}

pub(super) async fn post(call: Call) -> Result<Response, ApiError> {
    call.authenticate().await?;
    let PlaceToOpen { file, line } = call.json()?;
    let line = line.unwrap_or(1).max(1);
    let allowed = Allowed::of(&call.app);
    let found = tokio::task::spawn_blocking(move || allowed.find(Path::new(&file))).await;
    let found =
        found.map_err(|error| ApiError::internal(format!("looking for a file: {error}")))?;
    let file = found?;
    let studio = call.app.options.studio.as_ref();
    let Some(editor) = studio.and_then(|studio| studio.editor.as_ref()) else {
        return Ok(unopened(
            "No editor with a window of its own is known: name one with LGX_EDITOR, VISUAL or EDITOR, and start again.",
            &file,
            line,
        ));
    };
    match start(editor, &file, line) {
        Ok(()) => Ok(reply::json(&PlaceOpened {
            opened_with: editor.name.clone(),
        })),
        Err(error) => {
            let program = editor.program.display();
            let detail = format!("{program} cannot be started: {error}");
            Ok(unopened(&detail, &file, line))
        }
    }
}

/// It goes on without the server, and does not share its terminal.
fn start(editor: &Editor, file: &Path, line: u32) -> std::io::Result<()> {
    let mut command = Command::new(&editor.program);
    command
        .args(&editor.arguments)
        .args(place(editor.form, file, line))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    // Whoever waits for it when it has ended is the runtime.
    command.spawn().map(drop)
}

/// The line of the file as the editor wants to be told.
fn place(form: PlaceForm, file: &Path, line: u32) -> Vec<OsString> {
    let mut both = file.as_os_str().to_owned();
    both.push(format!(":{line}"));
    match form {
        PlaceForm::FileLine => vec![both],
        PlaceForm::Goto => vec!["-g".into(), both],
        PlaceForm::PlusLine => vec![format!("+{line}").into(), file.into()],
        PlaceForm::LineFlag => vec!["--line".into(), line.to_string().into(), file.into()],
    }
}

/// Nothing was opened; the page can offer a link instead.
fn unopened(detail: &str, file: &Path, line: u32) -> Response {
    let offered = format!("vscode://file{}:{line}", file.display());
    let answer = reply::json(&json!({"detail": detail, "link": offered}));
    (StatusCode::CONFLICT, answer).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_editor_is_told_the_place_in_its_own_way() {
        for (form, told) in [
            (PlaceForm::FileLine, "/p/a b.py:7"),
            (PlaceForm::Goto, "-g|/p/a b.py:7"),
            (PlaceForm::PlusLine, "+7|/p/a b.py"),
            (PlaceForm::LineFlag, "--line|7|/p/a b.py"),
        ] {
            let arguments = place(form, Path::new("/p/a b.py"), 7);
            let joined: Vec<_> = arguments
                .iter()
                .map(|word| word.to_string_lossy())
                .collect();
            assert_eq!(joined.join("|"), told);
        }
    }
}
