//! The way to another host: straight, or through the proxy that the person has to use.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::variables::Variables;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Routes {
    proxies: std::sync::Arc<Matcher>,
    direct: HttpConnector,
}

impl Routes {
    /// As programs with these variables reach others.
    pub(crate) fn of(variables: Variables<'_>) -> Self {
        let of = |names: &[&str]| variables.first_of(names).unwrap_or_default().to_owned();
        let proxies = Matcher::builder()
            .all(of(&["ALL_PROXY", "all_proxy"]))
            .http(of(&["HTTP_PROXY", "http_proxy"]))
            .https(of(&["HTTPS_PROXY", "https_proxy"]))
            .no(of(&["NO_PROXY", "no_proxy"]))
            .build();
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        Self {
            proxies: std::sync::Arc::new(proxies),
            direct,
        }
    }

    /// A connection to the host and port of this address.
    pub(crate) async fn open(self, to: Uri) -> Result<TokioIo<TcpStream>, BoxError> {
        let mut direct = self.direct;
        let Some(proxy) = self.proxies.intercept(&to) else {
            return Ok(direct.call(to).await?);
        };
        if proxy.uri().scheme_str() != Some("http") {
            let said = "is not used: lgx speaks to proxies at http:// only";
            let host = proxy.uri().host().unwrap_or_default();
            return Err(format!("the proxy at {host} {said}").into());
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), direct);
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Ok(tunnel.call(to).await?)
    }
}

impl Service<Uri> for Routes {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        Box::pin(self.clone().open(to))
    }
}
