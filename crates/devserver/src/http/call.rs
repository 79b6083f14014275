//! One request as every handler gets it: its parts, its whole body, and the ways to read and authorize it.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequest, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use lgx_engine::caller::{Caller, RunPass};
use lgx_model::json_words;
use lgx_model::{AssistantId, JsonObject, RawJson, RunId, ThreadId};
use lgx_store::Store;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::entrance::Entrance;
use super::intake::{self, Held, ReadBody};
use super::open_requests::OpenRequest;
use super::relay::{Detour, HomeIsAway};
use super::{ApiError, body, tunnel};
use crate::app::App;
use crate::auth::{Access, Grant};

/// A request with its body read.
pub(crate) struct Call {
    /// The server.
    pub app: Arc<App>,
    /// The method.
    pub method: Method,
    /// The path and query.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// What the placeholders of the route matched, percent-decoded.
    pub path_params: Vec<(String, String)>,
    /// Where it comes from.
    pub peer: Peer,
    /// The body.
    pub body: Bytes,
    /// Keeps the room that the body takes.
    held: Option<Held>,
    /// The run on whose behalf the request claims to be made.
    pub pass: Option<RunPass>,
    /// The request to the project's app on whose behalf it is made.
    on_behalf_of: Option<Arc<OpenRequest>>,
    /// Who asks, once the gate has found out: a request is authenticated once, however much it asks for.
    known_user: OnceLock<KnownUser>,
    /// Where it goes on if another instance has to answer, if it may go on.
    pub(super) detour: Option<Detour>,
    /// Whether another instance should answer, and cannot be reached.
    pub home_is_away: bool,
    /// The client's `x-request-id`, else a fresh one.
    pub request_id: RequestId,
}

/// Identifies a request in logs and in the runs it makes.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub Arc<str>);

/// Who asks, as the gate has found out before the request went through the project's middleware; none if there is no auth.
#[derive(Debug, Clone)]
pub(crate) struct KnownUser(pub Option<RawJson>);

/// Who a connection comes from, put into the request by the listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The other end.
    pub address: SocketAddr,
    /// The address of this server that it connected to.
    pub reached: IpAddr,
    /// By which port it came in.
    pub entrance: Entrance,
}

impl Peer {
    /// One of which nothing is known; it is on no machine of anybody.
    pub(super) fn unknown() -> Self {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Self {
            address: nowhere,
            reached: nowhere.ip(),
            entrance: Entrance::Plain,
        }
    }

    /// The other end, if it is the client: who comes by a tunnel may be anywhere, whatever the request says.
    pub(crate) fn client(&self) -> Option<SocketAddr> {
        (self.entrance != Entrance::Tunnel).then_some(self.address)
    }

    /// Whether the other end is on this machine too.
    pub(crate) fn is_this_machine(&self) -> bool {
        let address = self.address.ip().to_canonical();
        address.is_loopback() || address == self.reached.to_canonical()
    }
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let path_params = path_params(&mut parts, app).await;
        if let Some(read) = parts.extensions.remove::<ReadBody>() {
            let (body, held) = read.into_parts();
            return Ok(Self::of(app, parts, path_params, body, Some(held)));
        }
        intake::check_announced(&parts.headers).map_err(IntoResponse::into_response)?;
        let (body, held) = app
            .intake
            .read(body)
            .await
            .map_err(IntoResponse::into_response)?;
        Ok(Self::of(app, parts, path_params, body, Some(held)))
    }
}

async fn path_params(parts: &mut Parts, app: &Arc<App>) -> Vec<(String, String)> {
    use axum::extract::FromRequestParts;
    match RawPathParams::from_request_parts(parts, app).await {
        Ok(params) => params
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        Err(_) => Vec::new(),
    }
}

impl Call {
    /// A request of which only the head is of interest.
    pub(crate) fn without_body<B>(request: http::Request<B>, app: &Arc<App>) -> Self {
        let (parts, _) = request.into_parts();
        Self::of(app, parts, Vec::new(), Bytes::new(), None)
    }

    fn of(
        app: &Arc<App>,
        mut parts: Parts,
        path_params: Vec<(String, String)>,
        body: Bytes,
        held: Option<Held>,
    ) -> Self {
        let extensions = &mut parts.extensions;
        let peer = extensions
            .get::<Peer>()
            .copied()
            .unwrap_or_else(Peer::unknown);
        let request_id = extensions.remove().unwrap_or_else(|| RequestId("".into()));
        Self {
            app: Arc::clone(app),
            pass: extensions.remove(),
            on_behalf_of: extensions.remove(),
            detour: extensions.remove(),
            home_is_away: extensions.remove::<HomeIsAway>().is_some(),
            known_user: extensions
                .remove::<KnownUser>()
                .map_or_else(OnceLock::new, OnceLock::from),
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            path_params,
            peer,
            body,
            held,
            request_id,
        }
    }

    /// Lets go of the body, which nobody reads any more: an answer may take long.
    pub(crate) fn release_body(&mut self) {
        self.body = Bytes::new();
        self.held = None;
    }

    /// The state.
    pub(crate) fn store(&self) -> &Store {
        &self.app.engine.store
    }

    /// The body as a JSON object of this form; 422 otherwise.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        body::parse_object(&self.body)
    }

    /// The body as a JSON list of this form; 422 otherwise.
    pub(crate) fn json_list<T: DeserializeOwned>(&self) -> Result<Vec<T>, ApiError> {
        body::parse(&self.body)
    }

    /// The query as this form (repeated keys become lists); 422 otherwise.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_html_form::from_str(self.uri.query().unwrap_or_default()).map_err(|error| {
            ApiError::invalid(format!("Invalid query: {}", json_words::of(&error)))
        })
    }

    /// All values of a query key, in order.
    pub(crate) fn query_values(&self, key: &str) -> Vec<String> {
        let pairs: Vec<(String, String)> = self.query().unwrap_or_default();
        pairs
            .into_iter()
            .filter(|(name, _)| name == key)
            .map(|(_, value)| value)
            .collect()
    }

    /// A boolean of the query: `true` in any case (or `1`), everything else is false.
    pub(crate) fn query_flag(&self, key: &str) -> bool {
        self.query_values(key).last().is_some_and(|value| {
            matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes")
        })
    }

    /// The text of a placeholder.
    pub(crate) fn path_text(&self, name: &str) -> &str {
        self.path_params
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// The thread the path names; 422 when it is not a UUID.
    pub(crate) fn thread_id(&self) -> Result<ThreadId, ApiError> {
        uuid(self.path_text("thread_id"), "thread")
    }

    /// The run the path names; 422 when it is not a UUID.
    pub(crate) fn run_id(&self) -> Result<RunId, ApiError> {
        uuid(self.path_text("run_id"), "run")
    }

    /// The assistant the path names; 422 when it is not a UUID.
    pub(crate) fn assistant_id(&self) -> Result<AssistantId, ApiError> {
        uuid(self.path_text("assistant_id"), "assistant")
    }

    /// Authorizes what was read from the request. A request that is wrong in itself is answered so only to callers who are
    /// who they say: authentication comes before validation.
    pub(crate) async fn authorize<T>(
        &self,
        read: Result<T, ApiError>,
        access: Access,
        value: impl FnOnce(&T) -> Value,
    ) -> Result<(T, Grant), ApiError> {
        let read = self.checked(read).await?;
        let value = object(value(&read));
        let grant = self.grant(access, value).await?;
        Ok((read, grant))
    }

    /// What was read from the request, or why it could not be, which only callers hear who are who they say.
    pub(crate) async fn checked<T>(&self, read: Result<T, ApiError>) -> Result<T, ApiError> {
        if read.is_err() {
            self.authenticate().await?;
        }
        read
    }

    /// Refuses to report to a URL that the project does not allow. Where no report is sent at all the run is as good as any.
    pub(crate) fn allow_webhook(&self, url: Option<&str>) -> Result<(), ApiError> {
        let rules = &self.app.engine.workers.config().webhooks;
        let Some(url) = url.filter(|_| rules.enabled) else {
            return Ok(());
        };
        lgx_engine::webhook::check(rules, url, &self.app.url)
            .map(drop)
            .map_err(ApiError::invalid)
    }

    /// Asks the project's auth whether the caller may do this to `value`.
    pub(crate) async fn grant(&self, access: Access, value: JsonObject) -> Result<Grant, ApiError> {
        let [grant] = self.grants([(access, value)]).await?;
        Ok(grant)
    }

    /// The same for values that only handlers need, and that take some time to make.
    pub(crate) async fn grants_of(
        &self,
        accesses: &[Access],
        values: impl FnOnce() -> Result<Vec<JsonObject>, ApiError>,
    ) -> Result<Vec<Grant>, ApiError> {
        let known = self.known_user().await?;
        let asker = || self.asker(known);
        let grants = self.app.gate.grants_of(asker, accesses, values).await?;
        if let Some(grant) = grants.first() {
            self.admit(&grant.caller)?;
        }
        Ok(grants)
    }

    /// Asks the project's auth whether the caller may do all of these.
    pub(crate) async fn grants<const N: usize>(
        &self,
        asked: [(Access, JsonObject); N],
    ) -> Result<[Grant; N], ApiError> {
        let known = self.known_user().await?;
        let grants = self.app.gate.grants(|| self.asker(known), asked).await?;
        if let Some(grant) = grants.first() {
            self.admit(&grant.caller)?;
        }
        Ok(grants)
    }

    /// Finds out who is calling, or refuses.
    pub(crate) async fn authenticate(&self) -> Result<Caller, ApiError> {
        let known = self.known_user().await?;
        let caller = self.app.gate.authenticate(|| self.asker(known)).await?;
        self.admit(&caller)?;
        Ok(caller)
    }

    /// Takes down who asks, as the gate has just found out, so that it is not asked again for this request. Refuses somebody unknown
    /// who has come by a tunnel: auth may have gone since the request began.
    fn admit(&self, caller: &Caller) -> Result<(), ApiError> {
        if let Some(user) = &caller.user {
            // It may be known already: then nothing has changed.
            let _ = self.known_user.set(KnownUser(Some(user.clone())));
        } else if tunnel::needs_auth(&self.app, self.peer) {
            return Err(ApiError::new(StatusCode::FORBIDDEN, tunnel::CLOSED));
        }
        Ok(())
    }

    /// Has the gate find out again who asks: what follows on a connection that stays open is as good as a request of its own.
    pub(crate) fn forget_user(&mut self) {
        self.known_user.take();
    }

    /// Who it is, if that is known or can be found out without asking who sent this request itself.
    async fn known_user(&self) -> Result<Option<RawJson>, ApiError> {
        match (self.known_user.get(), &self.on_behalf_of) {
            (Some(KnownUser(user)), _) => Ok(user.clone()),
            (None, Some(request)) => request.user(&self.app).await,
            (None, None) => Ok(None),
        }
    }
}

/// What a handler is asked about, which is always an object.
pub(crate) fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

/// Reads an id; 422 when it is not a UUID.
pub(crate) fn uuid<T: FromStr>(text: &str, noun: &str) -> Result<T, ApiError> {
    text.parse()
        .map_err(|_| ApiError::invalid(format!("Invalid {noun} ID: must be a UUID")))
}
