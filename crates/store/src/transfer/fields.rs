//! Fields of rows on a line, and how each kind of them is written and read.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::tables::{Column, Kind, Table};
use crate::Result;

/// What a column of a row holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    /// Nothing.
    Null,
    /// A UUID.
    Id(Uuid),
    /// A text, or JSON as its text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Any number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Labels.
    Labels(Vec<String>),
}

impl Field {
    /// The text, if it is one.
    #[cfg(feature = "postgres")]
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }
}

/// Writes a row behind what is in `line` already.
pub(super) fn write(table: &Table, fields: &[Field], line: &mut Vec<u8>) -> Result<()> {
    line.extend([b"{\"", table.noun.as_bytes(), b"\":{"].concat());
    let mut separator = "";
    for (column, field) in table.columns.iter().zip(fields) {
        if *field == Field::Null {
            continue;
        }
        line.extend([separator.as_bytes(), b"\"", column.name.as_bytes(), b"\":"].concat());
        separator = ",";
        match field {
            Field::Null => {}
            // Breaks between lines are of no meaning in JSON.
            Field::Text(text) if column.kind == Kind::Json => {
                line.extend(text.replace(['\n', '\r'], " ").into_bytes());
            }
            Field::Id(id) => serde_json::to_writer(&mut *line, &id.to_string())?,
            Field::Text(text) => serde_json::to_writer(&mut *line, text)?,
            Field::Number(number) => serde_json::to_writer(&mut *line, number)?,
            Field::Real(number) => serde_json::to_writer(&mut *line, number)?,
            Field::Flag(flag) => serde_json::to_writer(&mut *line, flag)?,
            Field::Labels(labels) => serde_json::to_writer(&mut *line, labels)?,
            Field::Bytes(bytes) => {
                line.push(b'"');
                line.extend(BASE64_STANDARD.encode(bytes).into_bytes());
                line.push(b'"');
            }
        }
    }
    line.extend(b"}}\n");
    Ok(())
}

/// Reads the fields of a row, or says what is wrong with them.
pub(super) fn read(table: &Table, row: &RawValue) -> Result<Vec<Field>, String> {
    let mut given: HashMap<&str, &RawValue> =
        serde_json::from_str(row.get()).map_err(|_| format!("`{}` is no row", table.noun))?;
    let mut fields = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let field = match given.remove(column.name) {
            Some(value) => read_one(column, value)
                .ok_or_else(|| format!("`{}` of `{}` cannot be read", column.name, table.noun))?,
            None if column.optional => Field::Null,
            None => return Err(format!("`{}` has no `{}`", table.noun, column.name)),
        };
        fields.push(field);
    }
    match given.keys().min() {
        Some(unknown) => Err(format!(
            "`{}` has `{unknown}`, which this version of lgx does not know",
            table.noun
        )),
        None => Ok(fields),
    }
}

fn read_one(column: &Column, value: &RawValue) -> Option<Field> {
    Some(match column.kind {
        Kind::Id | Kind::RunOfRow => Field::Id(parsed::<String>(value)?.parse().ok()?),
        Kind::Text | Kind::Key => Field::Text(parsed(value)?),
        Kind::Json => Field::Text(value.get().to_owned()),
        Kind::Number => Field::Number(parsed(value)?),
        Kind::Real => Field::Real(parsed(value)?),
        Kind::Flag => Field::Flag(parsed(value)?),
        Kind::Bytes | Kind::Value => {
            Field::Bytes(BASE64_STANDARD.decode(parsed::<String>(value)?).ok()?)
        }
        Kind::Namespace => Field::Labels(parsed(value)?),
    })
}

fn parsed<T: DeserializeOwned>(value: &RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}
