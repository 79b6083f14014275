//! A thread's history over HTTP, however much the worker can say at once: it is asked again until all is there.

use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use lgx_engine::caller::Caller;
use lgx_engine::runs::request::{CheckpointConfig, checkpoint};
use lgx_model::forms::given;
use lgx_model::{JsonObject, RunId, Thread, ThreadId};
use lgx_worker::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{bound, thread};
use crate::auth::{Grant, access};
use crate::http::body::Limit;
use crate::http::call::object;
use crate::http::{ApiError, Call, reply};

/// The body of `POST /threads/{thread_id}/history`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct HistoryBody {
    /// How many states at most; 1 when absent.
    limit: Option<Limit>,
    /// Only states before this one: an id, a checkpoint, or `{"configurable": checkpoint}`.
    #[serde_with(skip_apply)]
    #[serde(default)]
    before: Option<Value>,
    /// Contained in the checkpoint's metadata.
    metadata: Option<JsonObject>,
    /// A subgraph's history, or one state only.
    checkpoint: Option<CheckpointConfig>,
}

/// `POST /threads/{thread_id}/history`
pub(in crate::http) async fn list(call: Call) -> Result<Response, ApiError> {
    let read = call.thread_id().and_then(|id| {
        let body: HistoryBody = call.json()?;
        let before = before(body.before.as_ref())?;
        Ok((id, body, before))
    });
    let ((id, body, before), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, ..)| json!({"thread_id": id}),
        )
        .await?;
    let asked = Asked {
        limit: body.limit.map_or(1, |limit| limit.0),
        before,
        metadata: body.metadata,
        checkpoint: body.checkpoint,
    };
    answer_history(&call, id, &grant, asked).await
}

/// `GET /threads/{thread_id}/history`
pub(in crate::http) async fn list_by_query(call: Call) -> Result<Response, ApiError> {
    let read = call.thread_id().and_then(|id| {
        let limit = match call.query_values("limit").pop() {
            None => 1,
            Some(text) => text.parse::<i64>().map_err(|_| {
                ApiError::invalid(format!("Invalid limit '{text}': must be an integer"))
            })?,
        };
        Ok((id, limit))
    });
    let ((id, limit), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, _)| json!({"thread_id": id}),
        )
        .await?;
    if limit <= 0 {
        thread(&call, id, &grant).await?;
        return Ok(reply::json_bytes("[]"));
    }
    let before = call
        .query_values("before")
        .pop()
        .map(|id| json!({"checkpoint_id": id}));
    let asked = Asked {
        limit,
        before,
        metadata: None,
        checkpoint: None,
    };
    answer_history(&call, id, &grant, asked).await
}

/// Which states are asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Asked {
    /// How many at most.
    limit: i64,
    before: Option<Value>,
    metadata: Option<JsonObject>,
    checkpoint: Option<CheckpointConfig>,
}

/// What the worker says beside the states.
#[derive(Debug, Default, Deserialize)]
struct Told {
    /// The checkpoint of the last one.
    #[serde(default)]
    last: Option<Value>,
    /// Whether more were asked for that did not fit.
    #[serde(default)]
    more: bool,
    /// How many states there are.
    #[serde(default)]
    count: i64,
}

/// What is asked for after an answer, if anything, when `left` states are still wanted. What did not fit was read for nothing,
/// so no more is asked for at once than did.
fn next(asked: &Asked, told: Told, left: i64) -> Option<Asked> {
    let may_be_more = told.more || told.count == asked.limit;
    if left <= 0 || told.count <= 0 || !may_be_more {
        return None;
    }
    Some(Asked {
        limit: left.min(told.count),
        before: Some(told.last?),
        ..asked.clone()
    })
}

async fn answer_history(
    call: &Call,
    id: ThreadId,
    grant: &Grant,
    mut asked: Asked,
) -> Result<Response, ApiError> {
    let thread = thread(call, id, grant).await?;
    let Some(bound) = bound(call, &thread).await? else {
        return Ok(reply::json_bytes("[]"));
    };
    let mut left = asked.limit;
    let mut pages = Vec::new();
    loop {
        let answer = bound
            .ask(id, &grant.caller, Method::StateHistory, json!(asked))
            .await?;
        let told: Told = serde_json::from_slice(&answer.meta).map_err(|error| {
            ApiError::internal(format!("the worker's answer to state.history: {error}"))
        })?;
        pages.push(crate::http::section(answer)?);
        left = left.saturating_sub(told.count);
        match next(&asked, told, left) {
            Some(rest) => asked = rest,
            None => return Ok(reply::json_bytes(joined(pages))),
        }
    }
}

/// The values of a thread as a run has left them; null where it has no checkpoint.
pub(in crate::http) async fn values_left_by(
    call: &Call,
    thread: &Thread,
    caller: &Caller,
    run_id: RunId,
) -> Result<Value, ApiError> {
    #[derive(Deserialize)]
    struct Left {
        values: Value,
    }
    let Some(bound) = bound(call, thread).await? else {
        return Ok(Value::Null);
    };
    let asked = Asked {
        limit: 1,
        before: None,
        metadata: Some(object(json!({"run_id": run_id}))),
        checkpoint: None,
    };
    let answer = bound
        .ask(thread.thread_id, caller, Method::StateHistory, json!(asked))
        .await?;
    let states: Vec<Left> = serde_json::from_slice(&crate::http::section(answer)?)
        .map_err(|error| ApiError::internal(format!("the worker's history: {error}")))?;
    let newest = states.into_iter().next();
    Ok(newest.map_or(Value::Null, |state| state.values))
}

/// One JSON list of the elements of several.
fn joined(mut lists: Vec<Bytes>) -> Bytes {
    if lists.len() == 1 {
        return lists.remove(0);
    }
    let mut out = BytesMut::with_capacity(lists.iter().map(Bytes::len).sum());
    out.put_u8(b'[');
    for list in lists {
        let inner = list
            .strip_prefix(b"[")
            .and_then(|list| list.strip_suffix(b"]"));
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else {
            continue;
        };
        if out.len() > 1 {
            out.put_u8(b',');
        }
        out.put_slice(inner);
    }
    out.put_u8(b']');
    out.freeze()
}

/// The three spellings of `before` that clients use, as checkpoint keys.
fn before(given: Option<&Value>) -> Result<Option<Value>, ApiError> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok(Some(json!({"checkpoint_id": id}))),
        Some(Value::Object(object)) => {
            let keys = match object.get("configurable") {
                Some(Value::Object(keys)) => keys,
                _ => object,
            };
            checkpoint::check(keys)
                .map_err(|wrong| ApiError::invalid(format!("{wrong}\n\nOn instance: before")))?;
            Ok(keys
                .contains_key("checkpoint_id")
                .then(|| Value::Object(keys.clone())))
        }
        Some(other) => Err(ApiError::invalid(format!(
            "{other} is not a checkpoint\n\nOn instance: before"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_asked_for_at_once_than_fitted_the_last_time() {
        let asked = |limit: i64, before: Option<&str>| Asked {
            limit,
            before: before.map(|id| json!({"checkpoint_id": id})),
            metadata: None,
            checkpoint: None,
        };
        let told = |count: i64, more: bool| Told {
            last: Some(json!({"checkpoint_id": "c"})),
            more,
            count,
        };
        for (limit, told, left, expected) in [
            (10, told(10, false), 0, None),
            (10, told(4, false), 6, None),
            (10, told(4, true), 6, Some(asked(4, Some("c")))),
            (4, told(4, false), 2, Some(asked(2, Some("c")))),
            (4, told(3, false), 3, None),
            (4, told(1, true), 5, Some(asked(1, Some("c")))),
            (4, told(0, true), 10, None),
        ] {
            assert_eq!(next(&asked(limit, None), told, left), expected);
        }
    }

    #[test]
    fn lists_are_joined() {
        let lists = |texts: &[&'static str]| {
            texts
                .iter()
                .map(|text| Bytes::from_static(text.as_bytes()))
                .collect::<Vec<_>>()
        };
        for (texts, whole) in [
            (&["[1,2]"][..], "[1,2]"),
            (&["[1]", "[]", "[2,[3]]"], "[1,2,[3]]"),
            (&["[]", "[]"], "[]"),
        ] {
            assert_eq!(joined(lists(texts)), whole);
        }
    }

    #[test]
    fn before_is_read_in_all_its_spellings() {
        let keys = Some(json!({"checkpoint_id": "c"}));
        for given in [
            json!("c"),
            json!({"checkpoint_id": "c"}),
            json!({"configurable": {"checkpoint_id": "c"}}),
        ] {
            assert_eq!(before(Some(&given)).unwrap(), keys, "{given}");
        }
        for nothing in [json!(null), json!({}), json!({"configurable": {}})] {
            assert_eq!(before(Some(&nothing)).unwrap(), None, "{nothing}");
        }
        for no_checkpoint in [
            json!(1),
            json!({"checkpoint_id": 5}),
            json!({"configurable": {"checkpoint_id": {}}}),
            json!({"configurable": {"checkpoint_id": "c", "checkpoint_ns": true}}),
        ] {
            let refused = before(Some(&no_checkpoint)).unwrap_err();
            assert_eq!(refused.status, 422, "{no_checkpoint}");
        }
    }
}
