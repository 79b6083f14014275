//! The versions of an assistant: every change makes one, and any of them can be made the latest again.

use lgx_model::query::Page;
use lgx_model::{Assistant, AssistantId, AssistantVersion, JsonObject};
use tokio_postgres::Row;

use crate::assistants::with_version;
use crate::containment::object_contains;
use crate::postgres::Session;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{any_text, any_text_or_null, id, json, object, time, value};
use crate::terms::terms;
use crate::{Result, Scope, WriteTime};

/// The columns of [`version_of`], with their table.
const COLUMNS: &str =
    "assistant_id, graph_id, config, context, metadata, name, created_at, version, description
    FROM assistant_versions";

/// Changes an assistant, which makes a new version of it: the highest number so far and one more. Nothing when it is not
/// there or the caller may not see it.
pub(crate) async fn change(
    session: &Session,
    assistant_id: AssistantId,
    scope: &Scope,
    now: WriteTime,
    change: impl FnOnce(&mut Assistant) + Send,
) -> Result<Option<Assistant>> {
    let found = super::lock(session, assistant_id).await?;
    let found = found.filter(|found| scope.allows(&found.assistant.metadata));
    let Some(mut assistant) = found.map(|found| found.assistant) else {
        return Ok(None);
    };
    change(&mut assistant);
    assistant.updated_at = now.instant();
    let sql =
        "SELECT coalesce(max(version), 0) + 1 FROM assistant_versions WHERE assistant_id = $1";
    if let Some(row) = session.row(sql, &[&assistant_id.uuid()]).await? {
        assistant.version = value(&row, 0)?;
    }
    insert(session, &assistant).await?;
    show(session, &assistant).await?;
    Ok(Some(assistant))
}

/// Makes a version the one that is shown and run, with everything in it. Nothing when there is no such version.
pub(crate) async fn restore(
    session: &Session,
    assistant_id: AssistantId,
    version: i64,
    scope: &Scope,
    now: WriteTime,
) -> Result<Option<Assistant>> {
    let present = super::lock(session, assistant_id).await?;
    let present = present.filter(|found| scope.allows(&found.assistant.metadata));
    let Some(present) = present else {
        return Ok(None);
    };
    let Some(version) = find(session, assistant_id, version).await? else {
        return Ok(None);
    };
    let assistant = with_version(version, present.assistant.created_at, now.instant());
    show(session, &assistant).await?;
    Ok(Some(assistant))
}

/// The versions of an assistant whose metadata contains `metadata`, newest first. Nothing when the assistant is not there or
/// the caller may not see it.
pub(crate) async fn list(
    session: &Session,
    assistant_id: AssistantId,
    metadata: &JsonObject,
    page: Page,
    scope: &Scope,
) -> Result<Option<Vec<AssistantVersion>>> {
    if super::get(session, assistant_id, scope).await?.is_none() {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} WHERE assistant_id = $1 ORDER BY version DESC");
    let rows = session.rows(&sql, &[&assistant_id.uuid()]).await?;
    let versions = rows.iter().map(version_of);
    let matching = versions.filter(|version| {
        let passes = |version: &AssistantVersion| object_contains(&version.metadata, metadata);
        version.as_ref().map_or(true, passes)
    });
    matching
        .skip(usize::try_from(page.offset).unwrap_or(usize::MAX))
        .take(usize::try_from(page.limit).unwrap_or(usize::MAX))
        .collect::<Result<_>>()
        .map(Some)
}

/// One version.
pub(super) async fn find(
    session: &Session,
    assistant_id: AssistantId,
    version: i64,
) -> Result<Option<AssistantVersion>> {
    let sql = format!("SELECT {COLUMNS} WHERE assistant_id = $1 AND version = $2");
    let row = session.row(&sql, &[&assistant_id.uuid(), &version]).await?;
    row.as_ref().map(version_of).transpose()
}

/// Makes this the assistant's only version, and the assistant what it is with that, as if it had just been made.
pub(super) async fn begin_anew(session: &Session, assistant: &Assistant) -> Result<()> {
    let id = assistant.assistant_id.uuid();
    let sql = "DELETE FROM assistant_versions WHERE assistant_id = $1";
    session.execute(sql, &[&id]).await?;
    insert(session, assistant).await?;
    show(session, assistant).await?;
    // The row stays, so that whoever waits for it finds it.
    let sql = "UPDATE assistants SET sequence = DEFAULT, created_at = $2 WHERE assistant_id = $1";
    session
        .execute(sql, &[&id, &assistant.created_at.micros()])
        .await?;
    Ok(())
}

/// Keeps the assistant as it is under its version's number.
async fn insert(session: &Session, assistant: &Assistant) -> Result<()> {
    session
        .execute(
            "INSERT INTO assistant_versions (assistant_id, version, graph_id, config, context, metadata, name, description, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                &assistant.assistant_id.uuid(),
                &assistant.version,
                &AnyText::of(&assistant.graph_id),
                &json(&assistant.config)?,
                &json(&assistant.context)?,
                &json(&assistant.metadata)?,
                &AnyText::of(&assistant.name),
                &assistant.description.as_deref().map(AnyText::of),
                &assistant.updated_at.micros(),
            ],
        )
        .await?;
    Ok(())
}

/// Writes the assistant's row anew.
async fn show(session: &Session, assistant: &Assistant) -> Result<()> {
    session
        .execute(
            "UPDATE assistants SET graph_id = $2, config = $3, context = $4, metadata = $5, terms = $6, name = $7, folded_name = $8,
               description = $9, updated_at = $10, version = $11 WHERE assistant_id = $1",
            &[
                &assistant.assistant_id.uuid(),
                &AnyText::of(&assistant.graph_id),
                &json(&assistant.config)?,
                &json(&assistant.context)?,
                &json(&assistant.metadata)?,
                &terms(&assistant.metadata),
                &AnyText::of(&assistant.name),
                &AnyText::of(&assistant.name.to_lowercase()),
                &assistant.description.as_deref().map(AnyText::of),
                &assistant.updated_at.micros(),
                &assistant.version,
            ],
        )
        .await?;
    Ok(())
}

fn version_of(row: &Row) -> Result<AssistantVersion> {
    Ok(AssistantVersion {
        assistant_id: id(row, 0)?,
        graph_id: any_text(row, 1)?,
        config: object(row, 2)?,
        context: object(row, 3)?,
        metadata: object(row, 4)?,
        name: any_text(row, 5)?,
        created_at: time(row, 6)?,
        version: value(row, 7)?,
        description: any_text_or_null(row, 8)?,
    })
}
