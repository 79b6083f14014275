//! A small HTTP client that checks on every answer what every answer has: JSON errors, a request id, CORS headers.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::socket::Socket;
use crate::sse::Events;

/// Sends requests to one server, each over a connection of its own.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    headers: HeaderMap,
}

impl Client {
    /// A client of the server at `address`.
    pub fn new(address: SocketAddr) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(host) = HeaderValue::try_from(address.to_string()) {
            headers.insert(HOST, host);
        }
        Self { address, headers }
    }

    /// The same client with this header on every request.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        set(&mut self.headers, name, value);
        self
    }

    /// The same client within a page of this origin, which may open sockets.
    #[must_use]
    pub fn from(&self, origin: &str) -> Self {
        self.clone().with(ORIGIN.as_str(), origin)
    }

    /// A GET request.
    pub fn get(&self, path: impl Into<String>) -> Request {
        self.request("GET", path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: impl Into<String>) -> Request {
        self.request("DELETE", path)
    }

    /// A POST request with a JSON body.
    pub fn post(&self, path: impl Into<String>, body: &Value) -> Request {
        self.request("POST", path).body(body.to_string())
    }

    /// A PATCH request with a JSON body.
    pub fn patch(&self, path: impl Into<String>, body: &Value) -> Request {
        self.request("PATCH", path).body(body.to_string())
    }

    /// A PUT request with a JSON body.
    pub fn put(&self, path: impl Into<String>, body: &Value) -> Request {
        self.request("PUT", path).body(body.to_string())
    }

    /// Opens a WebSocket, which has to be accepted.
    pub async fn socket(&self, path: &str) -> Socket {
        let headers = self.headers.clone();
        match Socket::open(self.address, path, headers).await {
            Ok(socket) => socket,
            Err(status) => panic!("the WebSocket {path} is refused: {status}"),
        }
    }

    /// The status with which a WebSocket is refused.
    pub async fn refused_socket(&self, path: &str) -> StatusCode {
        let headers = self.headers.clone();
        match Socket::open(self.address, path, headers).await {
            Ok(_) => panic!("the WebSocket {path} is accepted"),
            Err(status) => status,
        }
    }

    /// Any request, without a body.
    pub fn request(&self, method: &str, path: impl Into<String>) -> Request {
        let Ok(method) = Method::from_bytes(method.as_bytes()) else {
            panic!("`{method}` is not a method");
        };
        Request {
            address: self.address,
            method,
            path: path.into(),
            headers: self.headers.clone(),
            body: Bytes::new(),
            foreign: false,
        }
    }
}

/// A request; it is sent by awaiting it.
pub struct Request {
    address: SocketAddr,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    foreign: bool,
}

impl Request {
    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        set(&mut self.headers, name, value);
        self
    }

    /// Sets the body, whatever it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// From a page of an origin that may use the server.
    #[must_use]
    pub fn from_page(self, origin: &str) -> Self {
        self.header(ORIGIN.as_str(), origin)
    }

    /// From a page of an origin that may not use the server.
    #[must_use]
    pub fn from_foreign_page(mut self, origin: &str) -> Self {
        self.foreign = true;
        self.header(ORIGIN.as_str(), origin)
    }

    /// Sends it and waits for the head of the answer only.
    pub async fn open(self) -> Opened {
        let what = format!("{} {}", self.method, self.path);
        let sent = self.headers.clone();
        let (foreign, is_head) = (self.foreign, self.method == Method::HEAD);
        let (answer, connection) = crate::within(&what, self.send()).await;
        let (head, body) = answer.into_parts();
        check_head(&what, &sent, foreign, head.status, &head.headers);
        Opened {
            what,
            status: head.status,
            headers: head.headers,
            is_head,
            body,
            connection,
        }
    }

    /// Sends it and waits for the whole answer, whose errors may have another form than everywhere else.
    pub async fn raw(self) -> Response {
        self.open().await.unchecked().await
    }

    /// Sends it and reads the events of the answer.
    pub async fn events(self) -> Events {
        let opened = self.open().await;
        if opened.status != StatusCode::OK {
            let response = opened.whole().await;
            panic!("{response:?} is not a stream of events");
        }
        opened.events()
    }

    #[expect(
        clippy::unwrap_used,
        reason = "a test whose request cannot be sent has failed"
    )]
    async fn send(self) -> (http::Response<Incoming>, AbortOnDropHandle<()>) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let connection = tokio::spawn(async move {
            // What goes wrong with it shows in the answer.
            let _ = connection.await;
        });
        let mut request = http::Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        let answer = sender.send_request(request).await.unwrap();
        (answer, AbortOnDropHandle::new(connection))
    }
}

impl IntoFuture for Request {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.open().await.whole().await })
    }
}

#[expect(clippy::unwrap_used, reason = "tests set headers that can be sent")]
fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    headers.insert(
        HeaderName::try_from(name).unwrap(),
        HeaderValue::try_from(value).unwrap(),
    );
}

/// An answer whose body is still to come. Dropping it closes the connection.
pub struct Opened {
    what: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    is_head: bool,
    body: Incoming,
    connection: AbortOnDropHandle<()>,
}

impl Opened {
    /// A header that has to be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        text_of(&self.headers, name)
    }

    /// The next piece of the body as it arrives; none at its end, and an error where it breaks off.
    pub async fn piece(&mut self) -> Option<Result<Bytes, hyper::Error>> {
        loop {
            match crate::within(&self.what, self.body.frame()).await? {
                Ok(frame) => {
                    if let Ok(piece) = frame.into_data() {
                        return Some(Ok(piece));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Waits for the whole body.
    pub async fn whole(self) -> Response {
        let is_head = self.is_head;
        let response = self.unchecked().await;
        if !is_head {
            check_body(&response);
        }
        response
    }

    async fn unchecked(self) -> Response {
        let body = match crate::within(&self.what, self.body.collect()).await {
            Ok(body) => body.to_bytes(),
            Err(error) => panic!("the answer to {} breaks off: {error}", self.what),
        };
        Response {
            what: self.what,
            status: self.status,
            headers: self.headers,
            body,
        }
    }

    /// The body as events.
    pub fn events(self) -> Events {
        assert_eq!(
            self.header("content-type"),
            "text/event-stream; charset=utf-8"
        );
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-accel-buffering"), "no");
        Events::new(self.headers, self.body, self.connection)
    }
}

#[track_caller]
pub(crate) fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_else(|| panic!("no header `{name}` in {headers:?}"))
}

/// A whole answer.
#[derive(Debug)]
pub struct Response {
    what: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or("(not text)")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.describe()))
    }

    /// The JSON of an answer that has to be 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.describe());
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{}",
            self.describe()
        );
        self.json()
    }

    /// Checks that it is an answer without a body.
    #[track_caller]
    pub fn empty(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.describe());
        assert!(self.body.is_empty(), "{}", self.describe());
        assert_eq!(self.header("content-type"), None, "{}", self.describe());
    }

    /// The detail of a refusal that has to have this status.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.describe());
        told(&self.json()).unwrap_or_default()
    }

    fn describe(&self) -> String {
        format!("{} → {} {}", self.what, self.status, self.text())
    }
}

/// What a refusal says: its detail, or the message of an error in JSON-RPC.
fn told(body: &Value) -> Option<String> {
    let detail = body["detail"].as_str();
    let detail = detail.or_else(|| body["error"]["message"].as_str());
    detail.map(str::to_owned)
}

fn check_head(
    what: &str,
    sent: &HeaderMap,
    foreign: bool,
    status: StatusCode,
    headers: &HeaderMap,
) {
    let request_id = headers.get("x-request-id");
    assert!(
        request_id.is_some_and(|id| !id.is_empty()),
        "{what} → {status} without a request id"
    );
    if let Some(given) = sent.get("x-request-id") {
        assert_eq!(request_id, Some(given), "{what}");
    }
    assert!(
        headers.get_all(VARY).iter().any(|vary| vary == "Origin"),
        "{what} → {status} without `vary: Origin`"
    );
    let allowed = headers.get("access-control-allow-origin");
    let exposed = headers.get("access-control-expose-headers");
    if foreign || !sent.contains_key(ORIGIN) {
        assert_eq!(allowed, None, "{what} → {status}");
    } else {
        assert_eq!(allowed, sent.get(ORIGIN), "{what} → {status}");
        let exposed = exposed.and_then(|names| names.to_str().ok());
        assert!(
            exposed.is_some_and(|names| names.contains("x-pagination-next")),
            "{what} → {status}: {exposed:?}"
        );
    }
}

fn check_body(response: &Response) {
    let (status, what) = (response.status, response.describe());
    if status == StatusCode::NO_CONTENT {
        response.empty(204);
    } else if status.as_u16() >= 400 {
        assert_eq!(
            response
                .headers
                .get(CONTENT_TYPE)
                .map(HeaderValue::as_bytes),
            Some(&b"application/json"[..]),
            "{what}"
        );
        let detail = told(&response.json());
        assert!(detail.is_some_and(|detail| !detail.is_empty()), "{what}");
    }
}
