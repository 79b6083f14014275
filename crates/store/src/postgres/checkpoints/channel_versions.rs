//! The versions of a checkpoint's channels, as statements read them that look for the values: with each name and version as it stands in
//! the columns of these.

use lgx_model::JsonObject;
use serde_json::Value;
use tokio_postgres::Row;

use crate::Result;
use crate::postgres::any_text;
use crate::postgres::columns::{json, object};

/// The versions as they stand in their column.
pub(super) fn written(versions: &JsonObject) -> Result<String> {
    json(&each(versions.clone(), |text| {
        any_text::written(text).into_owned()
    }))
}

/// The versions that a column holds.
pub(super) fn read(row: &Row, column: usize) -> Result<JsonObject> {
    Ok(each(object(row, column)?, any_text::read))
}

fn each(versions: JsonObject, text: fn(&str) -> String) -> JsonObject {
    let versions = versions.into_iter().map(|(channel, version)| {
        let version = match version {
            Value::String(version) => Value::String(text(&version)),
            number => number,
        };
        (text(&channel), version)
    });
    versions.collect()
}
