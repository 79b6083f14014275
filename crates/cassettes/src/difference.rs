//! Where two JSON values differ, place by place, and how much.

use std::fmt;

use serde_json::Value;

/// How much of a text is shown on each side.
const SHOWN: usize = 60;

/// A place where a request is not what was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The JSON path: `messages[2].content`.
    pub path: String,
    /// What stands there in the recording.
    pub recorded: Option<Value>,
    /// What stands there now.
    pub asked: Option<Value>,
}

impl Difference {
    /// How much it is: 1 for something that is only on one side or another value, less for a text that is much the same.
    pub(crate) fn weight(&self) -> f64 {
        match (&self.recorded, &self.asked) {
            (Some(Value::String(one)), Some(Value::String(other))) => {
                let (before, after) = shared(one, other);
                let longest = one.len().max(other.len()).max(1);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a weight, of texts far below 2^52 bytes"
                )]
                let same = (before + after) as f64 / longest as f64;
                1.0 - 0.9 * same
            }
            (one, other) => 1.0 + leaves(one.as_ref()) + leaves(other.as_ref()),
        }
    }
}

fn leaves(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Array(items)) => items.iter().map(|item| leaves(Some(item))).sum(),
        Some(Value::Object(fields)) => fields.values().map(|item| leaves(Some(item))).sum(),
        Some(_) => 0.5,
        None => 0.0,
    }
}

/// All places where `asked` is not what was recorded.
pub(crate) fn differences(recorded: &Value, asked: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(recorded, asked, "", &mut found);
    found
}

fn compare(recorded: &Value, asked: &Value, path: &str, found: &mut Vec<Difference>) {
    match (recorded, asked) {
        (Value::Object(one), Value::Object(other)) => {
            let only_there = other.keys().filter(|name| !one.contains_key(*name));
            for name in one.keys().chain(only_there) {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                compare_parts(one.get(name), other.get(name), path, found);
            }
        }
        (Value::Array(one), Value::Array(other)) => compare_lists(one, other, path, found),
        (one, other) if one != other => found.push(Difference {
            path: path.to_owned(),
            recorded: Some(one.clone()),
            asked: Some(other.clone()),
        }),
        _ => {}
    }
}

fn compare_parts(
    recorded: Option<&Value>,
    asked: Option<&Value>,
    path: String,
    found: &mut Vec<Difference>,
) {
    match (recorded, asked) {
        (Some(one), Some(other)) => compare(one, other, &path, found),
        (one, other) => found.push(Difference {
            path,
            recorded: one.cloned(),
            asked: other.cloned(),
        }),
    }
}

/// What both lists end with is set side by side, so that one message more is one difference. Places are those of what is asked.
fn compare_lists(one: &[Value], other: &[Value], path: &str, found: &mut Vec<Difference>) {
    let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let ends = one[start..].iter().rev().zip(other[start..].iter().rev());
    let end = ends.take_while(|(a, b)| a == b).count();
    let one = &one[start..one.len() - end];
    let other = &other[start..other.len() - end];
    for number in 0..one.len().max(other.len()) {
        let path = format!("{path}[{}]", start + number);
        compare_parts(one.get(number), other.get(number), path, found);
    }
}

/// How many bytes two texts have in common at their beginnings and ends.
fn shared(one: &str, other: &str) -> (usize, usize) {
    let before = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = one.len().min(other.len()) - before;
    let ends = one.bytes().rev().zip(other.bytes().rev()).take(rest);
    (before, ends.take_while(|(a, b)| a == b).count())
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path)?;
        let from = match (&self.recorded, &self.asked) {
            (Some(Value::String(one)), Some(Value::String(other))) => shared(one, other).0,
            _ => 0,
        };
        if let Some(recorded) = &self.recorded {
            write!(f, " - {}", shown(recorded, from))?;
        }
        if let Some(asked) = &self.asked {
            let gap = if self.recorded.is_some() { "  " } else { "" };
            write!(f, "{gap} + {}", shown(asked, from))?;
        }
        Ok(())
    }
}

/// A value on one line; of a long text what lies around the byte `at`.
fn shown(value: &Value, at: usize) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let letters: Vec<char> = text.chars().collect();
    let at = text
        .char_indices()
        .take_while(|(place, _)| *place < at)
        .count();
    let start = if letters.len() <= SHOWN {
        0
    } else {
        at.saturating_sub(SHOWN / 3).min(letters.len() - SHOWN)
    };
    let end = (start + SHOWN).min(letters.len());
    let part: String = letters[start..end].iter().collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if end < letters.len() { "…" } else { "" };
    match value {
        Value::String(_) => Value::String(format!("{before}{part}{after}")).to_string(),
        _ => format!("{before}{part}{after}"),
    }
}
