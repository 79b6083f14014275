//! The schemas of what comes in and of what goes out, which lie in `schemas.json` beside this as tests have made them of the types.
//!
//! The server could make them itself, and would carry code of half a megabyte for what is the same each time.

use std::collections::BTreeMap;
use std::io;

use lgx_embedded::Embedded;
use serde_json::{Map, Value};

use crate::http::route::Route;

const PACKED: Embedded = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// Where a reference leads.
const DEFINITIONS: &str = "#/components/schemas/";

/// The schemas, and which of their definitions are needed.
pub(super) struct TypeSchemas {
    known: Value,
    needed: Vec<String>,
}

impl TypeSchemas {
    /// Those in the binary.
    pub(super) fn unpack() -> io::Result<Self> {
        let mut files = PACKED.unpack()?;
        let (_, text) = files.pop().unwrap_or_default();
        Ok(Self {
            known: serde_json::from_slice(&text)?,
            needed: Vec::new(),
        })
    }

    /// Of the body that an endpoint takes, if it takes any.
    pub(super) fn of_request(&mut self, route: &Route) -> Option<Value> {
        self.of("requests", route)
    }

    /// Of the JSON that an endpoint answers with, if it does.
    pub(super) fn of_answer(&mut self, route: &Route) -> Option<Value> {
        self.of("answers", route)
    }

    /// Of refusals in JSON-RPC.
    pub(super) fn of_refusals(&mut self) -> Value {
        let schema = self.known["refusal"].clone();
        self.need(&schema);
        schema
    }

    fn of(&mut self, what: &str, route: &Route) -> Option<Value> {
        let schema = self.known[what].get(name(route))?.clone();
        self.need(&schema);
        Some(schema)
    }

    fn need(&mut self, schema: &Value) {
        references(schema, &mut self.needed);
    }

    /// All that is referred to, by what was asked for and among itself.
    pub(super) fn into_definitions(self) -> Map<String, Value> {
        let Self { known, mut needed } = self;
        let mut definitions = BTreeMap::new();
        while let Some(name) = needed.pop() {
            let Some(definition) = known["definitions"].get(&name) else {
                continue;
            };
            if definitions.insert(name, definition.clone()).is_none() {
                references(definition, &mut needed);
            }
        }
        definitions.into_iter().collect()
    }
}

/// What an endpoint is called among the schemas.
pub(super) fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// Adds the definitions that a schema refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            let reference = object.get("$ref").and_then(Value::as_str);
            found.extend(reference.and_then(|to| Some(to.strip_prefix(DEFINITIONS)?.to_owned())));
            object.values().for_each(|inner| references(inner, found));
        }
        Value::Array(array) => array.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}
