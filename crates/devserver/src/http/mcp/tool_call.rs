//! `tools/call`: a stateless run, waited for, and told of while it lasts if the client wants to hear.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::ACCEPT;
use lgx_engine::runs::live_log::LiveReader;
use lgx_engine::runs::registry::Live;
use lgx_engine::runs::request::{OnDisconnect, RunCreate, StreamMode};
use lgx_model::RawJson;
use lgx_model::forms::OneOrMany;
use serde::{Deserialize, Serialize};

use super::dialect::{About, Dialect};
use super::in_flight::UnderWay;
use super::tool_result::ToolResult;
use super::tools::Visible;
use super::{NoResult, progress, schema, tools};
use crate::http::json_rpc::{self, JsonRpcCall, JsonRpcError};
use crate::http::keep_alive::slow_json;
use crate::http::sse::{self, Chunks, Source, Then};
use crate::http::{Call, newest_code, runs};

/// The client has cancelled the request; servers of languages use it for the same.
const CANCELLED: i32 = -32800;

/// What a call says.
#[derive(Deserialize)]
struct ToolCallParams {
    name: String,
    #[serde(default)]
    arguments: Option<RawJson>,
    #[serde(default, rename = "_meta")]
    about: Option<About>,
}

/// `tools/call`
pub(super) async fn answer(
    call: &Call,
    dialect: Dialect,
    id: &RawJson,
    asked: &JsonRpcCall,
) -> Result<Response, NoResult> {
    let under_way = call.app.tool_calls.enter(super::session(call), id);
    newest_code::waited(&call.app).await;
    let visible = tools::visible(call, 1).await?;
    let caller = visible.grant.caller.clone();
    let params: ToolCallParams = asked.params()?;
    let token = params.about.and_then(|about| about.progress_token);
    let token = token.filter(|token| !token.is_null() && accepts_events(call));
    let body = run(
        call,
        &visible,
        &params.name,
        params.arguments,
        token.is_some(),
    )
    .await?;
    let created = runs::submit_alone(call, body).await?;
    let guard = created.abandon.guard(&created.live);
    let answer = CallAnswer {
        id: id.clone(),
        live: created.live,
        identity: caller.identity,
        under_way,
        dialect,
    };
    let mut response = if let Some(token) = token {
        let progress = Progress {
            reader: created.reader,
            answer,
            token,
            told: 0,
        };
        sse::respond(progress, guard)
    } else {
        // Nobody reads what it streams.
        drop(created.reader);
        slow_json(async move { answer.whole().await }, guard).await
    };
    newest_code::mark(&call.app, &mut response);
    Ok(response)
}

/// The run that a call asks for.
async fn run(
    call: &Call,
    visible: &Visible,
    name: &str,
    arguments: Option<RawJson>,
    with_progress: bool,
) -> Result<RunCreate, NoResult> {
    let wrong = |why: String| JsonRpcError::new(JsonRpcError::INVALID_PARAMS, why);
    let tool = visible.tools.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| wrong(format!("Unknown tool: {name}")))?;
    let arguments = arguments.filter(|arguments| !arguments.is_null());
    let mut input = arguments.unwrap_or_else(RawJson::empty_object);
    if !input.get().starts_with('{') {
        return Err(wrong("Invalid params: `arguments` is not an object".into()).into());
    }
    // Only then it matters what the graph takes, which takes its time to find out.
    if let Some(only) = schema::only_argument(input.get()) {
        let grant = &visible.grant;
        let found = call.store().get_assistant(tool.assistant_id, &grant.scope);
        let found = found.await.map_err(crate::http::ApiError::from)?;
        if let Some(assistant) = found
            && tools::shape(call, &assistant, grant)
                .await
                .takes_only_argument()
        {
            input = only;
        }
    }
    let mut modes = vec![StreamMode::Values];
    if with_progress {
        modes.extend([StreamMode::Custom, StreamMode::MessagesTuple]);
    }
    Ok(RunCreate {
        assistant_id: tool.assistant_id.to_string(),
        input: Some(input),
        stream_mode: Some(OneOrMany::Many(modes)),
        stream_subgraphs: Some(with_progress),
        on_disconnect: Some(OnDisconnect::Cancel),
        ..RunCreate::default()
    })
}

/// Whether the client reads streams of events.
fn accepts_events(call: &Call) -> bool {
    let mut accepted = call.headers.get_all(ACCEPT).iter();
    accepted.any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/event-stream"))
    })
}

/// What becomes of a call.
struct CallAnswer {
    id: RawJson,
    live: Arc<Live>,
    /// Who made it, and may cancel it.
    identity: String,
    under_way: UnderWay,
    dialect: Dialect,
}

impl CallAnswer {
    /// Waits until the client cancels the call, and ends its run.
    async fn cancelled(&self) {
        self.under_way.cancelled_by(&self.identity).await;
        self.live.cancel("cancelled by notifications/cancelled");
    }

    /// Waits for the end of the run.
    async fn result(&self) -> Bytes {
        let outcome = self.live.log.ended().await;
        let result = ToolResult::of(&outcome, self.dialect.result_type());
        json_rpc::answer(&self.id, &result)
    }

    /// The whole answer. Its head may be on its way already when the call is cancelled, so that it needs a body all the same.
    async fn whole(&self) -> Bytes {
        tokio::select! {
            biased;
            () = self.cancelled() => {
                JsonRpcError::new(CANCELLED, "The call was cancelled.").answer(&self.id)
            }
            result = self.result() => result,
        }
    }
}

/// An answer that tells of the run until it has ended.
struct Progress {
    reader: LiveReader,
    answer: CallAnswer,
    token: RawJson,
    /// How often.
    told: u64,
}

/// What `notifications/progress` says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressParams<'a> {
    progress_token: &'a RawJson,
    progress: u64,
    message: String,
}

impl Source for Progress {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        let read = tokio::select! {
            biased;
            // A call that is cancelled has no answer.
            () = self.answer.cancelled() => return Then::End,
            read = self.reader.next() => read,
        };
        // Who is too slow for the events still gets the result.
        let Ok(events) = read else {
            tokio::select! {
                biased;
                () = self.answer.cancelled() => {}
                result = self.answer.result() => write(out, &result),
            }
            return Then::End;
        };
        for message in events.iter().filter_map(progress::told) {
            self.told += 1;
            let params = ProgressParams {
                progress_token: &self.token,
                progress: self.told,
                message,
            };
            write(
                out,
                &json_rpc::notification("notifications/progress", &params),
            );
        }
        Then::More
    }
}

fn write(out: &mut Chunks, message: &[u8]) {
    let out = out.buffer();
    out.extend_from_slice(b"event: message\r\ndata: ");
    out.extend_from_slice(message);
    out.extend_from_slice(b"\r\n\r\n");
}
