//! The HTTP API: reads requests, asks the gate, calls the inner layers, answers. HTTP ends here.

pub(crate) mod body;
pub(crate) mod cors;
pub(crate) mod entrance;
pub(crate) mod from_here;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod held_body;
pub(crate) mod host;
pub(crate) mod intake;
pub(crate) mod lgx;
pub(crate) mod mcp;
pub(crate) mod openapi;
pub(crate) mod raw_object;
pub(crate) mod readable;
pub(crate) mod reply;
pub(crate) mod route;
pub(crate) mod routes;
pub(crate) mod sse;
pub(crate) mod streams;

mod a2a;
mod asker;
mod assistants;
pub(crate) mod call;
mod cancel;
mod crons;
mod error;
mod events;
mod follow;
mod found_thread;
mod items;
mod json_rpc;
mod keep_alive;
mod meta;
mod metrics;
mod mounted;
mod newest_code;
pub(crate) mod open_requests;
mod own_app;
mod pass;
mod query_list;
pub(crate) mod relay;
mod runs;
mod state;
mod studio;
mod studio_page;
mod threads;
mod truncate;
pub(crate) mod tunnel;
mod ui;

use bytes::Bytes;
use lgx_model::RawJson;

pub(crate) use call::Call;
pub(crate) use error::{ApiError, Inside};

/// The JSON text in the first section of a worker's answer.
fn section(answer: lgx_worker::Message) -> Result<Bytes, ApiError> {
    answer
        .sections
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::internal("the worker's answer has no section"))
}

/// JSON text of the worker as a value to store.
fn raw(bytes: &Bytes) -> Result<RawJson, ApiError> {
    let text = String::from_utf8(bytes.to_vec())
        .map_err(|error| ApiError::internal(format!("the worker's JSON: {error}")))?;
    RawJson::from_text(text)
        .map_err(|error| ApiError::internal(format!("the worker's JSON: {error}")))
}
