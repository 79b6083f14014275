//! The ids in a request, which are others each time: renamed in the order in which they appear, so that two that differ stay two.

use std::collections::HashMap;

use regex_lite::{Captures, Regex};
use serde_json::{Map, Value};

use crate::dates::Dates;

/// Keys whose value is an id, whatever it looks like.
const ID_KEYS: [&str; 7] = [
    "call_id",
    "previous_response_id",
    "request_id",
    "run_id",
    "thread_id",
    "tool_call_id",
    "tool_use_id",
];

/// Types of the objects whose `id` is that of a call.
const CALL_TYPES: [&str; 5] = [
    "function",
    "function_call",
    "server_tool_use",
    "tool_call",
    "tool_use",
];

/// Keys of the objects whose `id` is that of a call.
const CALL_KEYS: [&str; 5] = [
    "functionCall",
    "functionResponse",
    "function_call",
    "function_response",
    "tool_calls",
];

/// No longer text is looked through: it is a file.
const LONGEST_TEXT: usize = 256 * 1024;

/// A UUID; its hexadecimal digits alone, if its version and variant are in their places; and what providers make of theirs.
const SHAPES: &str = concat!(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    r"|[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}",
    r"|\b(?:call|toolu|srvtoolu|chatcmpl|cmpl|msg|resp|rs|fc|req|run|ws|gen|file|thread|asst)[_-](?:tool-)?[0-9A-Za-z]{16,}",
);

/// Knows the normal form of JSON: keys in order, ids renamed, and dates left out where a project says so. Two requests that have the
/// same one are the same.
#[derive(Debug)]
pub(crate) struct NormalForm {
    ids: Option<Regex>,
    dates: Option<Dates>,
}

impl NormalForm {
    pub(crate) fn new(ignores_dates: bool) -> Self {
        Self {
            ids: Regex::new(SHAPES).ok(),
            dates: ignores_dates.then(Dates::new),
        }
    }

    /// That of one request.
    pub(crate) fn of(&self, value: &Value) -> Value {
        let names = HashMap::new();
        Renaming { form: self, names }.value(value, None)
    }
}

/// What ids are called instead, for one request.
struct Renaming<'a> {
    form: &'a NormalForm,
    names: HashMap<String, String>,
}

impl Renaming<'_> {
    fn value(&mut self, value: &Value, key: Option<&str>) -> Value {
        match value {
            Value::String(text) if key.is_some_and(|key| ID_KEYS.contains(&key)) => {
                Value::String(self.id(text))
            }
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item, key)).collect(),
            Value::Object(fields) => self.object(fields, key),
            other => other.clone(),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, key: Option<&str>) -> Value {
        let kind = fields.get("type").and_then(Value::as_str);
        let is_call = kind.is_some_and(|kind| CALL_TYPES.contains(&kind))
            || key.is_some_and(|key| CALL_KEYS.contains(&key));
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| name.as_str());
        let renamed = sorted.into_iter().map(|(name, value)| {
            let value = match value {
                Value::String(id) if is_call && name == "id" => Value::String(self.id(id)),
                value => self.value(value, Some(name)),
            };
            (name.clone(), value)
        });
        Value::Object(renamed.collect())
    }

    fn text(&mut self, text: &str) -> String {
        if text.len() > LONGEST_TEXT {
            return text.to_owned();
        }
        let form = self.form;
        let text = match &form.dates {
            Some(dates) => dates.left_out_of(text),
            None => text.to_owned(),
        };
        let Some(ids) = &form.ids else {
            return text;
        };
        let renamed = ids.replace_all(&text, |found: &Captures<'_>| {
            let shape = &found[0];
            // `call_the_department_store` is a word, and so is what has no digit.
            if shape.bytes().any(|byte| byte.is_ascii_digit()) {
                self.id(shape)
            } else {
                shape.to_owned()
            }
        });
        renamed.into_owned()
    }

    fn id(&mut self, id: &str) -> String {
        let next = self.names.len() + 1;
        let name = self.names.entry(id.to_owned());
        name.or_insert_with(|| format!("‹id {next}›")).clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn normal_form(asked: &Value) -> Value {
        NormalForm::new(false).of(asked)
    }

    #[test]
    fn ids_are_numbered_as_they_appear() {
        let asked = json!({
            "b": "run 0197f3a2-1111-7222-8333-444455556666 of call_AbCdEfGh12345678IjKl",
            "a": ["call_AbCdEfGh12345678IjKl", "4f1e8a3b9c7d4e2fa1b2c3d4e5f60718"],
        });
        assert_eq!(
            normal_form(&asked),
            json!({"a": ["‹id 1›", "‹id 2›"], "b": "run ‹id 3› of ‹id 1›"})
        );
    }

    #[test]
    fn an_id_of_any_look_is_one_where_it_stands_for_a_call() {
        let asked = json!([
            {"tool_calls": [{"id": "D681PevKs", "function": {"name": "f"}}]},
            {"tool_call_id": "D681PevKs", "content": "x"},
            {"type": "tool_use", "id": "t1", "name": "f"},
            {"functionCall": {"id": "g1", "name": "f"}},
            {"id": "kept", "type": "document"},
        ]);
        assert_eq!(
            normal_form(&asked),
            json!([
                {"tool_calls": [{"function": {"name": "f"}, "id": "‹id 1›"}]},
                {"content": "x", "tool_call_id": "‹id 1›"},
                {"id": "‹id 2›", "name": "f", "type": "tool_use"},
                {"functionCall": {"id": "‹id 3›", "name": "f"}},
                {"id": "kept", "type": "document"},
            ])
        );
    }

    #[test]
    fn dates_are_left_out_where_they_are_ignored() {
        let asked = json!({"content": "on 2026-11-28 of call_AbCdEfGh12345678IjKl"});
        let left = NormalForm::new(true).of(&asked);
        assert_eq!(left, json!({"content": "on ‹date› of ‹id 1›"}));
        let kept = json!({"content": "on 2026-11-28 of ‹id 1›"});
        assert_eq!(normal_form(&asked), kept);
    }

    #[test]
    fn names_that_begin_like_an_id_are_none() {
        let asked = json!([
            "call_weather_service_1",
            "call_thedepartmentofweather",
            "run_2"
        ]);
        assert_eq!(normal_form(&asked), asked);
    }
}
