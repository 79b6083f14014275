//! Finds threads by words: looks at one after the other, those that changed last first, and only at so many in one go.

use lgx_model::ThreadStatus;
use rusqlite::{Connection, Row, named_params};

use super::find;
use crate::sqlite::columns::{id, object, text_or_null, time};
use crate::threads::words::{
    FoundWords, MOST_BYTES, MOST_THREADS, ThreadPlace, ThreadWithWords, WordSearch, WordsFound,
};
use crate::{Result, Scope};

/// In the order of an index, so that nothing is sorted. Whether a thread may be seen, and fits, is decided row by row, as the look has to
/// end after so many.
const IN_ORDER: &str = "SELECT sequence, updated_at, threads.thread_id, metadata, state
    FROM threads LEFT JOIN thread_values ON thread_values.thread_id = threads.thread_id
    WHERE (updated_at, sequence) < (:updated_at, :sequence) AND (:status IS NULL OR status = :status)
    ORDER BY updated_at DESC, sequence DESC";

/// The threads that have the words, as far as one look goes.
pub(crate) fn find_words(
    connection: &Connection,
    search: &WordSearch,
    scope: &Scope,
) -> Result<WordsFound> {
    let mut statement = connection.prepare_cached(IN_ORDER)?;
    let (updated_at, sequence) = match search.after {
        Some(place) => (place.updated_at.micros(), place.sequence),
        None => (i64::MAX, i64::MAX),
    };
    let mut rows = statement.query(named_params! {
        ":updated_at": updated_at,
        ":sequence": sequence,
        ":status": search.status.map(ThreadStatus::as_str),
    })?;
    let (mut threads, mut looked_at, mut passed, mut bytes) = (Vec::new(), 0, 0, 0);
    while let Some(row) = rows.next()? {
        passed += 1;
        let state = text_or_null(row, 4)?;
        if let Some(found) = look_at(row, state, search, scope)? {
            looked_at += 1;
            bytes += state.map_or(0, str::len);
            if let FoundWords::Words { excerpt } = found {
                let thread = find(connection, id(row, 2)?)?;
                threads.extend(thread.map(|thread| ThreadWithWords { thread, excerpt }));
            }
        }
        if threads.len() >= search.limit || passed >= MOST_THREADS || bytes >= MOST_BYTES {
            let next = Some(ThreadPlace {
                updated_at: time(row, 1)?,
                sequence: row.get(0)?,
            });
            return Ok(WordsFound {
                threads,
                looked_at,
                next,
            });
        }
    }
    Ok(WordsFound {
        threads,
        looked_at,
        next: None,
    })
}

/// What one thread has of the words; nothing for one that is not to be looked at.
fn look_at(
    row: &Row<'_>,
    state: Option<&str>,
    search: &WordSearch,
    scope: &Scope,
) -> Result<Option<FoundWords>> {
    let metadata = object(row, 3)?;
    if !search.may_have(&metadata, scope) {
        return Ok(None);
    }
    Ok(Some(search.find(id(row, 2)?, &metadata, state)))
}
