//! Typed access to the keys of a JSON object; a value of the wrong type is a located error and then as good as absent.

use std::fmt;

use jsonc_parser::ast::{Object, ObjectProp, StringLit, Value};

use crate::report::Report;

/// An object of the file and its dotted name in it; the whole file has the empty name.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    name: &'a str,
    object: &'a Object<'a>,
}

impl<'a> Section<'a> {
    pub(crate) fn new(name: &'a str, object: &'a Object<'a>) -> Self {
        Self { name, object }
    }

    /// The object itself, to point at.
    pub(crate) fn object(self) -> &'a Object<'a> {
        self.object
    }

    /// The property, unless it is absent or null. Of duplicates the last counts, as in every JSON parser.
    pub(crate) fn property(self, key: &str) -> Option<&'a ObjectProp<'a>> {
        let property = self
            .object
            .properties
            .iter()
            .rfind(|property| property.name.as_str() == key)?;
        (!matches!(property.value, Value::NullKeyword(_))).then_some(property)
    }

    /// The value, unless it is absent or null.
    pub(crate) fn value(self, key: &str) -> Option<&'a Value<'a>> {
        self.property(key).map(|property| &property.value)
    }

    /// The value as it stands.
    pub(crate) fn raw(self, key: &str) -> Option<serde_json::Value> {
        self.value(key).cloned().map(Into::into)
    }

    /// The section below this one.
    pub(crate) fn section(self, name: &'a str, report: &mut Report<'_>) -> Option<Self> {
        let key = name.rsplit('.').next().unwrap_or(name);
        match self.value(key)? {
            Value::Object(object) => Some(Self { name, object }),
            other => {
                wrong_type(report, other, &self.path(key), "an object");
                None
            }
        }
    }

    /// A text, with its place.
    pub(crate) fn literal(self, key: &str, report: &mut Report<'_>) -> Option<&'a StringLit<'a>> {
        match self.value(key)? {
            Value::StringLit(literal) => Some(literal),
            other => {
                wrong_type(report, other, &self.path(key), "a string");
                None
            }
        }
    }

    /// A text.
    pub(crate) fn string(self, key: &str, report: &mut Report<'_>) -> Option<String> {
        self.literal(key, report)
            .map(|literal| literal.value.to_string())
    }

    /// `true` or `false`, also as texts, which people write because it is how they stand in environment variables.
    pub(crate) fn flag(self, key: &str, report: &mut Report<'_>) -> Option<bool> {
        match self.value(key)? {
            Value::BooleanLit(literal) => Some(literal.value),
            Value::StringLit(literal) if literal.value.eq_ignore_ascii_case("true") => Some(true),
            Value::StringLit(literal) if literal.value.eq_ignore_ascii_case("false") => Some(false),
            other => {
                wrong_type(report, other, &self.path(key), "true or false");
                None
            }
        }
    }

    /// A whole number; `unit` says of what, for the message (`of seconds`).
    pub(crate) fn count(self, key: &str, unit: &str, report: &mut Report<'_>) -> Option<u32> {
        let value = self.value(key)?;
        let count = value
            .as_number_lit()
            .and_then(|literal| literal.value.parse().ok());
        if count.is_none() {
            let expected = format!("a whole number {unit}");
            wrong_type(report, value, &self.path(key), &expected);
        }
        count
    }

    /// A list of ports; elements that are none are reported and left out.
    pub(crate) fn ports(self, key: &str, report: &mut Report<'_>) -> Option<Vec<u16>> {
        let value = self.value(key)?;
        let Value::Array(array) = value else {
            wrong_type(report, value, &self.path(key), "an array of ports");
            return None;
        };
        let mut ports = Vec::with_capacity(array.elements.len());
        for element in &array.elements {
            let port = element
                .as_number_lit()
                .and_then(|literal| literal.value.parse().ok());
            match port {
                Some(port) => ports.push(port),
                None => wrong_type(
                    report,
                    element,
                    &format!("each entry of {}", self.path(key)),
                    "a port number",
                ),
            }
        }
        Some(ports)
    }

    /// A list of texts, each with its place; elements that are none are reported and left out.
    pub(crate) fn literals(
        self,
        key: &str,
        report: &mut Report<'_>,
    ) -> Option<Vec<&'a StringLit<'a>>> {
        let value = self.value(key)?;
        let Value::Array(array) = value else {
            wrong_type(report, value, &self.path(key), "an array of strings");
            return None;
        };
        let mut literals = Vec::with_capacity(array.elements.len());
        for element in &array.elements {
            match element {
                Value::StringLit(literal) => literals.push(literal),
                other => wrong_type(
                    report,
                    other,
                    &format!("each entry of {}", self.path(key)),
                    "a string",
                ),
            }
        }
        Some(literals)
    }

    /// A list of texts.
    pub(crate) fn strings(self, key: &str, report: &mut Report<'_>) -> Option<Vec<String>> {
        let literals = self.literals(key, report)?;
        Some(
            literals
                .iter()
                .map(|literal| literal.value.to_string())
                .collect(),
        )
    }

    /// How the key is called in messages.
    fn path(self, key: &str) -> String {
        Path(self.name, key).to_string()
    }
}

/// A key with the section it stands in, `auth.path`, in backticks.
pub(crate) struct Path<'a>(pub(crate) &'a str, pub(crate) &'a str);

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self("", key) => write!(formatter, "`{key}`"),
            Self(section, key) => write!(formatter, "`{section}.{key}`"),
        }
    }
}

/// Says that a value is of another type than expected.
pub(crate) fn wrong_type(report: &mut Report<'_>, value: &Value<'_>, what: &str, expected: &str) {
    report.error(
        value,
        format!("{what} must be {expected}, not {}", kind(value)),
    );
}

/// What a value is, in words.
pub(crate) fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::StringLit(_) => "a string",
        Value::NumberLit(_) => "a number",
        Value::BooleanLit(_) => "a boolean",
        Value::Object(_) => "an object",
        Value::Array(_) => "an array",
        Value::NullKeyword(_) => "null",
    }
}
