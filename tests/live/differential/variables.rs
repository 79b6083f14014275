//! The variables of a scenario: made for it, or captured from answers, and filled in where `${name}` stands.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::scenario::Scenario;

/// What a scenario knows so far. `unique` is another word in each scenario, names that begin with `new_` are fresh ids.
pub(super) struct Variables {
    values: BTreeMap<String, Value>,
    seed: u64,
}

impl Variables {
    /// Those of a scenario that begins.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut hasher = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(&(&scenario.file, &scenario.name), &mut hasher);
        let seed = std::hash::Hasher::finish(&hasher);
        let unique = Value::String(format!("play{seed:016x}"));
        Self {
            values: BTreeMap::from([("unique".to_owned(), unique)]),
            seed,
        }
    }

    /// Keeps the values that JSON pointers find in an answer.
    pub(super) fn capture(
        &mut self,
        wanted: &BTreeMap<String, String>,
        answer: &Value,
    ) -> Result<()> {
        for (name, pointer) in wanted {
            let value = answer
                .pointer(pointer)
                .with_context(|| format!("there is nothing at {pointer} for ${{{name}}}"))?;
            self.values.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    /// The value with the variables in it.
    pub(super) fn fill(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'))
            {
                Some(name) if !name.contains([':', '$']) => self.value(name),
                _ => Value::String(self.fill_text(text)),
            },
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(object) => {
                let mut filled = Map::new();
                for (key, item) in object {
                    let key = self.fill_text(key);
                    filled.insert(key, self.fill(item));
                }
                Value::Object(filled)
            }
            other => other.clone(),
        }
    }

    /// The text with the variables in it.
    pub(super) fn fill_text(&mut self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${") else {
            return text.to_owned();
        };
        let Some((use_, after)) = rest.split_once('}') else {
            return text.to_owned();
        };
        let (name, form) = use_.split_once(':').unwrap_or((use_, ""));
        let value = match self.value(name) {
            Value::String(value) => value,
            other => other.to_string(),
        };
        let value = match form {
            "upper" => value.to_uppercase(),
            "hex" => value.replace('-', ""),
            _ => value,
        };
        format!("{before}{value}{}", self.fill_text(after))
    }

    fn value(&mut self, name: &str) -> Value {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        if !name.starts_with("new_") {
            // A scenario ends where a capture finds nothing, so that this is a scenario that never captures it.
            return Value::String(format!("${{{name}}}"));
        }
        let number = self.values.len();
        let seed = format!("{:016x}", self.seed);
        let (head, tail) = seed.split_at(8);
        let id = Value::String(format!("{head}-0000-4000-8000-{number:04x}{tail}"));
        self.values.insert(name.to_owned(), id.clone());
        id
    }
}
