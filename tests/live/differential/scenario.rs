//! The scenario files of `tests/differential`, one topic each: steps in order, each a request with the answer that was recorded.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::exemption::Difference;

/// Steps that share variables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// The file it is in, from the folder of its project.
    #[serde(skip)]
    pub(super) file: String,
    /// What it is about.
    #[serde(rename = "scenario")]
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
    /// Headers besides the content type.
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

impl Step {
    /// The request in one line.
    pub(super) fn told(&self) -> String {
        let body = self.body.as_ref().map(Value::to_string);
        let sent = body.or_else(|| self.raw.clone()).unwrap_or_default();
        format!("{} {sent}", self.request)
    }
}

/// The scenarios for a project of `tests/projects`.
pub(super) fn of_project(name: &str) -> Result<Vec<Scenario>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("differential");
    let names = serde_json::from_str(&fs_err::read_to_string(root.join("named.json"))?)?;
    let folder = root.join("scenarios").join(name);
    let mut paths = Vec::new();
    for noun in fs_err::read_dir(&folder)? {
        for file in fs_err::read_dir(noun?.path())? {
            paths.push(file?.path());
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let file = path.strip_prefix(&folder)?.display().to_string();
            let mut written: Value = serde_json::from_str(&fs_err::read_to_string(path)?)
                .with_context(|| file.clone())?;
            for step in written["steps"].as_array_mut().into_iter().flatten() {
                for recorded in ["expect", "differs"] {
                    if let Some(value) = step.get_mut(recorded) {
                        put_named(value, &names);
                    }
                }
            }
            let scenario: Scenario =
                serde_json::from_value(written).with_context(|| file.clone())?;
            Ok(Scenario { file, ..scenario })
        })
        .collect()
}

/// Puts what a name of `named.json` stands for in the place of each `"<name>"`.
fn put_named(value: &mut Value, names: &Map<String, Value>) {
    match value {
        Value::String(text) => {
            let name = text
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'));
            if let Some(named) = name.and_then(|name| names.get(name)) {
                *value = named.clone();
                put_named(value, names);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_named(item, names)),
        Value::Object(object) => object.values_mut().for_each(|item| put_named(item, names)),
        _ => {}
    }
}
