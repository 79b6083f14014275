//! Where lgx answers otherwise on purpose: in one step, or everywhere; each names its row of docs/compatibility.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use lgx_tests::workspace_root;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How the answer to one step is another than recorded.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// The first cell of the row that gives the reason.
    pub(super) row: String,
    /// What lgx answers at these places of the recorded answer.
    #[serde(default)]
    set: BTreeMap<String, Value>,
    /// What of the recorded answer lgx does not have.
    #[serde(default)]
    without: Vec<String>,
}

/// What differs in every answer that has such an object in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    row: String,
    /// The keys that such an object has.
    has: Vec<String>,
    /// Keys that lgx has always, and what is there when nothing was recorded.
    #[serde(default)]
    defaults: Map<String, Value>,
    /// Keys that lgx never has, with slashes to those of objects within.
    #[serde(default)]
    without: Vec<String>,
    #[serde(skip)]
    used: bool,
}

/// The differences that are the same in every scenario.
pub(super) struct Everywhere(Vec<Rule>);

/// The rows of docs/compatibility.md, by their first cell.
pub(super) struct Rows(BTreeSet<String>);

impl Difference {
    /// The recorded answer, changed to what lgx answers.
    pub(super) fn applied(&self, recorded: &Value) -> Value {
        let mut answer = recorded.clone();
        for pointer in &self.without {
            remove(&mut answer, pointer);
        }
        for (pointer, value) in &self.set {
            put(&mut answer, pointer, value.clone());
        }
        answer
    }
}

impl Everywhere {
    /// Reads `everywhere.json`.
    pub(super) fn read() -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("differential/everywhere.json");
        Ok(Self(serde_json::from_str(&fs_err::read_to_string(path)?)?))
    }

    /// A recorded answer, changed to what lgx answers.
    pub(super) fn applied(&mut self, recorded: &Value) -> Value {
        let mut answer = recorded.clone();
        for rule in &mut self.0 {
            let has =
                |object: &Map<String, Value>| rule.has.iter().all(|key| object.contains_key(key));
            let mut used = false;
            visit(&mut answer, &mut |object| {
                if !has(object) {
                    return;
                }
                for key in &rule.without {
                    used |= remove_within(object, key);
                }
                for (key, value) in &rule.defaults {
                    if !object.contains_key(key) {
                        object.insert(key.clone(), value.clone());
                        used = true;
                    }
                }
            });
            rule.used |= used;
        }
        answer
    }

    /// The rules that name no row.
    pub(super) fn without_row(&self, rows: &Rows) -> Vec<String> {
        let wrong = self.0.iter().filter(|rule| !rows.has(&rule.row));
        wrong
            .map(|rule| format!("everywhere.json: no row begins with {:?}", rule.row))
            .collect()
    }

    /// The rules that no answer needed.
    pub(super) fn unused(&self) -> Vec<String> {
        let unused = self.0.iter().filter(|rule| !rule.used);
        unused
            .map(|rule| format!("everywhere.json: nothing needs {:?}", rule.row))
            .collect()
    }
}

impl Rows {
    /// Reads the tables of docs/compatibility.md.
    pub(super) fn read() -> Result<Self> {
        let text = fs_err::read_to_string(workspace_root().join("docs/compatibility.md"))?;
        let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
        Ok(Self(
            rows.filter_map(|row| Some(row.split_once(" | ")?.0.to_owned()))
                .collect(),
        ))
    }

    /// Whether there is a row with this first cell.
    pub(super) fn has(&self, row: &str) -> bool {
        self.0.contains(row)
    }
}

/// Shows every object in a value, the outer before the inner.
fn visit(value: &mut Value, see: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            see(object);
            object.values_mut().for_each(|item| visit(item, see));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, see)),
        _ => {}
    }
}

fn put(answer: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    match answer.pointer_mut(parent) {
        Some(Value::Object(object)) => drop(object.insert(unescaped(key), value)),
        Some(Value::Array(items)) => {
            if let Some(item) = key.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                *item = value;
            }
        }
        _ => {}
    }
}

fn remove(answer: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    if let Some(Value::Object(object)) = answer.pointer_mut(parent) {
        object.shift_remove(&unescaped(key));
    }
}

/// Removes the key at a path, if it is there.
fn remove_within(object: &mut Map<String, Value>, path: &str) -> bool {
    match path.split_once('/') {
        None => object.shift_remove(path).is_some(),
        Some((key, rest)) => match object.get_mut(key) {
            Some(Value::Object(inner)) => remove_within(inner, rest),
            _ => false,
        },
    }
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
