//! `GET /lgx/schedule`: when a schedule would be due, as crons read it, before there is a cron.

use axum::response::Response;
use lgx_model::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::crons::change::Timing;
use crate::http::{ApiError, Call, reply};

/// How many times are told.
const COUNT: usize = 5;

/// The query, as in the body of a cron.
#[derive(Debug, Deserialize)]
struct ScheduleAsked {
    schedule: String,
    timezone: Option<String>,
    end_time: Option<String>,
}

/// When a schedule is due.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ScheduleTimes {
    /// The next times; less than five when it ends before.
    next: Vec<Timestamp>,
}

/// `GET /lgx/schedule`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let asked: ScheduleAsked = call.query()?;
    let timing = Timing::of(
        &asked.schedule,
        asked.timezone.as_deref(),
        asked.end_time.as_deref(),
    )?;
    let next = timing.coming(Timestamp::now(), COUNT)?;
    Ok(reply::json(&ScheduleTimes { next }))
}
