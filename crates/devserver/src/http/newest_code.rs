//! Runs that are asked for after a save wait for the code that was saved, and answers say when another code gave them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::Response;
use http::Request;
use http::header::{HeaderName, HeaderValue};
use lgx_engine::notice::ReloadFailure;
use lgx_engine::workers::NewestCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;

/// Says that what was saved last is not what answers.
const RELOAD: HeaderName = HeaderName::from_static("x-lgx-reload");

/// Waits for code that has been saved, before a run is admitted. The code that serves takes it when that takes too long.
pub(super) async fn wait(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let code = settled(&app).await;
    let mut response = next.run(request).await;
    if matches!(code, NewestCode::Pending) {
        let pending = HeaderValue::from_static("pending");
        response.headers_mut().insert(RELOAD, pending);
    }
    response
}

async fn settled(app: &App) -> NewestCode {
    let at_most = app.options.reload_wait;
    app.engine.workers.newest_code_settled(at_most).await
}

/// The same for a request of which the route does not tell that it makes runs; whether there was something to wait for.
pub(super) async fn waited(app: &App) -> bool {
    let pending = matches!(app.engine.workers.newest_code(), NewestCode::Pending);
    if pending {
        settled(app).await;
    }
    pending
}

/// Marks the answer to such a request, while what was saved last is not what has given it.
pub(super) fn mark(app: &App, response: &mut Response) {
    let mark = match app.engine.workers.newest_code() {
        NewestCode::Serves => return,
        NewestCode::Pending => "pending",
        NewestCode::Failed(_) => "failed",
    };
    let mark = HeaderValue::from_static(mark);
    response.headers_mut().insert(RELOAD, mark);
}

/// Marks every answer while what was saved last does not load.
pub(super) async fn mark_failed(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if matches!(app.engine.workers.newest_code(), NewestCode::Failed(_)) {
        let failed = HeaderValue::from_static("failed");
        response.headers_mut().insert(RELOAD, failed);
    }
    response
}

/// A save whose code does not load.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FailedReload {
    /// What is wrong, in a line.
    message: String,
    /// The file.
    file: Option<String>,
    /// The line in it, from 1.
    line: Option<u32>,
}

impl FailedReload {
    /// What was saved last, if it does not load.
    pub(super) fn of(code: &NewestCode) -> Option<Self> {
        let NewestCode::Failed(failure) = code else {
            return None;
        };
        Some(match &**failure {
            ReloadFailure::Config(problems) => {
                let first = problems.first();
                Self {
                    message: first.map_or_else(String::new, |problem| problem.message.clone()),
                    file: first.map(|problem| problem.file.display().to_string()),
                    line: first.and_then(|problem| problem.line),
                }
            }
            ReloadFailure::Code(diagnostic) => Self {
                message: format!("{}: {}", diagnostic.kind, diagnostic.message),
                file: diagnostic.file.clone(),
                line: diagnostic.line,
            },
            ReloadFailure::Died(death) => Self {
                message: format!("the process that loaded it ended: {}", death.how),
                file: death.crash.as_ref().and_then(|crash| crash.file.clone()),
                line: death.crash.as_ref().and_then(|crash| crash.line),
            },
            ReloadFailure::Worker(reason) => Self {
                message: reason.clone(),
                file: None,
                line: None,
            },
        })
    }
}
