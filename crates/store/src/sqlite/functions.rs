//! The SQL functions by which searches filter JSON columns.

use std::sync::Arc;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, Error};

use crate::row_condition::RowCondition;
use crate::terms::terms;
use crate::{Filter, Result};

/// Registers `lgx_contains(json, filter)`, `lgx_allowed(metadata, filter)`, `lgx_terms(metadata)` and `lgx_fold(text)` on a connection.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(c"lgx_contains", 2, flags, |context| {
        let condition = parsed_once(context, |text| {
            let filter = serde_json::from_str(text).map_err(boxed)?;
            Ok(RowCondition::contains(filter))
        })?;
        holds(context, &condition)
    })?;
    connection.create_scalar_function(c"lgx_allowed", 2, flags, |context| {
        let condition = parsed_once(context, |text| {
            let filter = serde_json::from_str(text)
                .map_err(boxed)
                .and_then(|value| Filter::parse(&value).map_err(boxed))?;
            Ok(RowCondition::allowed(filter))
        })?;
        holds(context, &condition)
    })?;
    connection.create_scalar_function(c"lgx_fold", 1, flags, |context| {
        Ok(context.get::<String>(0)?.to_lowercase())
    })?;
    // Not only for statements: the triggers on threads call it.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(c"lgx_terms", 1, flags, |context| {
        let metadata = context.get_raw(0).as_str().ok();
        let metadata = metadata.and_then(|text| serde_json::from_str(text).ok());
        serde_json::to_string(&terms(&metadata.unwrap_or_default()))
            .map_err(|error| Error::UserFunctionError(boxed(error)))
    })?;
    Ok(())
}

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

fn boxed(error: impl Into<BoxedError>) -> BoxedError {
    error.into()
}

/// The second argument, parsed at the statement's first row and kept for the others.
fn parsed_once<T: Send + Sync + 'static>(
    context: &Context<'_>,
    parse: impl FnOnce(&str) -> Result<T, BoxedError>,
) -> rusqlite::Result<Arc<T>> {
    context.get_or_create_aux(1, |value| -> Result<T, BoxedError> {
        parse(value.as_str()?)
    })
}

/// Whether the condition holds for the first argument.
fn holds(context: &Context<'_>, condition: &RowCondition) -> rusqlite::Result<bool> {
    let text = context
        .get_raw(0)
        .as_str_or_null()
        .map_err(|error| Error::UserFunctionError(boxed(error)))?;
    Ok(condition.holds(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(sql: &str) -> rusqlite::Result<bool> {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        connection.query_row(&format!("SELECT {sql}"), [], |row| row.get(0))
    }

    #[test]
    fn containment_and_filters_can_be_asked_in_sql() {
        assert!(holds(r#"lgx_contains('{"a":{"b":1,"c":2}}', '{"a":{"b":1}}')"#).unwrap());
        assert!(!holds("lgx_contains(NULL, '{}')").unwrap());
        assert!(holds(r#"lgx_allowed('{"owner":"a"}', '{"owner":{"$eq":"a"}}')"#).unwrap());
        assert!(!holds(r#"lgx_allowed('{"owner":"a"}', '{"owner":"b"}')"#).unwrap());
        assert!(holds("lgx_fold('ÄGENT') = 'ägent'").unwrap());
    }

    #[test]
    fn a_filter_that_cannot_be_read_fails_the_statement() {
        assert!(
            holds(r#"lgx_allowed('{}', '{"owner":{"$ne":1}}')"#)
                .unwrap_err()
                .to_string()
                .contains("$ne")
        );
        assert!(holds("lgx_contains('{}', 'nonsense')").is_err());
    }

    #[test]
    fn values_nested_too_deep_match_nothing_and_fail_nothing() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        assert!(!holds(&format!("lgx_contains('{deep}', '{{\"b\":1}}')")).unwrap());
    }

    #[test]
    fn a_bound_filter_is_parsed_once_a_statement() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        let connection = Connection::open_in_memory().unwrap();
        let parsed = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&parsed);
        connection
            .create_scalar_function(c"counted", 2, FunctionFlags::SQLITE_UTF8, move |context| {
                parsed_once(context, |text| {
                    counter.fetch_add(1, Ordering::Relaxed);
                    Ok(text.to_owned())
                })
                .map(|text| text.to_string())
            })
            .unwrap();
        let sql = "SELECT sum(length(counted(value, ?1))) FROM json_each('[1, 2, 3]')";
        let lengths: i64 = connection
            .query_row(sql, ["abcd"], |row| row.get(0))
            .unwrap();
        assert_eq!((lengths, parsed.load(Ordering::Relaxed)), (12, 1));
    }
}
