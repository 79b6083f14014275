//! Requests about a thread that is at home at another instance: they are passed on to it, whole, and its answers come back as they are.
//!
//! A thread is live at one instance, its home, which executes its runs and has their logs. Any instance may be asked. So the routes that
//! need the home say so in the table (`AnsweredAt`), and come by here where several instances share a database: the home is looked up, and is
//! sent the client's own request with a voucher, a signed header. It answers as if the client had come to it, without what the first
//! instance has done already: names, origins, the project's middleware, the access log. It never passes a request on again: if it is not
//! the home any more it says so, and the first instance looks again.

mod bridge;
mod counts;
mod cut_off;
mod detour;
mod election;
mod living;
mod numbers;
mod passing;
mod peer_client;
mod reception;
mod tunnel;
mod voucher;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Request, StatusCode};
use lgx_engine::sharing::{InstanceUrl, SharedSecret};
use lgx_model::{InstanceId, RunId, ThreadId};
use lgx_store::instances::Home;
use lgx_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

pub(super) use self::bridge::Bridge;
pub(super) use self::counts::{RelayCounts, RelayOutcome};
pub(in crate::http) use self::detour::Detour;
pub(in crate::http) use self::living::Election;
use self::living::Living;
use self::passing::Passed;
use self::peer_client::PeerClient;
pub(super) use self::reception::{Relayed, respond};
pub(super) use self::voucher::HEADER;
use self::voucher::Signer;
use super::intake::{self, ReadBody};
use super::route::AnsweredAt;
use super::{ApiError, Call, Inside};
use crate::app::App;

/// How often a home is looked for that has moved meanwhile: each time somebody else has taken the thread, or given it up.
const LOOKS: usize = 4;

/// What passes requests on to other instances.
pub(crate) struct Relay {
    signer: Signer,
    client: PeerClient,
    living: Living,
    /// What became of requests.
    pub(super) counts: RelayCounts,
    /// The server stops: connections that were handed through end.
    stopping: CancellationToken,
}

/// The instance could not be asked: what is asked for is answered here, as well as that is possible.
#[derive(Clone)]
pub(in crate::http) struct HomeIsAway;

/// An instance that is another thread's home.
#[derive(Debug, Clone)]
pub(in crate::http) struct OtherHome {
    /// Which one.
    pub(in crate::http) instance: InstanceId,
    /// Where it is reached, if it is.
    pub(in crate::http) url: Option<String>,
}

impl Relay {
    /// That of the instance `own`, which speaks TLS with the others as `tls` says.
    ///
    /// # Errors
    /// When nothing can be asked from this machine.
    pub(crate) fn new(
        secret: &SharedSecret,
        own: InstanceId,
        tls: Option<rustls::ClientConfig>,
        store: Store,
        stopping: CancellationToken,
    ) -> Result<Self, rustls::Error> {
        Ok(Self {
            signer: Signer::new(secret, own),
            client: PeerClient::new(tls)?,
            living: Living::watch(store, own, stopping.clone()),
            counts: RelayCounts::default(),
            stopping,
        })
    }
}

/// What says when who watches a thread here that is not there yet had better do so at another instance, where it would be made; none if it is
/// there, or there are no others.
///
/// # Errors
/// When the state cannot be read.
pub(in crate::http) async fn election_of_missing(
    app: &App,
    thread_id: ThreadId,
) -> Result<Option<Election>, StoreError> {
    let Some(relay) = &app.relay else {
        return Ok(None);
    };
    let home = app.engine.store.home_of(thread_id).await?;
    Ok((home == Home::Nobody).then(|| relay.living.election(thread_id)))
}

/// Has the home answer, if that is another instance. A handler may find out only later what the request is about: it takes a detour then.
pub(super) async fn to_home(
    State((app, place)): State<(Arc<App>, AnsweredAt)>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let Some(relay) = &app.relay else {
        return next.run(request).await;
    };
    if request.extensions().get::<Relayed>().is_some() {
        return reception::answer_as_home(request, next).await;
    }
    match passed_or_answered(&app, relay, place, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn passed_or_answered(
    app: &Arc<App>,
    relay: &Relay,
    place: AnsweredAt,
    request: Request<Body>,
    next: Next,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    intake::check_announced(&parts.headers)?;
    let body = app.intake.read_whole(body).await?;
    let subject = subject(app, place, &mut parts).await?;
    let mut home = match subject {
        Some(thread_id) => other_home(app, relay, place, thread_id).await?,
        None => None,
    };
    for _ in 0..LOOKS {
        let Some(other) = home else {
            let detour = Detour::default();
            let mut request = request_of(&parts, &body);
            request.extensions_mut().insert(detour.clone());
            let response = next.clone().run(request).await;
            match detour.taken() {
                None => return Ok(response),
                Some(other) => home = Some(other),
            }
            continue;
        };
        match passing::pass_on(app, relay, &other, &parts, body.bytes()).await? {
            Passed::Answered(response) => return Ok(response),
            Passed::Moved => {
                relay.counts.count(RelayOutcome::Moved);
                home = match subject {
                    Some(thread_id) => other_home(app, relay, place, thread_id).await?,
                    None => None,
                };
            }
            Passed::Unreached(why) => {
                relay.counts.count(RelayOutcome::Unreached);
                if let Some(thread_id) = subject
                    && app.engine.store.home_of(thread_id).await? == Home::Nobody
                {
                    // It would have been the home, and is not.
                    home = None;
                    continue;
                }
                return unreached(app, place, &parts, &body, next, &why).await;
            }
            Passed::BrokenOff(why) => {
                relay.counts.count(RelayOutcome::BrokenOff);
                if parts.method.is_safe() {
                    // Nothing was done that could be done twice.
                    return unreached(app, place, &parts, &body, next, &why).await;
                }
                return Err(refusal(app, &parts, &body, gone_away(&why)).await);
            }
        }
    }
    let moves = gone_away("its home moves from instance to instance, or does not believe this one");
    Err(refusal(app, &parts, &body, moves).await)
}

/// The thread that a request is about, as far as its path says.
async fn subject(
    app: &App,
    place: AnsweredAt,
    parts: &mut Parts,
) -> Result<Option<ThreadId>, ApiError> {
    let params = RawPathParams::from_request_parts(parts, app).await.ok();
    let named = |name: &str| {
        let mut params = params.iter().flatten();
        params.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    };
    Ok(match place {
        AnsweredAt::Anywhere | AnsweredAt::AsBodySays => None,
        AnsweredAt::Home | AnsweredAt::HomeOrHere => {
            named("thread_id").and_then(|id| id.parse().ok())
        }
        AnsweredAt::HomeOfRunOrHere => {
            match named("run_id").and_then(|id| id.parse::<RunId>().ok()) {
                Some(run_id) => app.engine.store.get_thread_of_run(run_id).await?,
                None => None,
            }
        }
    })
}

/// The home of a thread, if it is not here and somebody has it, or will have it once it is there.
async fn other_home(
    app: &App,
    relay: &Relay,
    place: AnsweredAt,
    thread_id: ThreadId,
) -> Result<Option<OtherHome>, ApiError> {
    let store = &app.engine.store;
    Ok(match store.home_of(thread_id).await? {
        Home::Here => None,
        Home::At { instance, url } => Some(OtherHome { instance, url }),
        Home::Nobody if place != AnsweredAt::Home => None,
        Home::Nobody if store.is_thread_there(thread_id).await? => None,
        Home::Nobody => relay.living.elected(thread_id),
    })
}

/// What becomes of a request whose home nobody reaches: who may not come in hears no more than ever.
async fn unreached(
    app: &Arc<App>,
    place: AnsweredAt,
    parts: &Parts,
    body: &ReadBody,
    next: Next,
    why: &str,
) -> Result<Response, ApiError> {
    let mut request = request_of(parts, body);
    if place.may_be_answered_here() {
        tracing::warn!("answered without the home of the thread, which cannot be reached: {why}");
        request.extensions_mut().insert(HomeIsAway);
        return Ok(next.run(request).await);
    }
    Err(refusal(app, parts, body, home_is_away(why)).await)
}

/// What is refused is told to those who may come in; others hear what they always hear.
async fn refusal(app: &Arc<App>, parts: &Parts, body: &ReadBody, refusal: ApiError) -> ApiError {
    let asked = Call::without_body(request_of(parts, body), app)
        .authenticate()
        .await;
    asked.err().unwrap_or(refusal)
}

fn request_of(parts: &Parts, body: &ReadBody) -> Request<Body> {
    let mut request = Request::from_parts(parts.clone(), Body::empty());
    request.extensions_mut().insert(body.clone());
    request
}

/// 503 for what needs a home that nobody reaches: it is there again soon, or the thread finds another one.
pub(in crate::http) fn home_is_away(why: &str) -> ApiError {
    try_again(
        "The server that has this thread cannot be reached at the moment; try again.",
        why,
    )
}

/// 503 for what a home may have done or not.
fn gone_away(why: &str) -> ApiError {
    try_again(
        "The server that has this thread went away while it was answering; look what has become of the request, and try again.",
        why,
    )
}

fn try_again(detail: &str, why: &str) -> ApiError {
    let mut error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        .header(RETRY_AFTER, HeaderValue::from_static("1"));
    error.inside = Some(Inside::Text(why.to_owned()));
    error
}

impl OtherHome {
    /// Where it is reached.
    fn url(&self) -> Option<InstanceUrl> {
        self.url.as_deref()?.parse().ok()
    }
}
