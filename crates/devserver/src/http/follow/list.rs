//! The runs of a thread.

use axum::response::Response;
use lgx_model::RunStatus;
use lgx_model::query::{Page, RunQuery};
use serde_json::json;

use crate::auth::access;
use crate::http::call::object;
use crate::http::found_thread::no_thread;
use crate::http::query_list::list_values;
use crate::http::{ApiError, Call, reply};

/// The fields of a run that a list can be narrowed to.
pub(in crate::http) const RUN_FIELDS: &[&str] = &[
    "run_id",
    "thread_id",
    "assistant_id",
    "created_at",
    "updated_at",
    "status",
    "metadata",
    "kwargs",
    "multitask_strategy",
    "langsmith_session_name",
];

/// `GET /threads/{thread_id}/runs`
pub(in crate::http) async fn list(call: Call) -> Result<Response, ApiError> {
    let read = call.thread_id().and_then(|id| {
        let limit = integer(&call, "limit", 10)?;
        let offset = integer(&call, "offset", 0)?;
        let fields = list_values(&call.query_values("select"));
        if let Some(unknown) = fields
            .iter()
            .find(|field| !RUN_FIELDS.contains(&field.as_str()))
        {
            return Err(ApiError::invalid(format!(
                "Invalid select column '{unknown}'. Expected one of: {}",
                RUN_FIELDS.join(", ")
            )));
        }
        let page = Page {
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            offset: offset.unsigned_abs(),
        };
        Ok((id, page, fields))
    });
    let (id, page, fields) = call.checked(read).await?;
    let [read, search] = call
        .grants([
            (access("threads", "read"), object(json!({"thread_id": id}))),
            (
                access("threads", "search"),
                object(json!({"thread_id": id, "metadata": {}})),
            ),
        ])
        .await?;
    let status = call.query_values("status").pop();
    let query = RunQuery {
        status: status.as_deref().and_then(RunStatus::from_word),
        fields: fields.iter().cloned().collect(),
    };
    let no_such_status = status.is_some() && query.status.is_none();
    let rows = call
        .store()
        .list_runs(id, query, page, &read.scope.and(&search.scope))
        .await?;
    let rows = rows.ok_or_else(|| no_thread(id))?;
    if no_such_status {
        return Ok(reply::json_bytes("[]"));
    }
    if fields.is_empty() {
        return Ok(reply::json(&rows));
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    Ok(reply::json(
        &rows
            .iter()
            .map(|run| reply::narrow(run, &fields))
            .collect::<Vec<_>>(),
    ))
}

fn integer(call: &Call, key: &str, default: i64) -> Result<i64, ApiError> {
    match call.query_values(key).pop() {
        None => Ok(default),
        Some(text) => match text.parse::<i64>() {
            Ok(value) if value >= 0 => Ok(value),
            _ => Err(ApiError::bad_request(format!(
                "Invalid {key} '{text}': must be an integer, 0 or more"
            ))),
        },
    }
}
