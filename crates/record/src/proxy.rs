//! The proxy that workers are told of: what it opens, what it passes on unseen, and what it refuses.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::{Outgoing, empty, explained};
use crate::authority::Authority;
use crate::exchange::Exchange;
use crate::hosts::Hosts;
use crate::routes::Routes;
use crate::target::Target;
use crate::token::Token;
use crate::told::Told;

/// How long a client may take for what it does first.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first byte of a conversation in TLS.
const HANDSHAKE: u8 = 0x16;

/// One proxy.
pub(crate) struct Proxy {
    pub(crate) token: Token,
    pub(crate) authority: Authority,
    pub(crate) hosts: Hosts,
    pub(crate) routes: Routes,
    pub(crate) exchange: Exchange,
    /// Ends all of it.
    pub(crate) stop: CancellationToken,
    /// What is waited for at the end.
    pub(crate) tasks: TaskTracker,
}

impl Proxy {
    /// Serves whoever connects until it is told to stop.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let accept = async {
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::debug!(%error, "the proxy of recordings cannot accept");
                        // No descriptor is left: one comes free when some other connection ends.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                };
                // Small pieces of a stream go out as they come.
                let _ = stream.set_nodelay(true);
                let proxy = Arc::clone(&self);
                let connection = connection(stream, move |request| {
                    let proxy = Arc::clone(&proxy);
                    async move { proxy.answer(request).await }
                });
                self.spawn(connection);
            }
        };
        self.stop.run_until_cancelled(accept).await;
    }

    /// Does something beside, until it is told to stop.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = self.stop.clone().run_until_cancelled_owned(task);
        self.tasks.spawn(async {
            task.await;
        });
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Outgoing> {
        if !self.token.is_in(request.headers()) {
            let mut refusal = explained(
                StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                "this proxy is for the workers of one lgx",
            );
            let value = http::HeaderValue::from_static("Basic realm=\"lgx\"");
            let name = http::header::PROXY_AUTHENTICATE;
            refusal.headers_mut().insert(name, value);
            return refusal;
        }
        if request.method() == Method::CONNECT {
            return match Target::of_tunnel(request.uri()) {
                Some(target) => self.tunnel(target, request).await,
                None => no_target(),
            };
        }
        let Some(target) = Target::of_request(request.uri()) else {
            return no_target();
        };
        if self.hosts.have(&target.host, target.port) {
            self.exchange.answer(&target, request).await
        } else if self.may_reach(&target) {
            self.exchange.pass_on(&target, request).await
        } else {
            self.refuse(&target)
        }
    }

    async fn tunnel(
        self: Arc<Self>,
        target: Target,
        mut request: Request<Incoming>,
    ) -> Response<Outgoing> {
        let upgrade = hyper::upgrade::on(&mut request);
        if self.hosts.have(&target.host, target.port) {
            self.spawn(Arc::clone(&self).open(target, upgrade));
            return Response::new(empty());
        }
        if !self.may_reach(&target) {
            return self.refuse(&target);
        }
        let uri = match target.uri(None) {
            Ok(uri) => uri,
            Err(error) => return explained(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        match self.routes.clone().open(uri).await {
            Ok(there) => {
                self.spawn(pass_through(upgrade, there.into_inner()));
                Response::new(empty())
            }
            Err(error) => explained(
                StatusCode::BAD_GATEWAY,
                &format!("{target} cannot be reached: {error}"),
            ),
        }
    }

    /// Answers what a client says to a host of models.
    async fn open(self: Arc<Self>, mut target: Target, upgrade: OnUpgrade) {
        let Some(stream) = stream_of(upgrade).await else {
            return;
        };
        let mut first = [0];
        match timeout(PATIENCE, stream.peek(&mut first)).await {
            Ok(Ok(1)) => {}
            _ => return,
        }
        target.secure = first == [HANDSHAKE];
        if !target.secure {
            return self.converse(target, stream).await;
        }
        let server = match self.authority.server(&target.host) {
            Ok(server) => server,
            Err(error) => return self.not_opened(&target, &error.to_string()),
        };
        match timeout(PATIENCE, TlsAcceptor::from(server).accept(stream)).await {
            Ok(Ok(stream)) => self.converse(target, stream).await,
            // It went away, as clients do that open connections ahead.
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Ok(Err(error)) => self.not_accepted(&target, &error),
            Err(_) => {}
        }
    }

    async fn converse<S>(self: Arc<Self>, target: Target, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let target = Arc::new(target);
        connection(stream, move |request| {
            let (proxy, target) = (Arc::clone(&self), Arc::clone(&target));
            async move { proxy.exchange.answer(&target, request).await }
        })
        .await;
    }

    fn may_reach(&self, target: &Target) -> bool {
        self.exchange.has_network() || target.is_loopback()
    }

    fn refuse(&self, target: &Target) -> Response<Outgoing> {
        self.exchange.tell(Told::Refused {
            host: target.to_string(),
        });
        let why = format!(
            "lgx replays without a network, and {target} is not in record.hosts of langgraph.json"
        );
        let mut refusal = explained(StatusCode::BAD_GATEWAY, &why);
        // Of an answer to CONNECT, clients show no more than its first line.
        if let Ok(reason) = ReasonPhrase::try_from(why.into_bytes()) {
            refusal.extensions_mut().insert(reason);
        }
        refusal
    }

    /// Tells why a client and the proxy have not come together in TLS.
    fn not_accepted(&self, target: &Target, error: &io::Error) {
        let reason = error.get_ref().and_then(|reason| reason.downcast_ref());
        if let Some(rustls::Error::NoApplicationProtocol) = reason {
            let host = target.to_string();
            self.exchange.tell(Told::OnlyHttp2 { host });
        } else {
            self.not_opened(target, &error.to_string());
        }
    }

    fn not_opened(&self, target: &Target, reason: &str) {
        self.exchange.tell(Told::NotOpened {
            host: target.to_string(),
            reason: reason.to_owned(),
        });
    }
}

/// Serves one connection to its end.
async fn connection<S, F, A>(stream: S, answer: F)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Response<Outgoing>> + Send + 'static,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the proxy of recordings broke off");
    }
}

/// The connection that has become a tunnel, if the client says nothing before it hears so.
async fn stream_of(upgrade: OnUpgrade) -> Option<TcpStream> {
    let upgraded: Upgraded = upgrade.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    parts.read_buf.is_empty().then(|| parts.io.into_inner())
}

async fn pass_through(upgrade: OnUpgrade, mut there: TcpStream) {
    let Ok(here) = upgrade.await else { return };
    // Either side may end it as it likes.
    let _ = copy_bidirectional(&mut TokioIo::new(here), &mut there).await;
}

fn no_target() -> Response<Outgoing> {
    explained(
        StatusCode::BAD_REQUEST,
        "this is a proxy: name the host, as in GET http://HOST/ or CONNECT HOST:443",
    )
}
