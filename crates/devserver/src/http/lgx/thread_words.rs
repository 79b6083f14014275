//! `POST /lgx/threads/words`: threads in whose metadata or state somebody's words are.

use axum::response::Response;
use lgx_model::{JsonObject, RawJson, Thread, ThreadId, ThreadStatus, Timestamp};
use lgx_store::threads::words::{ThreadPlace, ThreadWithWords, WordSearch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::access;
use crate::http::{ApiError, Call, reply};

/// How many are found in one go, at most and when it is not said how many.
const MOST: u32 = 100;
/// How many words a search may have.
const MOST_WORDS: usize = 20;

/// What is looked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct WordSearchBody {
    /// A thread has to have all of them, in whatever case; 20 at most.
    words: Vec<String>,
    /// Contained in the thread's metadata.
    #[serde(default)]
    metadata: JsonObject,
    /// Only in this status.
    status: Option<ThreadStatus>,
    /// Go on from here: `next` of the answer before.
    after: Option<String>,
    /// How many at most, up to 100.
    limit: Option<u32>,
}

impl WordSearchBody {
    fn check(self) -> Result<(Self, Option<ThreadPlace>), ApiError> {
        if self.words.is_empty() || self.words.len() > MOST_WORDS {
            return Err(ApiError::invalid(format!(
                "between 1 and {MOST_WORDS} words can be looked for\n\nOn instance: words"
            )));
        }
        let after = self.after.as_deref().map(|place| {
            place.parse().map_err(|_| {
                let why = "this is no `next` of an answer\n\nOn instance: after";
                ApiError::invalid(why)
            })
        });
        let after = after.transpose()?;
        Ok((self, after))
    }

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(MOST).clamp(1, MOST)
    }
}

/// The threads that were found in one go.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ThreadsWithWords {
    /// Those that changed last come first.
    threads: Vec<ThreadWithWordsView>,
    /// How many threads were looked at for it.
    looked_at: u64,
    /// What `after` is for the next ones; null when all threads have been looked at.
    next: Option<String>,
}

/// A thread that has the words.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ThreadWithWordsView {
    thread_id: ThreadId,
    status: ThreadStatus,
    metadata: JsonObject,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// As a search with `extract` gives it.
    extracted: FirstMessage,
    /// Where the state has the first of the words.
    excerpt: Option<String>,
}

/// With what the conversation began.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct FirstMessage {
    /// The content of the first message.
    message: Option<RawJson>,
}

/// `POST /lgx/threads/words`
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let read = call.json().and_then(WordSearchBody::check);
    let ((body, after), grant) = call
        .authorize(read, access("threads", "search"), |(body, _)| {
            json!({"metadata": body.metadata, "values": {}, "status": body.status, "limit": body.limit(), "offset": 0})
        })
        .await?;
    let search = WordSearch {
        metadata: grant.metadata(),
        status: body.status,
        after,
        limit: body.limit() as usize,
        words: body.words.iter().collect(),
    };
    let found = call
        .store()
        .find_threads_with_words(search, &grant.scope)
        .await?;
    Ok(reply::json(&ThreadsWithWords {
        threads: found.threads.into_iter().map(view).collect(),
        looked_at: found.looked_at,
        next: found.next.as_ref().map(ToString::to_string),
    }))
}

fn view(ThreadWithWords { thread, excerpt }: ThreadWithWords) -> ThreadWithWordsView {
    ThreadWithWordsView {
        extracted: first_message(&thread).unwrap_or_default(),
        thread_id: thread.thread_id,
        status: thread.status,
        metadata: thread.metadata,
        created_at: thread.created_at,
        updated_at: thread.updated_at,
        excerpt,
    }
}

/// Of a state that has messages.
fn first_message(thread: &Thread) -> Option<FirstMessage> {
    #[derive(Deserialize)]
    struct SpokenThread {
        messages: Vec<SpokenMessage>,
    }
    #[derive(Deserialize)]
    struct SpokenMessage {
        content: Option<RawJson>,
    }
    let said: SpokenThread = thread.values.parse().ok()?;
    let first = said.messages.into_iter().next()?;
    Some(FirstMessage {
        message: first.content,
    })
}
