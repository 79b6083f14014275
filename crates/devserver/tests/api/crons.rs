//! Crons: made, found, changed and deleted, and what they do when they are due.

mod change;
mod create;
mod fire;
mod search;

use lgx_testkit::Client;
use serde_json::{Value, json};

/// The default assistant of the graph `agent`.
const AGENT: &str = "fe096781-5601-53d2-b2f6-0d3403f7e9ca";
/// The default assistant of the graph `multi`.
const MULTI: &str = "22d81be9-5a50-5e0f-a8f3-ed6c25b4e9e9";
/// Once a year, so that no test sees it fire.
const YEARLY: &str = "0 0 1 1 *";
/// The sixth field is for seconds.
pub(crate) const EVERY_SECOND: &str = "* * * * * *";

/// A cron of the graph a → slow → b with this schedule and these fields.
fn cron(schedule: &str, more: Value) -> Value {
    let mut body = json!({"assistant_id": "multi", "schedule": schedule});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// Makes a cron whose runs each get a thread.
async fn made(client: &Client, body: Value) -> Value {
    client.post("/runs/crons", &body).await.ok()
}

/// Where a cron is.
fn path(cron: &Value) -> String {
    format!("/runs/crons/{}", crate::steps::text(cron, "cron_id"))
}
