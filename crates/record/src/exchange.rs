//! One call of a model: played from a recording, or asked for and kept while it is on its way to who called.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, BodyStream, StreamBody};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lgx_cassettes::{Library, Mode, Recording};
use rustls::ClientConfig;
use tokio_util::task::TaskTracker;

use crate::answer::{self, Outgoing, whole};
use crate::capture::{Capture, LONGEST};
use crate::credentials;
use crate::play::play;
use crate::routes::{BoxError, Routes};
use crate::target::Target;
use crate::told::{Teller, Told};

/// What the SDKs of providers take for an error that is not worth another try, and no code takes for anything else.
const NOT_RECORDED: StatusCode = StatusCode::FAILED_DEPENDENCY;
/// Headers that are about one connection, and not for the next one.
const OF_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];
/// What answers calls of models.
pub(crate) struct Exchange {
    library: Arc<Library>,
    client: Client<HttpsConnector<Routes>, Outgoing>,
    teller: Teller,
    /// How to record what is missing.
    command: String,
    tasks: TaskTracker,
}

/// The body of a call.
enum Asked {
    Whole(Bytes),
    /// More than is kept: what has come of it, and the rest.
    Long(Outgoing),
}

impl Exchange {
    /// Of recordings in this library.
    pub(crate) fn new(
        library: Arc<Library>,
        (routes, tls): (Routes, ClientConfig),
        teller: Teller,
        command: String,
        tasks: TaskTracker,
    ) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(routes);
        Self {
            library,
            client: Client::builder(TokioExecutor::new()).build(connector),
            teller,
            command,
            tasks,
        }
    }

    /// Whether anything but this machine may be reached.
    pub(crate) fn has_network(&self) -> bool {
        self.library.mode() != Mode::Replay
    }

    pub(crate) fn tell(&self, told: Told) {
        (self.teller)(told);
    }

    /// Answers a call of a model.
    pub(crate) async fn answer(
        &self,
        target: &Target,
        request: Request<Incoming>,
    ) -> Response<Outgoing> {
        if request.headers().contains_key(header::UPGRADE) {
            let path = request.uri().path();
            return self.not_answered(format!(
                "{target}{path} is asked for a WebSocket, which is not recorded\n  hint: use what the provider offers over HTTP, or leave out `--mode` and `--record`"
            ));
        }
        let (head, body) = request.into_parts();
        let body = match read(body).await {
            Ok(body) => body,
            // Nobody is there to read it.
            Err(error) => return answer::explained(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        let bytes = match body {
            Asked::Whole(bytes) => bytes,
            Asked::Long(body) => return self.answer_long(target, head, body).await,
        };
        let call = call(target, &head, bytes.clone());
        match self.find(&call).await {
            Ok(Some(recording)) => return play(recording),
            Ok(None) => {}
            Err(reason) => return self.not_answered(format!("{call} is not played: {reason}")),
        }
        if !self.has_network() {
            return self.missed(call).await;
        }
        match self.ask(target, head, whole(bytes)).await {
            Ok(response) => {
                Capture::new(&self.library, call, &self.teller).of(response, &self.tasks)
            }
            Err(refusal) => refusal,
        }
    }

    /// Passes a request on that is no call of a model.
    pub(crate) async fn pass_on(
        &self,
        target: &Target,
        request: Request<Incoming>,
    ) -> Response<Outgoing> {
        let (head, body) = request.into_parts();
        let body = body.map_err(Into::into).boxed_unsync();
        self.ask(target, head, body).await.map_or_else(
            |refusal| refusal,
            |response| response.map(|body| body.map_err(Into::into).boxed_unsync()),
        )
    }

    async fn answer_long(
        &self,
        target: &Target,
        head: Parts,
        body: Outgoing,
    ) -> Response<Outgoing> {
        let call = format!("{} {target}{}", head.method, head.uri.path());
        let reason = format!("its request is longer than {} MiB", LONGEST >> 20);
        if !self.has_network() {
            return self.not_answered(format!("no recording for {call}: {reason}"));
        }
        self.tell(Told::NotKept {
            sentence: format!("the answer to {call} is not recorded: {reason}"),
        });
        self.ask(target, head, body).await.map_or_else(
            |refusal| refusal,
            |response| response.map(|body| body.map_err(Into::into).boxed_unsync()),
        )
    }

    /// What the host answers, or why it does not.
    async fn ask(
        &self,
        target: &Target,
        head: Parts,
        body: Outgoing,
    ) -> Result<Response<Incoming>, Response<Outgoing>> {
        let uri = target.uri(head.uri.path_and_query());
        let uri =
            uri.map_err(|error| answer::explained(StatusCode::BAD_REQUEST, &error.to_string()))?;
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = head.headers;
        let headers = request.headers_mut();
        strip(headers);
        // What is compressed is not readable in a recording.
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        match self.client.request(request).await {
            Ok(mut response) => {
                strip(response.headers_mut());
                Ok(response)
            }
            Err(error) => {
                let message = format!("{target} cannot be reached: {}", chain(&error));
                let mut refusal =
                    answer::error(StatusCode::BAD_GATEWAY, "lgx_not_reached", &message);
                // It may be there the next time.
                refusal.headers_mut().remove("x-should-retry");
                Err(refusal)
            }
        }
    }

    /// What is recorded of a call, if anything; or what is wrong with it.
    async fn find(&self, call: &lgx_cassettes::Request) -> Result<Option<Recording>, String> {
        let (library, call) = (Arc::clone(&self.library), call.clone());
        match tokio::task::spawn_blocking(move || library.find(&call)).await {
            Ok(found) => found.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The answer to a call that has none, which is told too: not every client shows it.
    fn not_answered(&self, sentence: String) -> Response<Outgoing> {
        let refusal = answer::error(NOT_RECORDED, "lgx_not_recorded", &sentence);
        self.tell(Told::NotAnswered { sentence });
        refusal
    }

    async fn missed(&self, call: lgx_cassettes::Request) -> Response<Outgoing> {
        let library = Arc::clone(&self.library);
        let named = call.to_string();
        let nearest = tokio::task::spawn_blocking(move || library.nearest(&call)).await;
        let told = Told::Missed {
            call: named,
            nearest: nearest.ok().flatten().map(|nearest| nearest.to_string()),
            command: self.command.clone(),
        };
        let message = told.to_string();
        self.tell(told);
        answer::error(NOT_RECORDED, "lgx_no_recording", &message)
    }
}

/// What is asked, and with which keys, which no recording may have in it.
fn call(target: &Target, head: &Parts, body: Bytes) -> lgx_cassettes::Request {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let call = lgx_cassettes::Request::new(head.method.as_str(), &target.to_string(), path, body);
    call.with_credentials(credentials::within(&head.headers))
}

/// Reads a body as far as it is kept.
async fn read(mut body: Incoming) -> Result<Asked, hyper::Error> {
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        length += data.len();
        pieces.push(data);
        if length > LONGEST {
            let pieces = pieces.into_iter().map(|data| Ok(Frame::data(data)));
            let rest = BodyStream::new(body).map(|frame| frame.map_err(BoxError::from));
            let all = stream::iter(pieces).chain(rest);
            return Ok(Asked::Long(StreamBody::new(all).boxed_unsync()));
        }
    }
    Ok(Asked::Whole(pieces.concat().into()))
}

/// Takes out what is about one connection.
fn strip(headers: &mut HeaderMap) {
    let named = headers.get_all(header::CONNECTION).iter();
    let named: Vec<HeaderName> = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_CONNECTION) {
        headers.remove(name);
    }
    headers.remove("proxy-connection");
}

/// An error with what caused it, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = error.source();
    }
    said
}
