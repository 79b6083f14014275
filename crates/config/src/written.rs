//! Where something is written in a langgraph.json, asked for once it is known what it means.

use std::path::Path;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::depth::too_deep;
use crate::plain_file::read_plain_file;

/// A text in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The line that it is on, from 1.
    pub line: u32,
}

/// The line of a key by its path, such as `["graphs", "agent"]`; of the last of its keys that is there. None for a file that cannot be read.
#[must_use]
pub fn line_of(file: &Path, keys: &[&str]) -> Option<u32> {
    with_object(file, |text, object| {
        let mut line = None;
        let mut object = object;
        for key in keys {
            let mut latest_first = object.properties.iter().rev();
            let Some(property) = latest_first.find(|property| property.name.as_str() == *key)
            else {
                break;
            };
            line = Some(line_at(text, property.name.start()));
            match &property.value {
                Value::Object(inner) => object = inner,
                _ => break,
            }
        }
        line
    })?
}

/// The `dependencies` as they are written.
#[must_use]
pub fn written_dependencies(file: &Path) -> Vec<Written> {
    let found = with_object(file, |text, object| {
        let dependencies = object.get("dependencies")?;
        let Value::Array(array) = &dependencies.value else {
            return None;
        };
        let literals = array.elements.iter().filter_map(|element| match element {
            Value::StringLit(literal) => Some(Written {
                text: literal.value.trim().to_owned(),
                line: line_at(text, literal.start()),
            }),
            _ => None,
        });
        Some(literals.collect())
    });
    found.flatten().unwrap_or_default()
}

/// Looks into the object that a file holds, if it does.
fn with_object<T>(file: &Path, look: impl FnOnce(&str, &Object<'_>) -> T) -> Option<T> {
    let text = String::from_utf8(read_plain_file(file).ok()?).ok()?;
    if too_deep(&text).is_some() {
        return None;
    }
    let parsed = parse_to_ast(&text, &CollectOptions::default(), &ParseOptions::default()).ok()?;
    match parsed.value {
        Some(Value::Object(object)) => Some(look(&text, &object)),
        _ => None,
    }
}

fn line_at(text: &str, byte: usize) -> u32 {
    let before = text.as_bytes().iter().take(byte);
    let line = before.filter(|byte| **byte == b'\n').count() + 1;
    u32::try_from(line).unwrap_or(u32::MAX)
}
