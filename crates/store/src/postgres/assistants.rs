//! The SQL of assistants: one by default for each graph, and those that users make.

mod search;
mod versions;

use std::collections::HashMap;

use lgx_model::{Assistant, AssistantId, ThreadId, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::assistants::{DefaultAssistant, KnownAssistant, same_but_for_time, with_version};
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{any_text, any_text_or_null, id, json, object, time, value};
use crate::postgres::{Session, crons, deployments, runs, threads};
use crate::terms::terms;
use crate::{Creation, Result, Scope};

pub(crate) use self::search::{count, search};
pub(crate) use self::versions::{change, list as versions, restore};

/// The columns of [`assistant_of`].
const COLUMNS: &str = "assistant_id, graph_id, config, context, metadata, name, created_at, updated_at, version, description";

/// Makes the default assistants those of the configured graphs: missing ones are made, changed ones are made new, those of
/// other graphs go. Unchanged ones and users' own stay as they are, and so do all while another instance serves what is newer.
pub(crate) async fn sync_defaults(
    session: &Session,
    graphs: &[DefaultAssistant],
    now: Timestamp,
    me: Option<Uuid>,
) -> Result<()> {
    // Nobody else changes an assistant meanwhile, as this takes several of them in no order; who reads them goes on.
    session
        .batch("LOCK TABLE assistants IN EXCLUSIVE MODE")
        .await?;
    if let Some(me) = me
        && !deployments::is_newest(session, graphs, me).await?
    {
        return Ok(());
    }
    let wanted: HashMap<AssistantId, Assistant> = graphs
        .iter()
        .map(|graph| graph.assistant(now))
        .map(|assistant| (assistant.assistant_id, assistant))
        .collect();
    let ids: Vec<_> = wanted.keys().map(|assistant| assistant.uuid()).collect();
    let sql =
        format!("SELECT {COLUMNS} FROM assistants WHERE assistant_id = ANY($1) OR is_default");
    let rows = session.rows(&sql, &[&ids]).await?;
    let present = rows.iter().map(assistant_of).collect::<Result<Vec<_>>>()?;
    let (kept, gone): (Vec<_>, Vec<_>) = present.into_iter().partition(|found| {
        let wanted = wanted.get(&found.assistant_id);
        wanted.is_some_and(|wanted| same_but_for_time(found, wanted))
    });
    for found in gone {
        remove(session, found.assistant_id).await?;
    }
    for graph in graphs {
        let assistant = graph.assistant(now);
        let assistant_id = assistant.assistant_id;
        if kept.iter().all(|found| found.assistant_id != assistant_id) {
            insert(session, &assistant, true).await?;
        }
    }
    Ok(())
}

/// The assistant, if it is there and the caller may see it.
pub(crate) async fn get(
    session: &Session,
    assistant_id: AssistantId,
    scope: &Scope,
) -> Result<Option<Assistant>> {
    let found = find(session, assistant_id).await?;
    Ok(found.filter(|assistant| scope.allows(&assistant.metadata)))
}

/// The assistant and whether it is a default one, whoever asks.
pub(crate) async fn known(
    session: &Session,
    assistant_id: AssistantId,
) -> Result<Option<KnownAssistant>> {
    let sql = format!("SELECT {COLUMNS}, is_default FROM assistants WHERE assistant_id = $1");
    let row = session.row(&sql, &[&assistant_id.uuid()]).await?;
    row.as_ref().map(known_of).transpose()
}

/// The same, and nobody else changes it until the end of the transaction.
async fn lock(session: &Session, assistant_id: AssistantId) -> Result<Option<KnownAssistant>> {
    let sql =
        format!("SELECT {COLUMNS}, is_default FROM assistants WHERE assistant_id = $1 FOR UPDATE");
    let row = session.row(&sql, &[&assistant_id.uuid()]).await?;
    row.as_ref().map(known_of).transpose()
}

/// The assistant, whoever asks.
pub(crate) async fn find(
    session: &Session,
    assistant_id: AssistantId,
) -> Result<Option<Assistant>> {
    let sql = format!("SELECT {COLUMNS} FROM assistants WHERE assistant_id = $1");
    let row = session.row(&sql, &[&assistant_id.uuid()]).await?;
    row.as_ref().map(assistant_of).transpose()
}

/// Makes an assistant with its first version unless there is one of its id.
pub(crate) async fn create(
    session: &Session,
    assistant: &Assistant,
    scope: &Scope,
) -> Result<Creation<Assistant>> {
    loop {
        if insert(session, assistant, false).await? {
            return Ok(Creation::Created(Box::new(assistant.clone())));
        }
        // One that was there a moment ago may be gone.
        if let Some(found) = find(session, assistant.assistant_id).await? {
            return Ok(if scope.allows(&found.metadata) {
                Creation::Existing(Box::new(found))
            } else {
                Creation::Hidden
            });
        }
    }
}

/// Deletes an assistant with its versions and crons, and those threads of it that `of_threads` allows, if given. A default assistant is
/// back at once as its graph has it, since runs name it by the graph. Nothing when it is not there or the caller may not see it.
pub(crate) async fn delete(
    session: &Session,
    assistant_id: AssistantId,
    scope: &Scope,
    of_threads: Option<&Scope>,
    now: Timestamp,
) -> Result<Option<Vec<ThreadId>>> {
    if get(session, assistant_id, scope).await?.is_none() {
        return Ok(None);
    }
    // All that goes is locked before any of it does, in the order in which everybody locks: threads, gone runs, assistants, crons.
    let ended = match of_threads {
        Some(scope) => threads::lock_of_assistant(session, assistant_id, scope).await?,
        None => Vec::new(),
    };
    if of_threads.is_some() {
        runs::lock_gone(session, assistant_id, &ended).await?;
    }
    let Some(found) = lock(session, assistant_id).await? else {
        return Ok(None);
    };
    crons::lock_of(session, assistant_id, &ended).await?;
    if let Some(scope) = of_threads {
        threads::remove_all(session, &ended).await?;
        runs::forget_assistant(session, assistant_id, scope).await?;
    }
    crons::delete_of_assistant(session, assistant_id).await?;
    let first = if found.is_default {
        versions::find(session, assistant_id, 1).await?
    } else {
        None
    };
    match first {
        Some(first) => versions::begin_anew(session, &with_version(first, now, now)).await?,
        None => remove(session, assistant_id).await?,
    }
    Ok(Some(ended))
}

/// Inserts an assistant with its version. Says whether there was none of its id, and it was.
async fn insert(session: &Session, assistant: &Assistant, is_default: bool) -> Result<bool> {
    let sql = "WITH made AS (
         INSERT INTO assistants (assistant_id, graph_id, config, context, metadata, terms, name, folded_name, description, created_at,
           updated_at, version, is_default)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (assistant_id) DO NOTHING
         RETURNING *
       )
       INSERT INTO assistant_versions (assistant_id, version, graph_id, config, context, metadata, name, description, created_at)
       SELECT assistant_id, version, graph_id, config, context, metadata, name, description, created_at FROM made";
    let made = session
        .execute(
            sql,
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
                &assistant.created_at.micros(),
                &assistant.updated_at.micros(),
                &assistant.version,
                &is_default,
            ],
        )
        .await?;
    Ok(made == 1)
}

/// Removes an assistant; its versions go with it.
async fn remove(session: &Session, assistant_id: AssistantId) -> Result<()> {
    let sql = "DELETE FROM assistants WHERE assistant_id = $1";
    session.execute(sql, &[&assistant_id.uuid()]).await?;
    Ok(())
}

fn known_of(row: &Row) -> Result<KnownAssistant> {
    Ok(KnownAssistant {
        assistant: assistant_of(row)?,
        is_default: value(row, 10)?,
    })
}

fn assistant_of(row: &Row) -> Result<Assistant> {
    Ok(Assistant {
        assistant_id: id(row, 0)?,
        graph_id: any_text(row, 1)?,
        config: object(row, 2)?,
        context: object(row, 3)?,
        metadata: object(row, 4)?,
        name: any_text(row, 5)?,
        created_at: time(row, 6)?,
        updated_at: time(row, 7)?,
        version: value(row, 8)?,
        description: any_text_or_null(row, 9)?,
    })
}
