//! The SDKs of model providers in JavaScript, and langchain's package on them, recorded and played; and what Node.js has itself.

use std::io::Write as _;

use anyhow::{Result, ensure};
use lgx_tests::{ModelProvider, Project, python_env, why_no_node};

use crate::recorded_answers::answer;
use crate::recorded_exec::{KEYS, RecordedProject, everything};

/// By whom models are called, and what they say.
const SAID: [(&str, &str); 8] = [
    ("openai", "heard hello by openai"),
    ("openai-stream", "Hello"),
    ("openai-responses", "heard hello by openai-responses"),
    ("anthropic", "heard hello by anthropic"),
    ("anthropic-stream", "Hello"),
    ("langchain-openai", "Hello"),
    ("langchain-openai-tools", "heard Paris is sunny"),
    ("https", "heard hello by https"),
];
/// The tool is asked for twice: for its call, and for what its result means.
const QUESTIONS: usize = SAID.len() + 1;

#[test]
fn what_sdks_in_javascript_asked_is_played() -> Result<()> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: calls of models in JavaScript are not recorded: {reason}"
        )?;
        return Ok(());
    }
    let project = Project::with_packages("recorded-javascript")?;
    let place = RecordedProject::of(project, &python_env()?)?;
    let by = SAID.map(|(by, _)| by);
    let provider = ModelProvider::start(answer)?;
    let recorded = place.exec("record", Some(&provider), &by)?;
    ensure!(
        recorded.said()? == SAID.map(|(_, said)| said),
        "{}{}",
        recorded.stdout,
        recorded.stderr
    );
    let asked = provider.asked();
    ensure!(asked.len() == QUESTIONS, "{asked:#?}");
    drop(provider);

    let files = everything(&place.cassettes())?;
    ensure!(
        files.matches("\"lgx\": 1").count() == QUESTIONS,
        "each of them is recorded: {files}"
    );
    for (_, key) in KEYS {
        ensure!(!files.contains(key), "{key} is in a file");
    }
    place.plays(&recorded, &by)
}
