//! How the nouns' fields stand in columns: ids and JSON as text, times as microseconds.

use std::str::FromStr;

use lgx_model::{JsonObject, MultitaskStrategy, RawJson, RunStatus, ThreadStatus, Timestamp};
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Result, StoreError};

/// An id.
pub(crate) fn id<T: FromStr>(row: &Row<'_>, column: usize) -> Result<T> {
    let text = text(row, column)?;
    text.parse().map_err(|_| StoreError::Value {
        what: "id",
        text: text.to_owned(),
    })
}

/// An id, or NULL.
pub(crate) fn id_or_null<T: FromStr>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let is_there = text_or_null(row, column)?.is_some();
    is_there.then(|| id(row, column)).transpose()
}

/// A text, borrowed from the row.
pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str> {
    Ok(row
        .get_ref(column)?
        .as_str()
        .map_err(rusqlite::Error::from)?)
}

/// A text that may be NULL.
pub(crate) fn text_or_null<'a>(row: &'a Row<'_>, column: usize) -> Result<Option<&'a str>> {
    Ok(row
        .get_ref(column)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?)
}

/// A time.
pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_micros(row.get(column)?))
}

/// A JSON object.
pub(crate) fn object(row: &Row<'_>, column: usize) -> Result<JsonObject> {
    parsed(row, column)
}

/// JSON of the type asked for.
pub(crate) fn parsed<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    Ok(serde_json::from_str(text(row, column)?)?)
}

/// JSON of the type asked for, or NULL.
pub(crate) fn parsed_or_null<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<T>> {
    Ok(text_or_null(row, column)?
        .map(serde_json::from_str)
        .transpose()?)
}

/// JSON as its text; `null` for NULL.
pub(crate) fn raw(row: &Row<'_>, column: usize) -> Result<RawJson> {
    match text_or_null(row, column)? {
        Some(text) => Ok(RawJson::from_text(text.to_owned())?),
        None => Ok(RawJson::null()),
    }
}

/// A thread's status.
pub(crate) fn thread_status(row: &Row<'_>, column: usize) -> Result<ThreadStatus> {
    let all = [
        ThreadStatus::Idle,
        ThreadStatus::Busy,
        ThreadStatus::Interrupted,
        ThreadStatus::Error,
    ];
    let text = text(row, column)?;
    all.into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| StoreError::Value {
            what: "thread status",
            text: text.to_owned(),
        })
}

/// A run's status.
pub(crate) fn run_status(row: &Row<'_>, column: usize) -> Result<RunStatus> {
    let text = text(row, column)?;
    RunStatus::from_word(text).ok_or_else(|| StoreError::Value {
        what: "run status",
        text: text.to_owned(),
    })
}

/// A run's multitask strategy.
pub(crate) fn strategy(row: &Row<'_>, column: usize) -> Result<MultitaskStrategy> {
    let all = [
        MultitaskStrategy::Reject,
        MultitaskStrategy::Rollback,
        MultitaskStrategy::Interrupt,
        MultitaskStrategy::Enqueue,
    ];
    let text = text(row, column)?;
    all.into_iter()
        .find(|strategy| strategy.as_str() == text)
        .ok_or_else(|| StoreError::Value {
            what: "multitask strategy",
            text: text.to_owned(),
        })
}

/// JSON as text.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}
