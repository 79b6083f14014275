//! The scenario files of `tests/differential`: steps in order, each a request with the answer that was recorded.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::exemption::Difference;

/// Steps that share variables.
pub(super) struct Scenario {
    /// The file it is in.
    pub(super) file: String,
    /// What it is about.
    pub(super) name: String,
    /// Its steps, in order.
    pub(super) steps: Vec<Step>,
}

/// A request and the answer to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Method and path.
    pub(super) request: String,
    /// What is sent, as JSON.
    pub(super) body: Option<Value>,
    /// What is sent, one byte a character.
    pub(super) raw: Option<String>,
    /// Headers beside the content type.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Variables and where in the answer their values stand.
    #[serde(default)]
    pub(super) capture: BTreeMap<String, String>,
    /// How many events are read before the client hangs up.
    pub(super) take: Option<usize>,
    /// What the recorder made a placeholder of.
    #[serde(default, rename = "loose")]
    _loose: Vec<String>,
    /// The recorded answer.
    pub(super) expect: Value,
    /// How lgx answers otherwise.
    pub(super) differs: Option<Difference>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Scenario { scenario: String },
    Step(Box<Step>),
}

impl Step {
    /// The request in one line.
    pub(super) fn told(&self) -> String {
        let body = self.body.as_ref().map(Value::to_string);
        let sent = body.or_else(|| self.raw.clone()).unwrap_or_default();
        format!("{} {sent}", self.request)
    }
}

/// The scenarios for a project of `tests/projects`: those in the folder of its name, or in `scenarios` itself for the fixtures.
pub(super) fn of_project(name: &str) -> Result<Vec<Scenario>> {
    let mut folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("differential/scenarios");
    if name != "fixtures" {
        folder.push(name);
    }
    let mut paths: Vec<_> = fs_err::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    let mut scenarios: Vec<Scenario> = Vec::new();
    for path in paths {
        let file = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for (number, line) in fs_err::read_to_string(&path)?.lines().enumerate() {
            let place = || format!("{file}:{}", number + 1);
            match serde_json::from_str(line).with_context(place)? {
                Line::Scenario { scenario } => scenarios.push(Scenario {
                    file: file.clone(),
                    name: scenario,
                    steps: Vec::new(),
                }),
                Line::Step(step) => scenarios.last_mut().with_context(place)?.steps.push(*step),
            }
        }
    }
    Ok(scenarios)
}
