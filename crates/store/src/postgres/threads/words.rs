//! Finds threads by words: looks at one after the other, those that changed last first, and only at so many in one go.

use std::collections::HashMap;

use lgx_model::{JsonObject, Thread, ThreadId, ThreadStatus};

use super::ending::uuids;
use super::{COLUMNS, thread_of};
use crate::postgres::columns::{id, object, text, time, value};
use crate::postgres::session::Session;
use crate::threads::words::{
    FoundWords, MOST_BYTES, MOST_THREADS, ThreadPlace, ThreadWithWords, WordSearch, WordsFound,
};
use crate::{Result, Scope};

/// The states of how many threads are read at a time: more than a page are looked at only where few threads have the words.
const STATES_AT_ONCE: usize = 50;

/// In the order of an index, so that nothing is sorted.
pub(crate) const IN_ORDER: &str =
    "SELECT sequence, updated_at, threads.thread_id, metadata, coalesce(octet_length(state), 0)
    FROM threads LEFT JOIN thread_values ON thread_values.thread_id = threads.thread_id
    WHERE (updated_at, sequence) < ($1, $2) AND ($3::text IS NULL OR status = $3)
    ORDER BY updated_at DESC, sequence DESC LIMIT $4";

/// A thread that may have the words.
struct Candidate {
    place: ThreadPlace,
    thread_id: ThreadId,
    /// Of one that is to be looked at.
    metadata: Option<JsonObject>,
}

/// The threads that have the words, as far as one look goes. To be asked of one moment.
pub(crate) async fn find_words(
    session: &Session,
    search: &WordSearch,
    scope: &Scope,
) -> Result<WordsFound> {
    let (candidates, is_all) = candidates(session, search, scope).await?;
    let (mut found, mut looked_at, mut next) = (Vec::new(), 0, None);
    'look: for some in candidates.chunks(STATES_AT_ONCE) {
        let states = states(session, some).await?;
        for candidate in some {
            if let Some(metadata) = &candidate.metadata {
                looked_at += 1;
                let state = states.get(&candidate.thread_id).map(String::as_str);
                let words = search.find(candidate.thread_id, metadata, state);
                if let FoundWords::Words { excerpt } = words {
                    found.push((candidate.thread_id, excerpt));
                }
            }
            if found.len() >= search.limit {
                next = Some(candidate.place);
                break 'look;
            }
        }
    }
    if !is_all && next.is_none() {
        next = candidates.last().map(|last| last.place);
    }
    Ok(WordsFound {
        threads: with_words(session, found).await?,
        looked_at,
        next,
    })
}

/// The threads to be looked at in one go, and whether these are all there are.
async fn candidates(
    session: &Session,
    search: &WordSearch,
    scope: &Scope,
) -> Result<(Vec<Candidate>, bool)> {
    let (updated_at, sequence) = match search.after {
        Some(place) => (place.updated_at.micros(), place.sequence),
        None => (i64::MAX, i64::MAX),
    };
    let status = search.status.map(ThreadStatus::as_str);
    let most = i64::try_from(MOST_THREADS).unwrap_or(i64::MAX);
    let rows = session
        .rows(IN_ORDER, &[&updated_at, &sequence, &status, &most])
        .await?;
    let (mut candidates, mut bytes) = (Vec::new(), 0);
    for row in &rows {
        let metadata = object(row, 3)?;
        let metadata = search.may_have(&metadata, scope).then_some(metadata);
        if metadata.is_some() {
            bytes += usize::try_from(value::<i32>(row, 4)?).unwrap_or(0);
        }
        candidates.push(Candidate {
            place: ThreadPlace {
                updated_at: time(row, 1)?,
                sequence: value(row, 0)?,
            },
            thread_id: id(row, 2)?,
            metadata,
        });
        if bytes >= MOST_BYTES {
            return Ok((candidates, false));
        }
    }
    Ok((candidates, rows.len() < MOST_THREADS))
}

/// The states of those of these threads that are to be looked at.
async fn states(session: &Session, candidates: &[Candidate]) -> Result<HashMap<ThreadId, String>> {
    let wanted = candidates.iter().filter(|one| one.metadata.is_some());
    let wanted: Vec<ThreadId> = wanted.map(|one| one.thread_id).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "SELECT thread_id, state FROM thread_values WHERE thread_id = ANY($1)";
    let rows = session.rows(sql, &[&uuids(&wanted)]).await?;
    let states = rows.iter();
    states
        .map(|row| Ok((id(row, 0)?, text(row, 1)?.to_owned())))
        .collect()
}

/// These threads with what was found in them, in their order.
async fn with_words(
    session: &Session,
    found: Vec<(ThreadId, Option<String>)>,
) -> Result<Vec<ThreadWithWords>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let thread_ids: Vec<ThreadId> = found.iter().map(|(thread_id, _)| *thread_id).collect();
    let sql = format!("SELECT {COLUMNS} FROM threads WHERE thread_id = ANY($1)");
    let rows = session.rows(&sql, &[&uuids(&thread_ids)]).await?;
    let threads = rows
        .iter()
        .map(thread_of)
        .collect::<Result<Vec<Thread>>>()?;
    let mut threads: HashMap<ThreadId, Thread> = threads
        .into_iter()
        .map(|thread| (thread.thread_id, thread))
        .collect();
    let found = found.into_iter().filter_map(|(thread_id, excerpt)| {
        let thread = threads.remove(&thread_id)?;
        Some(ThreadWithWords { thread, excerpt })
    });
    Ok(found.collect())
}
