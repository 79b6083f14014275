//! `lgx cassettes list`: a line for each recording.

use lgx_cassettes::{Body, Entry, GreenRun, Recording};
use serde_json::{Value, json};

use super::library;
use crate::exit::Outcome;
use crate::settings::cassettes::LibrarySettings;
use crate::ui::error::render;
use crate::ui::printer;
use crate::ui::style;

pub(super) fn run(settings: &LibrarySettings) -> anyhow::Result<Outcome> {
    let library = library(settings);
    let green = GreenRun::last(library.folder())?;
    let entries = library.entries()?;
    if settings.json {
        let lines = entries.iter().map(|entry| as_json(entry, green.as_ref()));
        printer::put(format!("{:#}", lines.collect::<Value>()))?;
    } else {
        for entry in &entries {
            if let Ok(recording) = &entry.recording {
                printer::put(line(recording))?;
            }
        }
    }
    if entries.is_empty() {
        let folder = library.folder().display();
        printer::say(format!("there are no recordings in {folder}"));
    }
    let mut outcome = Outcome::Success;
    for entry in entries {
        if let Err(error) = entry.recording {
            printer::say(render(&error.into()));
            outcome = Outcome::Failure;
        }
    }
    Ok(outcome)
}

fn line(recording: &Recording) -> String {
    let Recording {
        name,
        request,
        response,
        recorded,
        tokens,
    } = recording;
    let mut parts = vec![
        style::place(name),
        format!("{} {}", request.method(), request.path()),
        response.status().to_string(),
    ];
    parts.extend(request.model());
    if matches!(response.body(), Body::Chunks(_)) {
        parts.push("stream".to_owned());
    }
    if let Some(tokens) = tokens {
        let (read, written) = (tokens.input_tokens, tokens.output_tokens);
        parts.push(format!("{read} + {written} tokens"));
    }
    parts.push(style::quiet(recorded));
    parts.join("  ")
}

fn as_json(entry: &Entry, green: Option<&GreenRun>) -> Value {
    let used = green.map(|run| run.used.contains(&entry.name));
    match &entry.recording {
        Err(error) => json!({"name": entry.name, "bytes": entry.bytes, "error": error.to_string()}),
        Ok(recording) => json!({
            "name": entry.name,
            "method": recording.request.method(),
            "host": recording.request.host(),
            "path": recording.request.path(),
            "model": recording.request.model(),
            "status": recording.response.status(),
            "stream": matches!(recording.response.body(), Body::Chunks(_)),
            "recorded": recording.recorded,
            "usage": recording.tokens,
            "bytes": entry.bytes,
            "used": used,
        }),
    }
}
