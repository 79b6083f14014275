//! How the nouns' fields stand in columns: ids as UUIDs, JSON as text, times as microseconds.

use lgx_model::{JsonObject, MultitaskStrategy, RawJson, RunStatus, ThreadStatus, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::any_text;
use crate::{Result, StoreError};

/// A value of the type asked for.
pub(crate) fn value<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    Ok(row.try_get(column)?)
}

/// An id.
pub(crate) fn id<T: From<Uuid>>(row: &Row, column: usize) -> Result<T> {
    Ok(T::from(value(row, column)?))
}

/// An id, or NULL.
pub(crate) fn id_or_null<T: From<Uuid>>(row: &Row, column: usize) -> Result<Option<T>> {
    Ok(value::<Option<Uuid>>(row, column)?.map(T::from))
}

/// A text, borrowed from the row.
pub(crate) fn text(row: &Row, column: usize) -> Result<&str> {
    value(row, column)
}

/// A text that may be NULL.
pub(crate) fn text_or_null(row: &Row, column: usize) -> Result<Option<&str>> {
    value(row, column)
}

/// A text that was written as an [`AnyText`](super::any_text::AnyText).
pub(crate) fn any_text(row: &Row, column: usize) -> Result<String> {
    Ok(any_text::read(text(row, column)?))
}

/// One that may be NULL.
pub(crate) fn any_text_or_null(row: &Row, column: usize) -> Result<Option<String>> {
    Ok(text_or_null(row, column)?.map(any_text::read))
}

/// A time.
pub(crate) fn time(row: &Row, column: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_micros(value(row, column)?))
}

/// A time, or NULL.
pub(crate) fn time_or_null(row: &Row, column: usize) -> Result<Option<Timestamp>> {
    Ok(value::<Option<i64>>(row, column)?.map(Timestamp::from_micros))
}

/// A JSON object.
pub(crate) fn object(row: &Row, column: usize) -> Result<JsonObject> {
    parsed(row, column)
}

/// JSON of the type asked for.
pub(crate) fn parsed<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T> {
    Ok(serde_json::from_str(text(row, column)?)?)
}

/// JSON of the type asked for, or NULL.
pub(crate) fn parsed_or_null<T: DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>> {
    Ok(text_or_null(row, column)?
        .map(serde_json::from_str)
        .transpose()?)
}

/// JSON as its text; `null` for NULL.
pub(crate) fn raw(row: &Row, column: usize) -> Result<RawJson> {
    match text_or_null(row, column)? {
        Some(text) => Ok(RawJson::from_text(text.to_owned())?),
        None => Ok(RawJson::null()),
    }
}

/// A thread's status.
pub(crate) fn thread_status(row: &Row, column: usize) -> Result<ThreadStatus> {
    let all = [
        ThreadStatus::Idle,
        ThreadStatus::Busy,
        ThreadStatus::Interrupted,
        ThreadStatus::Error,
    ];
    word(row, column, "thread status", |text| {
        all.into_iter().find(|status| status.as_str() == text)
    })
}

/// A run's status.
pub(crate) fn run_status(row: &Row, column: usize) -> Result<RunStatus> {
    word(row, column, "run status", RunStatus::from_word)
}

/// A run's multitask strategy.
pub(crate) fn strategy(row: &Row, column: usize) -> Result<MultitaskStrategy> {
    let all = [
        MultitaskStrategy::Reject,
        MultitaskStrategy::Rollback,
        MultitaskStrategy::Interrupt,
        MultitaskStrategy::Enqueue,
    ];
    word(row, column, "multitask strategy", |text| {
        all.into_iter().find(|strategy| strategy.as_str() == text)
    })
}

/// One of the words that a column may have.
fn word<T>(
    row: &Row,
    column: usize,
    what: &'static str,
    of: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    let text = text(row, column)?;
    of(text).ok_or_else(|| StoreError::Value {
        what,
        text: text.to_owned(),
    })
}

/// JSON as text.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}
