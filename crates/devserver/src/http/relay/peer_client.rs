//! The HTTP client that asks other instances: answers come as they are sent, and whoever stops waiting for one closes its connection.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::uri::{PathAndQuery, Uri};
use http::{Request, Response};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use lgx_engine::sharing::InstanceUrl;
use rustls::ClientConfig;

/// How long another instance may take to accept a connection.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// How long a connection is kept for the next request: shorter than servers keep it.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// Asks other instances.
pub(super) struct PeerClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// It was not asked: nobody is there, or nobody who can be trusted.
    #[error("it cannot be reached: {0}")]
    Unreached(String),
    /// It was asked, and may have done what it was asked for.
    #[error("it went away while it was answering: {0}")]
    BrokenOff(String),
}

/// How long an instance is silent before it is asked whether it is there, below HTTP.
const PROBES_AFTER: Duration = Duration::from_secs(15);

impl PeerClient {
    /// A client that trusts whom `tls` says, where an instance speaks it; without, whom everybody trusts.
    ///
    /// # Errors
    /// When nothing can be asked from this machine.
    pub(super) fn new(tls: Option<ClientConfig>) -> Result<Self, rustls::Error> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECTS_WITHIN));
        http.set_nodelay(true);
        // One whose machine is gone says nothing of that.
        http.set_keepalive(Some(PROBES_AFTER));
        http.set_keepalive_interval(Some(PROBES_AFTER / 3));
        http.set_keepalive_retries(Some(3));
        http.enforce_http(false);
        let builder = HttpsConnectorBuilder::new();
        let builder = match tls {
            Some(tls) => builder.with_tls_config(tls),
            None => {
                builder.with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            }
        };
        let connector = builder.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(KEPT_FOR)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self { client })
    }

    /// Sends a request, whose target is a path, to an instance. Its answer, once that begins.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn ask(
        &self,
        url: &InstanceUrl,
        mut request: Request<Bytes>,
    ) -> Result<Response<Body>, NoAnswer> {
        let root = PathAndQuery::from_static("/");
        let target = request.uri().path_and_query().cloned().unwrap_or(root);
        let target = Uri::builder()
            .scheme(url.scheme.clone())
            .authority(url.authority.clone())
            .path_and_query(target)
            .build();
        *request.uri_mut() = target.map_err(|error| NoAnswer::Unreached(error.to_string()))?;
        let answered = self.client.request(request.map(Full::new)).await;
        let response = answered.map_err(|error| {
            let told = with_causes(&error);
            if error.is_connect() {
                NoAnswer::Unreached(told)
            } else {
                NoAnswer::BrokenOff(told)
            }
        })?;
        Ok(response.map(Body::new))
    }
}

/// What went wrong, and what caused it: the first alone says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        told = format!("{told}: {inner}");
        cause = inner.source();
    }
    told
}
