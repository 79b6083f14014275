//! The versions of an assistant: every change makes one, and any of them can be made the latest again.

use lgx_model::query::Page;
use lgx_model::{Assistant, AssistantId, AssistantVersion, JsonObject, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::assistants::with_version;
use crate::sqlite::columns::{id, json, object, time};
use crate::{Result, Scope};

/// The columns of [`version_of`], with their table.
const COLUMNS: &str =
    "assistant_id, graph_id, config, context, metadata, name, created_at, version, description
    FROM assistant_versions";

/// Changes an assistant, which makes a new version of it: the highest number so far and one more. Nothing when it is not
/// there or the caller may not see it.
pub(crate) fn change(
    connection: &Connection,
    assistant_id: AssistantId,
    scope: &Scope,
    now: Timestamp,
    change: impl FnOnce(&mut Assistant),
) -> Result<Option<Assistant>> {
    let Some(mut assistant) = super::get(connection, assistant_id, scope)? else {
        return Ok(None);
    };
    change(&mut assistant);
    assistant.updated_at = now;
    assistant.version = connection
        .prepare_cached(
            "SELECT coalesce(max(version), 0) + 1 FROM assistant_versions WHERE assistant_id = ?1",
        )?
        .query_row([assistant_id.to_string()], |row| row.get(0))?;
    insert(connection, &assistant, now)?;
    show(connection, &assistant)?;
    Ok(Some(assistant))
}

/// Makes a version the one that is shown and run, with everything in it. Nothing when there is no such version.
pub(crate) fn restore(
    connection: &Connection,
    assistant_id: AssistantId,
    version: i64,
    scope: &Scope,
    now: Timestamp,
) -> Result<Option<Assistant>> {
    let Some(present) = super::get(connection, assistant_id, scope)? else {
        return Ok(None);
    };
    let Some(version) = find(connection, assistant_id, version)? else {
        return Ok(None);
    };
    let assistant = with_version(version, present.created_at, now);
    show(connection, &assistant)?;
    Ok(Some(assistant))
}

/// The versions of an assistant whose metadata contains `metadata`, newest first. Nothing when the assistant is not there or
/// the caller may not see it.
pub(crate) fn list(
    connection: &Connection,
    assistant_id: AssistantId,
    metadata: &JsonObject,
    page: Page,
    scope: &Scope,
) -> Result<Option<Vec<AssistantVersion>>> {
    if super::get(connection, assistant_id, scope)?.is_none() {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE assistant_id = ?1 AND lgx_contains(metadata, ?2)
         ORDER BY version DESC LIMIT ?3 OFFSET ?4"
    ))?;
    let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let parameters = params![
        assistant_id.to_string(),
        json(metadata)?,
        page.limit,
        offset
    ];
    statement
        .query_and_then(parameters, version_of)?
        .collect::<Result<_, _>>()
        .map(Some)
}

/// One version.
pub(super) fn find(
    connection: &Connection,
    assistant_id: AssistantId,
    version: i64,
) -> Result<Option<AssistantVersion>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE assistant_id = ?1 AND version = ?2"
    ))?;
    let mut rows = statement.query(params![assistant_id.to_string(), version])?;
    rows.next()?.map(version_of).transpose()
}

/// Keeps the assistant as it is under its version's number.
pub(super) fn insert(connection: &Connection, assistant: &Assistant, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO assistant_versions (assistant_id, version, graph_id, config, context, metadata, name, description, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            assistant.assistant_id.to_string(),
            assistant.version,
            assistant.graph_id,
            json(&assistant.config)?,
            json(&assistant.context)?,
            json(&assistant.metadata)?,
            assistant.name,
            assistant.description,
            now.micros(),
        ])?;
    Ok(())
}

/// Writes the assistant's row anew.
fn show(connection: &Connection, assistant: &Assistant) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE assistants SET graph_id = ?2, config = ?3, context = ?4, metadata = ?5, name = ?6, description = ?7,
               updated_at = ?8, version = ?9 WHERE assistant_id = ?1",
        )?
        .execute(params![
            assistant.assistant_id.to_string(),
            assistant.graph_id,
            json(&assistant.config)?,
            json(&assistant.context)?,
            json(&assistant.metadata)?,
            assistant.name,
            assistant.description,
            assistant.updated_at.micros(),
            assistant.version,
        ])?;
    Ok(())
}

fn version_of(row: &Row<'_>) -> Result<AssistantVersion> {
    Ok(AssistantVersion {
        assistant_id: id(row, 0)?,
        graph_id: row.get(1)?,
        config: object(row, 2)?,
        context: object(row, 3)?,
        metadata: object(row, 4)?,
        name: row.get(5)?,
        created_at: time(row, 6)?,
        version: row.get(7)?,
        description: row.get(8)?,
    })
}
