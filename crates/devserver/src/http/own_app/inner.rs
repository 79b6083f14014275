//! The server's own routes as the project's app reaches them, behind its middleware, and the auth gate as its own routes ask it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::inner_socket::InnerSocket;
use super::wire;
use crate::app::App;
use crate::http::call::KnownUser;
use crate::http::events::socket::{PassedOn, is_event_socket};
use crate::http::mounted;
use crate::http::{ApiError, Call, Inside};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use lgx_engine::notice::Notice;
use lgx_model::RawJson;
use lgx_worker::{
    AppPass, AppRequest, Asked, CallError, CallbackError, SendError, ServedAnswer, ServedBody,
};

/// An answer of up to so many bytes goes to the app at once.
const ANSWERED_WHOLE: u64 = 64 * 1024;

/// What stands behind the app for one request.
#[derive(Clone)]
pub(in crate::http) struct Inner {
    app: Arc<App>,
    router: Router,
    /// The request, for the log.
    name: String,
    /// What the connection and the guard know of the request, whatever middleware does to it.
    known: Extensions,
    /// What a preflight is answered with, if it is one.
    preflight: Option<HeaderMap>,
    /// Who asks, once the gate was asked.
    user: Arc<OnceLock<KnownUser>>,
    seen: Arc<Mutex<Seen>>,
}

/// What becomes of the request, for the log and the metrics.
#[derive(Default)]
struct Seen {
    /// What happened inside.
    inside: Option<Inside>,
    /// The path of the app's own route that answers.
    route: Option<String>,
    /// The server's own routes were asked, which count by themselves.
    is_served: bool,
}

/// The pass of the request, as long as it is answered.
pub(super) struct OpenPass {
    app: Arc<App>,
    pass: AppPass,
}

impl OpenPass {
    /// What the worker is told.
    pub(super) fn told(&self) -> AppPass {
        self.pass.clone()
    }
}

impl Drop for OpenPass {
    fn drop(&mut self) {
        self.app.open_requests.close(self.pass.number);
    }
}

impl Inner {
    pub(in crate::http) fn new(
        app: &Arc<App>,
        router: Router,
        request: &Request<Body>,
        preflight: Option<HeaderMap>,
    ) -> Self {
        Self {
            app: Arc::clone(app),
            router,
            name: format!("{} {}", request.method(), request.uri().path()),
            known: request.extensions().clone(),
            preflight,
            user: Arc::default(),
            seen: Arc::default(),
        }
    }

    /// What the app asks the server while it answers, it may ask as whoever sent this request.
    pub(super) fn open_pass(&self, parts: &Parts) -> OpenPass {
        let mut request = Request::new(());
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = parts.uri.clone();
        *request.headers_mut() = parts.headers.clone();
        *request.extensions_mut() = self.known.clone();
        let opened = self.app.open_requests.open(request, Arc::clone(&self.user));
        let (number, secret) = opened;
        OpenPass {
            app: Arc::clone(&self.app),
            pass: AppPass { number, secret },
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The app's own route of this path answers, if it is one.
    pub(super) fn is_at(&self, route: Option<String>) {
        self.seen().route = route;
    }

    /// Counts the request once its answer begins, unless the server's own routes have.
    pub(super) fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        let Seen {
            route, is_served, ..
        } = &*self.seen();
        if self.preflight.is_none() && (route.is_some() || !is_served) {
            let route = route.as_deref().unwrap_or_default();
            let requests = &self.app.requests;
            requests.count(route, method, status.as_u16(), took);
        }
    }

    /// Whether the server's own routes were asked.
    pub(super) fn is_served(&self) -> bool {
        self.seen().is_served
    }

    /// Puts what happened inside beside an answer of the app that is a failure of the server's.
    pub(super) fn explain(&self, response: &mut Response) {
        if response.status().is_server_error()
            && let Some(inside) = self.seen().inside.take()
        {
            response.extensions_mut().insert(inside);
        }
    }

    /// The app's answer breaks off: the client sees only that, and the log says why.
    pub(super) fn tell_broken_off(&self, error: &CallError) {
        if let CallError::Remote(remote) = error
            && let Some(diagnostic) = &remote.diagnostic
        {
            self.app.notice(Notice::RequestFailed {
                request: self.name.clone(),
                diagnostic: (**diagnostic).clone(),
            });
        }
    }

    /// Answers what the worker asks for.
    pub(super) async fn answer(self, asked: Box<Asked>) {
        match *asked {
            Asked::Serve {
                request,
                whole,
                body,
                answer,
            } => {
                let body = whole.map_or_else(|| streamed(body), Body::from);
                // An error means that nobody waits for the answer any more.
                let _ = self.serve(request, body, answer).await;
            }
            Asked::ServeSocket {
                request,
                messages,
                answer,
            } => {
                // As above.
                let _ = self.serve_socket(request, messages, answer).await;
            }
            Asked::Authenticate {
                request,
                of_app,
                answer,
            } => match self.authenticate(request, of_app).await {
                Ok(user) => answer.is(user.as_ref()).await,
                Err(refusal) => answer.refuse(&refusal).await,
            },
        }
    }

    async fn serve(
        &self,
        request: AppRequest,
        body: Body,
        answer: ServedAnswer,
    ) -> Result<(), SendError> {
        let response = tokio::select! {
            () = answer.cancelled() => return Ok(()),
            response = self.respond(request, body, Extensions::new()) => response,
        };
        self.pass_on(response, answer).await
    }

    /// Has the server's own WebSocket answer, which there is one of.
    async fn serve_socket(
        &self,
        request: AppRequest,
        messages: ServedBody,
        mut answer: ServedAnswer,
    ) -> Result<(), SendError> {
        let (passed_on, mut opened) = PassedOn::new();
        let response = tokio::select! {
            () = answer.cancelled() => return Ok(()),
            response = self.respond_to_socket(request, passed_on) => response,
        };
        let Ok(session) = opened.try_recv() else {
            return self.pass_on(response, answer).await;
        };
        answer.send(&wire::accepted_to_app(&response), None).await?;
        let mut socket = InnerSocket::new(messages, answer);
        session.run(&mut socket).await;
        socket.end().await
    }

    async fn respond_to_socket(&self, request: AppRequest, passed_on: PassedOn) -> Response {
        let config = self.app.engine.workers.config();
        let path = wire::decoded(&request.raw_path);
        let path = mounted::path_within(&config.http.mount_prefix, &path);
        if !path.is_some_and(is_event_socket) {
            return ApiError::not_found("Not Found").into_response();
        }
        let mut beside = Extensions::new();
        beside.insert(passed_on);
        self.respond(request, Body::empty(), beside).await
    }

    /// An answer of the server's own, to the app.
    async fn pass_on(
        &self,
        mut response: Response,
        mut answer: ServedAnswer,
    ) -> Result<(), SendError> {
        if let Some(inside) = response.extensions_mut().remove::<Inside>() {
            self.seen().inside = Some(inside);
        }
        let head = wire::answer_to_app(&response);
        let mut body = response.into_body();
        let size = body.size_hint().exact();
        if size.is_some_and(|size| size <= ANSWERED_WHOLE) {
            return match body.collect().await {
                Ok(whole) => answer.reply(&head, Some(whole.to_bytes())).await,
                Err(error) => {
                    answer.fail(&broken_off(&error)).await;
                    Ok(())
                }
            };
        }
        answer.send(&head, Some(Bytes::new())).await?;
        loop {
            let frame = tokio::select! {
                () = answer.cancelled() => return Ok(()),
                frame = body.frame() => frame,
            };
            match frame {
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        answer.send(&serde_json::json!({}), Some(piece)).await?;
                    }
                }
                Some(Err(error)) => {
                    answer.fail(&broken_off(&error)).await;
                    return Ok(());
                }
                None => return answer.reply(&serde_json::json!({}), None).await,
            }
        }
    }

    async fn respond(&self, request: AppRequest, body: Body, beside: Extensions) -> Response {
        if let Some(headers) = &self.preflight {
            return preflight_answer(headers.clone());
        }
        let mut request = match wire::from_app(request, body) {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
        *request.extensions_mut() = self.known.clone();
        request.extensions_mut().extend(beside);
        if let Some(user) = self.user.get() {
            request.extensions_mut().insert(user.clone());
        }
        self.seen().is_served = true;
        let config = self.app.engine.workers.config();
        mounted::respond(&config.http, self.router.clone(), request).await
    }

    /// Who asks; none if there is no auth, or if anybody may.
    async fn authenticate(
        &self,
        request: AppRequest,
        of_app: bool,
    ) -> Result<Option<RawJson>, CallbackError> {
        if let Some(KnownUser(user)) = self.user.get() {
            return Ok(user.clone());
        }
        let config = self.app.engine.workers.config();
        let path = mounted::path_within(&config.http.mount_prefix, &request.path);
        let public = |path| self.app.public.include(request.method.as_deref(), path);
        // A preflight never brings credentials.
        if !of_app && (self.preflight.is_some() || path.is_none_or(public)) {
            return Ok(None);
        }
        let mut request =
            wire::from_app(request, Body::empty()).map_err(|error| refused(&error))?;
        *request.extensions_mut() = self.known.clone();
        let call = Call::without_body(request, &self.app);
        let user = call.authenticate().await.map_err(|error| refused(&error))?;
        let KnownUser(user) = self.user.get_or_init(|| KnownUser(user.user));
        Ok(user.clone())
    }
}

/// What a preflight is answered with.
pub(in crate::http) fn preflight_answer(headers: HeaderMap) -> Response {
    let mut response = "OK".into_response();
    response.headers_mut().extend(headers);
    response
}

fn streamed(body: ServedBody) -> Body {
    let pieces = stream::unfold(body, |mut body| async move {
        let piece = body.next().await;
        // A body that breaks off is no whole one.
        let piece = match piece {
            Some(piece) => Ok(piece),
            None if body.is_over() => return None,
            None => Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
        };
        Some((piece, body))
    });
    Body::from_stream(pieces.boxed())
}

fn broken_off(error: &axum::Error) -> CallbackError {
    CallbackError {
        kind: "BrokenOff".to_owned(),
        message: format!("the answer breaks off: {error}"),
        status: None,
        headers: BTreeMap::new(),
    }
}

fn refused(error: &ApiError) -> CallbackError {
    let headers = error.headers.iter().flat_map(|headers| headers.iter());
    CallbackError {
        kind: "Refused".to_owned(),
        message: error.detail.clone(),
        status: Some(error.status.as_u16()),
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
    }
}
