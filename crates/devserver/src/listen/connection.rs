//! One connection: its requests, one after the other, and its end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::StatusCode;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::io::InspectReader;
use tokio_util::sync::CancellationToken;

use super::handshake::{self, FirstWord};
use super::places::ConnectionPlace;
use crate::app::App;
use crate::http::call::Peer;
use crate::http::entrance::Entrance;
use crate::http::guard;
use crate::http::held_body::HeldBody;

/// How large the head of a request may be, in bytes. The longest target that is taken is hyper's to say: 65,534 bytes.
const MOST_HEAD: usize = 128 * 1024;

/// Serves a connection until it ends.
pub(super) async fn serve(
    stream: TcpStream,
    (peer, entrance): (SocketAddr, Entrance),
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
    router: Router,
    place: ConnectionPlace,
    stopping: CancellationToken,
) {
    // Small events must not wait for the acknowledgement of the one before (40 ms each otherwise).
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, "TCP_NODELAY: {error}");
    }
    // Known of every connection; without it nobody counts as being on this machine.
    let reached = stream
        .local_addr()
        .map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.ip());
    let peer = Peer {
        address: peer,
        reached,
        entrance,
    };
    let limits = app.options.limits;
    let opened = tokio::select! {
        biased;
        // Nothing has been asked yet.
        () = place.wanted() => return,
        () = stopping.cancelled() => return,
        opened = tokio::time::timeout(limits.head_within, open(stream, tls.as_ref(), &app)) => opened,
    };
    let stream = match opened {
        Ok(Ok(Some(stream))) => stream,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => return tracing::debug!(peer = %peer.address, "handshake: {error}"),
        Err(_) => return tracing::debug!(peer = %peer.address, "the handshake takes too long"),
    };
    // Whoever has the stream has its place, a WebSocket too, which outlives this function.
    let place = Arc::new(place);
    let of_stream = Arc::clone(&place);
    let stream = InspectReader::new(stream, move |_: &[u8]| {
        let _place = &of_stream;
    });
    let of_requests = Arc::clone(&place);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (app, router) = (Arc::clone(&app), router.clone());
        let answering = of_requests.begin();
        async move {
            let response = guard::serve(app, router, peer, request.map(Body::new)).await;
            let answering = if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                answering.for_good();
                None
            } else {
                Some(answering)
            };
            Ok::<_, std::convert::Infallible>(response.map(|body| HeldBody::new(body, answering)))
        }
    });
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_header_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let ended = tokio::select! {
        biased;
        () = place.wanted() => {
            if place.is_idle() {
                return;
            }
            // A request has come at this very moment.
            None
        }
        () = stopping.cancelled() => None,
        ended = &mut connection => Some(ended),
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    let Err(error) = ended else { return };
    tracing::debug!(peer = %peer.address, "connection: {error}");
    if error.is_timeout()
        && let Some(parts) = connection.into_parts()
        && !parts.read_buf.is_empty()
    {
        tell_too_slow(parts.io.into_inner(), limits.head_within).await;
    }
}

/// A stream that writes within some time or not at all.
type Timed = Pin<Box<TimeoutWriter<TcpStream>>>;

/// The stream that requests come on; none if the client has been told that it has to speak TLS, or has left.
async fn open(
    stream: TcpStream,
    tls: Option<&TlsAcceptor>,
    app: &App,
) -> io::Result<Option<Either<Timed, Box<TlsStream<Timed>>>>> {
    // A client that has stopped reading would hold what it is sent for as long as its machine runs.
    let timed = |stream| {
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(app.options.limits.stalled_after));
        Box::pin(stream)
    };
    let Some(tls) = tls else {
        return Ok(Some(Either::Left(timed(stream))));
    };
    match handshake::first_word(&stream).await? {
        FirstWord::Tls => {
            let stream = tls.accept(timed(stream)).await?;
            Ok(Some(Either::Right(Box::new(stream))))
        }
        FirstWord::Clear => {
            handshake::tell_to_use_tls(stream, &app.url).await;
            Ok(None)
        }
        FirstWord::Nothing => Ok(None),
    }
}

/// Tells a client that has begun a request and not sent all of its head. One that has sent nothing has not asked anything.
async fn tell_too_slow(stream: impl AsyncWrite, head_within: Duration) {
    let detail = format!(
        "{{\"detail\":\"The request's headers did not come within {} s.\"}}",
        head_within.as_secs_f32()
    );
    let answer = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{detail}",
        detail.len()
    );
    let mut stream = pin!(stream);
    // It need not listen.
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), told).await;
}
