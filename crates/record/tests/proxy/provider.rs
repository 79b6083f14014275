//! A provider of models for any host: a proxy of the kind that companies have, which is every host it is asked for itself.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;
type Answers = dyn Fn(&Asked) -> Answer + Send + Sync;

/// What the provider was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) accepts: String,
    /// How many were asked before.
    pub(crate) number: usize,
}

pub(crate) struct Provider {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    folder: TempDir,
    serving: tokio::task::JoinHandle<()>,
}

impl Provider {
    pub(crate) async fn start(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        own.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = own.self_signed(&key).unwrap().pem();
        fs_err::write(folder.path().join("provider.pem"), pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let host = Arc::new(Host {
            issuer: Issuer::new(own, key),
            answers: Box::new(answers),
            asked: Arc::clone(&asked),
        });
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(Arc::clone(&host).serve(stream));
            }
        });
        Self {
            port,
            asked,
            folder,
            serving,
        }
    }

    /// What trusts it.
    pub(crate) fn certificates(&self) -> PathBuf {
        self.folder.path().join("provider.pem")
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Host {
    issuer: Issuer<'static, KeyPair>,
    answers: Box<Answers>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Host {
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let to = head.strip_prefix("CONNECT ").unwrap();
        let to = to.split(' ').next().unwrap().to_owned();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut first = [0];
        if stream.peek(&mut first).await.unwrap() == 0 {
            return;
        }
        if first == [0x16] {
            let tls = TlsAcceptor::from(self.certified(to.split(':').next().unwrap()));
            // A client that does not trust it hangs up.
            if let Ok(stream) = tls.accept(stream).await {
                self.converse(to, stream).await;
            }
        } else {
            self.converse(to, stream).await;
        }
    }

    async fn converse(self: Arc<Self>, to: String, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(|request: Request<Incoming>| {
            let (host, to) = (Arc::clone(&self), to.clone());
            async move { Ok::<_, Infallible>(host.answer(to, request).await) }
        });
        let stream = TokioIo::new(stream);
        // It ends as its client likes.
        let _ = http1::Builder::new()
            .serve_connection(stream, service)
            .await;
    }

    async fn answer(&self, host: String, request: Request<Incoming>) -> Answer {
        let path = request.uri().to_string();
        let accepts = request.headers().get("accept-encoding");
        let accepts = accepts.map_or(String::new(), |it| it.to_str().unwrap().to_owned());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let asked = {
            let mut all = self.asked.lock().unwrap();
            let asked = Asked {
                host,
                path,
                body: String::from_utf8_lossy(&body).into_owned(),
                accepts,
                number: all.len(),
            };
            all.push(asked.clone());
            asked
        };
        (self.answers)(&asked)
    }

    fn certified(&self, host: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key);
        Arc::new(server.unwrap())
    }
}

/// An answer in JSON.
pub(crate) fn json(status: u16, text: &str) -> Answer {
    let body = Full::new(Bytes::from(text.to_owned()));
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("set-cookie", "secret=1")
        .body(body.boxed_unsync())
        .unwrap()
}
