//! `lgx cassettes show`: a recorded call as a conversation.

use anyhow::Context as _;
use lgx_cassettes::{Body, Library, Recording, Turn};
use serde_json::Value;

use super::library;
use crate::exit::Outcome;
use crate::settings::cassettes::LibrarySettings;
use crate::ui::error::Advised;
use crate::ui::printer;
use crate::ui::style;

pub(super) fn run(names: &[String], settings: &LibrarySettings) -> anyhow::Result<Outcome> {
    let library = library(settings);
    let mut found = Vec::new();
    for name in names {
        found.extend(named(name, &library)?);
    }
    if settings.json {
        let documents = found.iter().map(Recording::to_json);
        printer::put(format!("{:#}", documents.collect::<Value>()))?;
    } else {
        let shown: Vec<String> = found.iter().map(shown).collect();
        printer::put(shown.join("\n\n"))?;
    }
    Ok(Outcome::Success)
}

/// The recordings that are meant: by a path, or by how a name or its key begins.
fn named(name: &str, library: &Library) -> anyhow::Result<Vec<Recording>> {
    let folder = library.folder();
    let path = std::path::absolute(name).unwrap_or_default();
    let mut meant = Vec::new();
    for entry in library.entries()? {
        let key = entry.name.rsplit('/').next().unwrap_or_default();
        if entry.name.starts_with(name) || key.starts_with(name) || folder.join(&entry.name) == path
        {
            meant.push(entry.recording.context("cannot be shown")?);
        }
    }
    if meant.is_empty() {
        let message = format!("there is no recording `{name}` in {}", folder.display());
        return Err(Advised::new(message, "`lgx cassettes list` names all of them").into());
    }
    Ok(meant)
}

fn shown(recording: &Recording) -> String {
    let request = &recording.request;
    let model = request.model().map(|model| format!(" ({model})"));
    let mut lines = vec![
        format!(
            "{}  {}",
            style::place(&recording.name),
            style::quiet(&recording.recorded)
        ),
        format!("{request}{}", model.unwrap_or_default()),
    ];
    lines.extend(request.turns().iter().map(said));
    lines.push(head(recording));
    lines.extend(recording.response.turns().iter().map(said));
    lines.join("\n")
}

/// How it was answered, beside what was said.
fn head(recording: &Recording) -> String {
    let mut parts = vec![recording.response.status().to_string()];
    if let Body::Chunks(chunks) = recording.response.body() {
        let took = chunks.last().map(|chunk| chunk.after).unwrap_or_default();
        let took = style::duration(took);
        parts.push(format!("a stream of {} pieces in {took}", chunks.len()));
    }
    if let Some(tokens) = recording.tokens {
        let (read, written) = (tokens.input_tokens, tokens.output_tokens);
        parts.push(format!("{read} tokens read, {written} written"));
    }
    parts.join(", ")
}

fn said(turn: &Turn) -> String {
    let text = turn.text.trim_end().replace('\n', "\n    ");
    format!("  {} {text}", style::strong(format!("{}:", turn.who)))
}
