//! What is never sent to a build: secrets, state, and what is made anew in the image.

use std::fmt::Write as _;

use super::ImagePlan;
use super::secrets::below;
use crate::disk::Probe;

/// What no image of any project holds.
const ALWAYS: [&str; 17] = [
    "**/.env",
    "**/.env.*",
    "!**/.env.example",
    "**/.git",
    "**/.lgx",
    "**/.langgraph_api",
    "**/node_modules",
    "**/.venv",
    "**/__pycache__",
    "**/*.pyc",
    "**/.mypy_cache",
    "**/.pytest_cache",
    "**/.ruff_cache",
    "**/.DS_Store",
    "**/Dockerfile*",
    "**/docker-compose*.yml",
    "**/compose*.yaml",
];

/// The text of a `.dockerignore`: what the project's own one says, then what lgx says, which so has the last word.
pub(crate) fn write(plan: &ImagePlan<'_>, disk: &impl Probe) -> String {
    let context = &plan.folders.context;
    let mut text = String::new();
    if let Some(own) = disk.read(&context.join(".dockerignore")) {
        let _ = writeln!(text, "# From .dockerignore.\n{}\n", own.trim_end());
    }
    text.push_str("# Secrets, state, and what is made anew in the image.\n");
    let secrets = plan.secrets.iter().map(|secret| &secret.file);
    let files = plan.config.env_file.iter().chain(secrets);
    let named = files.filter_map(|file| Some(below(file, context)?.display().to_string()));
    let environments = disk
        .names(&plan.config.root)
        .into_iter()
        .filter_map(|name| {
            let folder = plan.config.root.join(&name);
            disk.exists(&folder.join("pyvenv.cfg"))
                .then(|| plan.folders.seen_in_context(&folder))
        });
    let always = ALWAYS.iter().map(|pattern| (*pattern).to_owned());
    let mut written: Vec<String> = Vec::new();
    for pattern in always.chain(named).chain(environments) {
        let is_said = written.iter().any(|line| {
            *line == pattern || (!pattern.contains(['/', '*']) && *line == format!("**/{pattern}"))
        });
        if !is_said {
            text.push_str(&pattern);
            text.push('\n');
            written.push(pattern);
        }
    }
    text
}
