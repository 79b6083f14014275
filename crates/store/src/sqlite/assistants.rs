//! The SQL of assistants: one by default for each graph, and those that users make.

mod known;
mod versions;

use std::collections::HashSet;

use lgx_model::query::{AssistantQuery, Page, Rows};
use lgx_model::{Assistant, AssistantId, ThreadId, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::assistants::{DefaultAssistant, KnownAssistant, same_but_for_time, with_version};
use crate::pages::{assistant_columns, assistant_order};
use crate::sqlite::columns::{id, json, object, time};
use crate::sqlite::search::Search;
use crate::sqlite::threads;
use crate::{Creation, Result, Scope};

pub(crate) use self::known::KnownAssistants;
pub(crate) use self::versions::{change, list as versions, restore};

/// The columns of [`assistant_of`], with their table.
const COLUMNS: &str = "assistant_id, graph_id, config, context, metadata, name, created_at, updated_at, version, description
    FROM assistants";

/// Makes the default assistants those of the configured graphs: missing ones are made, changed ones are made new, those of
/// other graphs go. Unchanged ones and users' own stay as they are.
pub(crate) fn sync_defaults(
    connection: &Connection,
    graphs: &[DefaultAssistant],
    now: Timestamp,
) -> Result<()> {
    let wanted = graphs
        .iter()
        .map(|graph| graph.assistant(now))
        .collect::<Vec<_>>();
    for assistant in &wanted {
        let found = find(connection, assistant.assistant_id)?;
        if found.is_none_or(|found| !same_but_for_time(&found, assistant)) {
            remove(connection, assistant.assistant_id)?;
            insert(connection, assistant, true)?;
            versions::insert(connection, assistant, now)?;
        }
    }
    let wanted = wanted
        .iter()
        .map(|assistant| assistant.assistant_id)
        .collect::<HashSet<_>>();
    let mut defaults =
        connection.prepare_cached("SELECT assistant_id FROM assistants WHERE is_default = 1")?;
    let defaults = defaults
        .query_and_then([], |row| id(row, 0))?
        .collect::<Result<Vec<AssistantId>>>()?;
    for assistant_id in defaults
        .into_iter()
        .filter(|assistant| !wanted.contains(assistant))
    {
        remove(connection, assistant_id)?;
    }
    Ok(())
}

/// The assistant, if it is there and the caller may see it.
pub(crate) fn get(
    connection: &Connection,
    assistant_id: AssistantId,
    scope: &Scope,
) -> Result<Option<Assistant>> {
    Ok(find(connection, assistant_id)?.filter(|assistant| scope.allows(&assistant.metadata)))
}

/// The assistant and whether it is a default one, whoever asks.
pub(crate) fn known(
    connection: &Connection,
    assistant_id: AssistantId,
) -> Result<Option<KnownAssistant>> {
    let Some(assistant) = find(connection, assistant_id)? else {
        return Ok(None);
    };
    let is_default = is_default(connection, assistant_id)?;
    Ok(Some(KnownAssistant {
        assistant,
        is_default,
    }))
}

/// The assistant, whoever asks.
pub(crate) fn find(
    connection: &Connection,
    assistant_id: AssistantId,
) -> Result<Option<Assistant>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} WHERE assistant_id = ?1"))?;
    let mut rows = statement.query([assistant_id.to_string()])?;
    rows.next()?.map(assistant_of).transpose()
}

/// The assistants that match, one page of them.
pub(crate) fn search(
    connection: &Connection,
    query: &AssistantQuery,
    page: Page,
    scope: &Scope,
) -> Result<Rows<Assistant>> {
    let columns = assistant_columns(query);
    let order = assistant_order(query, "lgx_fold(name)");
    matching(query, scope)?.page(connection, &columns, &order, page, assistant_of)
}

/// How many assistants match.
pub(crate) fn count(connection: &Connection, query: &AssistantQuery, scope: &Scope) -> Result<u64> {
    matching(query, scope)?.count(connection)
}

fn matching<'a>(query: &'a AssistantQuery, scope: &'a Scope) -> Result<Search<'a>> {
    let mut search = Search::of("assistants");
    if let Some(graph_id) = &query.graph_id {
        search.and("graph_id = ?", graph_id);
    }
    if let Some(name) = &query.name {
        search.and("instr(lgx_fold(name), ?) > 0", name.to_lowercase());
    }
    if !query.metadata.is_empty() {
        search.and("lgx_contains(metadata, ?)", json(&query.metadata)?);
    }
    if let Some(filter) = scope.text() {
        search.and("lgx_allowed(metadata, ?)", filter);
    }
    Ok(search)
}

/// Makes an assistant with its first version unless there is one of its id.
pub(crate) fn create(
    connection: &Connection,
    assistant: &Assistant,
    scope: &Scope,
) -> Result<Creation<Assistant>> {
    match find(connection, assistant.assistant_id)? {
        Some(found) if scope.allows(&found.metadata) => Ok(Creation::Existing(Box::new(found))),
        Some(_) => Ok(Creation::Hidden),
        None => {
            insert(connection, assistant, false)?;
            versions::insert(connection, assistant, assistant.created_at)?;
            Ok(Creation::Created(Box::new(assistant.clone())))
        }
    }
}

/// Deletes an assistant with its versions, and those threads of it that `threads` allows, if given. A default assistant is
/// back at once as its graph has it, since runs name it by the graph. Nothing when it is not there or the caller may not see it.
pub(crate) fn delete(
    connection: &Connection,
    assistant_id: AssistantId,
    scope: &Scope,
    threads: Option<&Scope>,
    now: Timestamp,
) -> Result<Option<Vec<ThreadId>>> {
    if get(connection, assistant_id, scope)?.is_none() {
        return Ok(None);
    }
    let first = if is_default(connection, assistant_id)? {
        versions::find(connection, assistant_id, 1)?
    } else {
        None
    };
    remove(connection, assistant_id)?;
    crate::sqlite::crons::delete_of_assistant(connection, assistant_id)?;
    if let Some(first) = first {
        let assistant = with_version(first, now, now);
        insert(connection, &assistant, true)?;
        versions::insert(connection, &assistant, now)?;
    }
    threads
        .map(|scope| threads::delete_of_assistant(connection, assistant_id, scope))
        .transpose()
        .map(|gone| Some(gone.unwrap_or_default()))
}

fn is_default(connection: &Connection, assistant_id: AssistantId) -> Result<bool> {
    let mut default = connection
        .prepare_cached("SELECT 1 FROM assistants WHERE assistant_id = ?1 AND is_default = 1")?;
    Ok(default.exists([assistant_id.to_string()])?)
}

/// Inserts an assistant without its version.
fn insert(connection: &Connection, assistant: &Assistant, is_default: bool) -> Result<()> {
    let id = assistant.assistant_id.to_string();
    let (config, context) = (json(&assistant.config)?, json(&assistant.context)?);
    let metadata = json(&assistant.metadata)?;
    connection
        .prepare_cached(
            "INSERT INTO assistants (assistant_id, graph_id, config, context, metadata, name, description, created_at, updated_at, version, is_default)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            id,
            assistant.graph_id,
            config,
            context,
            metadata,
            assistant.name,
            assistant.description,
            assistant.created_at.micros(),
            assistant.updated_at.micros(),
            assistant.version,
            is_default,
        ])?;
    Ok(())
}

/// Removes an assistant with its versions.
fn remove(connection: &Connection, assistant_id: AssistantId) -> Result<()> {
    let id = assistant_id.to_string();
    connection
        .prepare_cached("DELETE FROM assistant_versions WHERE assistant_id = ?1")?
        .execute([&id])?;
    connection
        .prepare_cached("DELETE FROM assistants WHERE assistant_id = ?1")?
        .execute([&id])?;
    Ok(())
}

fn assistant_of(row: &Row<'_>) -> Result<Assistant> {
    Ok(Assistant {
        assistant_id: id(row, 0)?,
        graph_id: row.get(1)?,
        config: object(row, 2)?,
        context: object(row, 3)?,
        metadata: object(row, 4)?,
        name: row.get(5)?,
        created_at: time(row, 6)?,
        updated_at: time(row, 7)?,
        version: row.get(8)?,
        description: row.get(9)?,
    })
}
