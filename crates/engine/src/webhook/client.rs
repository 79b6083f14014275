//! The HTTP client of webhooks: every address is checked after its name is resolved, redirects are not followed.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use lgx_config::{UrlPolicy, Webhooks};
use serde::Serialize;
use tower::Service;

use super::policy::check_address;

/// How long one try may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Why a try failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may work later.
    Passing(String),
    /// It will not.
    Lasting(String),
}

/// Posts reports.
pub(super) struct Client {
    http: HyperClient<HttpsConnector<HttpConnector<CheckedResolver>>, Full<Bytes>>,
    headers: HeaderMap,
}

impl Client {
    /// A client that keeps to these rules.
    pub(super) fn new(rules: &Webhooks) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in &rules.headers {
            let header =
                HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a header name"))?;
            let mut value = HeaderValue::try_from(value).map_err(|_| {
                format!("the value of header `{name}` holds characters that headers cannot have")
            })?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut connector = HttpConnector::new_with_resolver(CheckedResolver {
            policy: Arc::new(rules.url.clone()),
        });
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| error.to_string())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            http: HyperClient::builder(TokioExecutor::new()).build(connector),
            headers,
        })
    }

    /// Posts `body` once.
    pub(super) async fn post<T: Serialize>(&self, url: &Uri, body: &T) -> Result<(), Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::Lasting(error.to_string()))?;
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.clone();
        *request.headers_mut() = self.headers.clone();
        let answer = tokio::time::timeout(TIMEOUT, self.http.request(request)).await;
        let status = match answer {
            Err(_) => {
                return Err(Failure::Passing(format!(
                    "no answer within {} s",
                    TIMEOUT.as_secs()
                )));
            }
            Ok(Err(error)) => return Err(connect_failure(&error)),
            Ok(Ok(response)) => response.status(),
        };
        if status.is_success() {
            Ok(())
        } else if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            Err(Failure::Passing(format!("it answered {status}")))
        } else {
            Err(Failure::Lasting(format!("it answered {status}")))
        }
    }
}

fn connect_failure(error: &hyper_util::client::legacy::Error) -> Failure {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        let inner = source
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(refused) = inner.and_then(|inner| inner.downcast_ref::<ForbiddenAddress>()) {
            return Failure::Lasting(refused.to_string());
        }
        text = format!("{text}: {source}");
        cause = source.source();
    }
    Failure::Passing(text)
}

/// The rules do not allow the address that a name leads to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ForbiddenAddress(String);

/// Resolves names, and refuses them when any of their addresses is not allowed.
#[derive(Clone)]
struct CheckedResolver {
    policy: Arc<UrlPolicy>,
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = Arc::clone(&self.policy);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &addresses {
                check_address(&policy, name.as_str(), address.ip())
                    .map_err(|reason| io::Error::other(ForbiddenAddress(reason)))?;
            }
            Ok(addresses.into_iter())
        })
    }
}
