//! One endpoint: what it is called, what it takes and gives, whom it answers, and who serves it.

use std::future::Future;
use std::sync::Arc;

use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::openapi::parameter::Parameter;
use super::{ApiError, Call};
use crate::app::App;
use crate::auth::{Access, access};

/// Makes the schema of a type.
type Describe = fn(&mut SchemaGenerator) -> Schema;

/// One endpoint.
pub(crate) struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The path with `{placeholders}`.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes, in tests.
    pub body: Option<Describe>,
    /// What of the query and the headers it reads.
    pub parameters: &'static [Parameter],
    /// Whom it answers.
    pub admits: Admits,
    /// Which instance answers; none where that is any, as no thread or run is in its path.
    pub place: Option<AnsweredAt>,
    /// Whether it may make a run although it asks for something else first.
    then_creates_runs: bool,
    /// What it answers with.
    pub answer: Answer,
    /// The JSON it answers with, in tests.
    pub gives: Option<Describe>,
    /// Whether its answer may wait for a run.
    pub waits: bool,
    /// Serves it.
    pub handler: MethodRouter<Arc<App>>,
}

/// Whom an endpoint answers, as far as the project's auth decides that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admits {
    /// Anybody.
    Everybody,
    /// Those who are who they say.
    Authenticated,
    /// Those who may do this; it is what is asked first.
    Allowed(Access),
}

/// Which one answers, where several instances share a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnsweredAt {
    /// Any: what is asked for is in the database, or begins where it is asked for.
    Anywhere,
    /// The home of the thread in its path.
    Home,
    /// The same; while that cannot be reached, any.
    HomeOrHere,
    /// The home of the thread of the run in its path; while that cannot be reached, any.
    HomeOfRunOrHere,
    /// The home of the thread that its body is about, if it is about one.
    AsBodySays,
}

impl AnsweredAt {
    /// Whether another instance answers while the home cannot be reached.
    pub(super) const fn may_be_answered_here(self) -> bool {
        matches!(self, Self::HomeOrHere | Self::HomeOfRunOrHere)
    }
}

/// What an endpoint answers with when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200 and JSON.
    Json,
    /// 200 and one page of a list, with headers that say how long the list is and where it goes on.
    Page,
    /// 200 and JSON, or 204 for clients that prefer little.
    JsonOrNothing,
    /// 200 and server-sent events.
    Events,
    /// 200 and a page.
    Html,
    /// 200 and a file of any kind.
    File,
    /// 204.
    Nothing,
    /// 202, or 200 and JSON when asked to wait.
    Accepted,
    /// 200 and text for Prometheus, or JSON.
    Metrics,
    /// 101, and a WebSocket.
    Socket,
    /// 200 and JSON, and refusals in the form of the event protocol.
    Command,
    /// The answer to a message of JSON-RPC: 200 and JSON or events, 202 where the message wants no answer.
    JsonRpc,
}

/// An endpoint. Unless it says otherwise it answers those who are who they say.
pub(super) fn route<F, Fut>(
    method: &'static str,
    path: &'static str,
    handler: F,
    answer: Answer,
    summary: &'static str,
) -> Route
where
    F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    let filter = match method {
        "POST" => MethodFilter::POST,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        "PUT" => MethodFilter::PUT,
        _ => MethodFilter::GET,
    };
    Route {
        method,
        path,
        summary,
        body: None,
        parameters: &[],
        admits: Admits::Authenticated,
        place: None,
        then_creates_runs: false,
        answer,
        gives: None,
        waits: false,
        handler: on(filter, handler),
    }
}

/// An endpoint whose handler takes over the connection.
pub(super) fn upgrading(
    path: &'static str,
    handler: MethodRouter<Arc<App>>,
    summary: &'static str,
) -> Route {
    Route {
        method: "GET",
        path,
        summary,
        body: None,
        parameters: &[],
        admits: Admits::Authenticated,
        place: None,
        then_creates_runs: false,
        answer: Answer::Socket,
        gives: None,
        waits: false,
        handler,
    }
}

impl Route {
    /// Whether it may make a run, which executes the project's code.
    pub(super) fn creates_runs(&self) -> bool {
        self.then_creates_runs || self.admits == Admits::Allowed(access("threads", "create_run"))
    }

    /// It may make a run, which is not what it asks for first.
    pub(super) const fn then_creates_runs(mut self) -> Self {
        self.then_creates_runs = true;
        self
    }

    /// Whether its answer may go on for as long as its client likes.
    pub(super) const fn stays_open(&self) -> bool {
        self.waits
            || matches!(
                self.answer,
                Answer::Events | Answer::Socket | Answer::JsonRpc
            )
    }

    /// Its answer waits for a run.
    pub(super) const fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Which instance answers it.
    pub(super) const fn at(mut self, place: AnsweredAt) -> Self {
        self.place = Some(place);
        self
    }

    /// It reads a body of this form.
    pub(super) fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = describes::<T>();
        self
    }

    /// It answers with JSON of this form.
    pub(super) fn gives<T: JsonSchema>(mut self) -> Self {
        self.gives = describes::<T>();
        self
    }

    /// It reads these of the query and the headers.
    pub(super) const fn asks(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Answers anybody, without asking the project's auth.
    pub(super) const fn public(mut self) -> Self {
        self.admits = Admits::Everybody;
        self
    }

    /// Answers those who are who they say. What else it asks for depends on the request.
    pub(super) const fn authenticated(mut self) -> Self {
        self.admits = Admits::Authenticated;
        self
    }

    /// Asks first whether the caller may do this.
    pub(super) const fn needs(mut self, resource: &'static str, action: &'static str) -> Self {
        self.admits = Admits::Allowed(access(resource, action));
        self
    }
}

/// What describes the type in tests, which keep what it says in `openapi/schemas.json`. The binary has no use for it, and no room.
fn describes<T: JsonSchema>() -> Option<Describe> {
    if cfg!(test) {
        Some(SchemaGenerator::subschema_for::<T>)
    } else {
        None
    }
}
