//! A client that goes by its variables, as those of the SDKs do.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{Client as Http, Error};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tower_service::Service as _;

use crate::within::within;

pub(crate) struct Client {
    http: Http<HttpsConnector<Tunnel<HttpConnector>>, Full<Bytes>>,
    tunnel: Tunnel<HttpConnector>,
    tls: ClientConfig,
}

/// What came.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Client {
    pub(crate) fn new(proxy: &str, trusts: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        let pem = fs_err::read(trusts).unwrap();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).map(Result::unwrap));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let anywhere = Uri::from_static("https://anywhere.test/");
        let proxy = Matcher::builder().all(proxy).build();
        let proxy = proxy.intercept(&anywhere).unwrap();
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        let mut tunnel = Tunnel::new(proxy.uri().clone(), direct);
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tunnel.clone());
        Self {
            http: Http::builder(TokioExecutor::new()).build(connector),
            tunnel,
            tls,
        }
    }

    /// What comes of greeting a host in TLS as who speaks HTTP/2 and nothing else.
    pub(crate) async fn greet_in_http2(mut self, host: &'static str) -> std::io::Result<()> {
        let to = format!("https://{host}:443/").parse().unwrap();
        let stream = within("a tunnel", self.tunnel.call(to)).await.unwrap();
        self.tls.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from(host).unwrap();
        let tls = TlsConnector::from(Arc::new(self.tls));
        let greeted = tls.connect(name, stream.into_inner());
        within("a greeting", greeted).await.map(drop)
    }

    /// The head of the answer to a call.
    pub(crate) async fn open(
        &self,
        url: &str,
        body: impl Into<Bytes>,
    ) -> Result<http::Response<Incoming>, Error> {
        let request = Request::post(url)
            .header("content-type", "application/json")
            .header("authorization", "Bearer sk-a-secret-of-the-test")
            .header("accept-encoding", "gzip, br")
            .body(Full::new(body.into()))
            .unwrap();
        within("an answer", self.http.request(request)).await
    }

    pub(crate) async fn post(&self, url: &str, body: impl Into<Bytes>) -> Came {
        let (head, body) = self.open(url, body).await.unwrap().into_parts();
        let text = within("its end", body.collect()).await.unwrap().to_bytes();
        Came {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(text.to_vec()).unwrap(),
        }
    }
}
