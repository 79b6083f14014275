//! Threads over HTTP: create, get, search, count, patch, delete.

pub(super) mod copies;
mod extract;
pub(super) mod lifetime;

use std::collections::BTreeMap;

use axum::response::Response;
use lgx_engine::default_ttl::default_ttl;
use lgx_model::forms::given;
use lgx_model::query::{Rows, SortOrder, ThreadQuery, ThreadSort};
use lgx_model::thread::without_reserved;
use lgx_model::{JsonObject, ThreadId, ThreadStatus, Timestamp};
use lgx_store::threads::NewThread;
use lgx_store::{Creation, WriteTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::extract::Paths;
use self::lifetime::ThreadLifetime;
use super::body::{Limit, Offset};
use super::{ApiError, Call, reply};
use crate::auth::access;
use crate::http::found_thread::{find_thread, no_thread};

/// What to do when a thread or an assistant exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum IfExists {
    /// Answer 409.
    #[default]
    Raise,
    /// Answer with it as it is.
    DoNothing,
}

/// The body of `POST /threads`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ThreadCreate {
    /// The id to use; a fresh one when absent or empty.
    #[schemars(extend("format" = "uuid"))]
    thread_id: Option<String>,
    /// Metadata; `graph_id` in it allows state updates before any run.
    metadata: Option<JsonObject>,
    /// What to do when the id is taken.
    if_exists: Option<IfExists>,
    /// How long it lives after its last change.
    ttl: Option<ThreadLifetime>,
    /// State to begin with: updates applied in order, one checkpoint a superstep.
    supersteps: Option<Vec<super::state::Superstep>>,
}

/// `POST /threads`
pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<ThreadCreate>().and_then(|body| {
        let id = match body.thread_id.as_deref() {
            None | Some("") => ThreadId::fresh(),
            Some(text) => super::call::uuid(text, "thread")?,
        };
        Ok((id, body))
    });
    let ((id, body), grant) = call
        .authorize(read, access("threads", "create"), |(id, body)| {
            let mut value = json!({"thread_id": id, "metadata": body.metadata.clone().unwrap_or_default(), "if_exists": body.if_exists.unwrap_or_default()});
            if let Some(ttl) = &body.ttl {
                value["ttl"] = json!(ttl);
            }
            value
        })
        .await?;
    let default_ttl = default_ttl(&call.app.engine.workers.config());
    let asked_ttl = body.ttl.map(|ttl| ttl.checked(default_ttl)).transpose()?;
    let metadata = without_reserved(grant.metadata());
    let supersteps = body.supersteps.filter(|supersteps| !supersteps.is_empty());
    if supersteps.is_some() {
        // Checked before anything is made: a thread without its state would be left behind.
        super::state::graph_for(&call, metadata.get("graph_id")).await?;
    }
    let new = NewThread {
        thread_id: id,
        metadata,
        ttl: asked_ttl.or(default_ttl),
        now: Timestamp::now(),
    };
    let thread = match call.store().create_thread(new, &grant.scope).await? {
        Creation::Created(thread) => {
            call.app.engine.announcements.thread(id, thread.status);
            if asked_ttl.is_some() {
                call.app.engine.expiry.changed();
            }
            match supersteps {
                Some(supersteps) => {
                    return super::state::seed(&call, &grant, *thread, supersteps).await;
                }
                None => thread,
            }
        }
        Creation::Existing(thread) if body.if_exists == Some(IfExists::DoNothing) => thread,
        Creation::Existing(_) | Creation::Hidden => {
            return Err(ApiError::conflict(format!(
                "Thread with ID {id} already exists"
            )));
        }
    };
    Ok(reply::json(&*thread))
}

/// `GET /threads/{thread_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let (thread, grant) = find_thread(&call, "read", json!({})).await?;
    if !lifetime::is_included(&call) {
        return Ok(reply::json(&thread));
    }
    let ttl = call
        .store()
        .get_thread_ttl(thread.thread_id, &grant.scope)
        .await?;
    Ok(reply::json(&lifetime::WithTtl { thread, ttl }))
}

/// The body of `PATCH /threads/{thread_id}`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ThreadPatch {
    /// Keys to set; others stay.
    metadata: Option<JsonObject>,
    /// How long it lives after its last change.
    ttl: Option<ThreadLifetime>,
}

/// `PATCH /threads/{thread_id}`
pub(super) async fn patch(call: Call) -> Result<Response, ApiError> {
    let read = call
        .thread_id()
        .and_then(|id| Ok((id, call.json::<ThreadPatch>()?)));
    let ((id, body), grant) = call
        .authorize(read, access("threads", "update"), |(id, body)| json!({"thread_id": id, "metadata": body.metadata.clone().unwrap_or_default()}))
        .await?;
    let metadata = without_reserved(grant.metadata());
    let default_ttl = default_ttl(&call.app.engine.workers.config());
    let ttl = body.ttl.map(|ttl| ttl.checked(default_ttl)).transpose()?;
    let patched = call
        .store()
        .patch_thread(id, metadata, ttl, WriteTime::OnItsTurn, &grant.scope)
        .await?;
    let thread = patched.ok_or_else(|| no_thread(id))?;
    call.app.engine.announcements.thread(id, thread.status);
    if ttl.is_some() {
        call.app.engine.expiry.changed();
    }
    if call
        .headers
        .get("prefer")
        .is_some_and(|prefer| prefer == "return=minimal")
    {
        return Ok(reply::no_content());
    }
    Ok(reply::json(&thread))
}

/// `DELETE /threads/{thread_id}`
pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    let (id, grant) = call
        .authorize(
            call.thread_id(),
            access("threads", "delete"),
            |id| json!({"thread_id": id}),
        )
        .await?;
    if !call.app.engine.threads.delete(id, &grant.scope).await? {
        return Err(no_thread(id));
    }
    Ok(reply::no_content())
}

/// The fields of a thread that a search can be narrowed to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum ThreadField {
    ThreadId,
    CreatedAt,
    UpdatedAt,
    StateUpdatedAt,
    Metadata,
    Config,
    Status,
    Values,
    Interrupts,
}

/// The body of `POST /threads/search` and `/threads/count`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ThreadSearch {
    /// Only these threads.
    #[schemars(with = "Option<Vec<ThreadId>>")]
    ids: Option<Vec<String>>,
    /// Contained in the thread's metadata.
    metadata: Option<JsonObject>,
    /// Contained in the thread's values.
    values: Option<JsonObject>,
    /// Only in this status.
    status: Option<ThreadStatus>,
    /// How many at most; 10 when absent.
    limit: Option<Limit>,
    /// How many to pass over.
    offset: Option<Offset>,
    /// Sorted by this; `updated_at` when absent.
    sort_by: Option<ThreadSort>,
    /// In this order; only with `sort_by`.
    sort_order: Option<SortOrder>,
    /// Only these fields.
    select: Option<Vec<ThreadField>>,
    /// Values to pick out of each thread, by path: `values.messages[-1].content`. At most ten.
    extract: Option<BTreeMap<String, String>>,
}

impl ThreadSearch {
    fn value(&self, limit: i64) -> Value {
        json!({"metadata": self.metadata.clone().unwrap_or_default(), "values": self.values.clone().unwrap_or_default(),
               "status": self.status, "limit": limit, "offset": self.offset.map_or(0, |offset| offset.0)})
    }

    fn query(&self, metadata: JsonObject) -> Result<ThreadQuery, ApiError> {
        let ids = self.ids.iter().flatten().map(|id| {
            id.parse().map_err(|_| {
                ApiError::bad_request(format!("Invalid thread ID '{id}': must be a UUID"))
            })
        });
        Ok(ThreadQuery {
            ids: ids.collect::<Result<_, _>>()?,
            metadata,
            values: self.values.clone().unwrap_or_default(),
            status: self.status,
            sort_by: self.sort_by.unwrap_or_default(),
            sort_order: self.sort_by.and(self.sort_order).unwrap_or_default(),
            ..ThreadQuery::default()
        })
    }
}

/// `POST /threads/search`
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<ThreadSearch>().and_then(|body| {
        let paths = body.extract.as_ref().map(Paths::read).transpose()?;
        Ok((body, paths))
    });
    let ((body, paths), grant) = call
        .authorize(read, access("threads", "search"), |(body, _)| {
            body.value(body.limit.map_or(10, |limit| limit.0))
        })
        .await?;
    let page = super::body::page(body.limit, body.offset);
    let mut query = body.query(grant.metadata())?;
    let select = super::body::selected(body.select);
    if let Some(select) = select.as_ref().filter(|select| !select.is_empty()) {
        let picked = paths.iter().flat_map(Paths::fields);
        query.fields = select.iter().map(String::as_str).chain(picked).collect();
    }
    let rows = call
        .store()
        .search_threads(query, page, &grant.scope)
        .await?;
    let Some(paths) = paths.filter(|paths| !paths.is_empty()) else {
        return Ok(reply::page(&rows, page, select.as_deref()));
    };
    let with_extracted = Rows {
        rows: rows
            .rows
            .iter()
            .map(|thread| paths.extract_from(thread, select.as_deref().unwrap_or_default()))
            .collect::<Result<Vec<_>, _>>()?,
        total: rows.total,
    };
    Ok(reply::page(&with_extracted, page, None))
}

/// `POST /threads/count`
pub(super) async fn count(call: Call) -> Result<Response, ApiError> {
    let (body, grant) = call
        .authorize(
            call.json::<ThreadSearch>(),
            access("threads", "search"),
            |body| body.value(0),
        )
        .await?;
    let query = body.query(grant.metadata())?;
    let count = call.store().count_threads(query, &grant.scope).await?;
    Ok(reply::json(&count))
}
