//! Sockets that are handed through: once the home has accepted one, what either side sends goes to the other as it is.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Request, StatusCode};
use hyper_util::rt::TokioIo;

use lgx_model::InstanceId;

use super::{Bridge, Relay};
use crate::http::events::socket::{OpenSession, PassedOn};
use crate::http::streams::OpenStream;

/// The answer of the home that has accepted, for the client. Either side that ends its connection ends the other's.
pub(super) async fn through(
    relay: &Relay,
    home: InstanceId,
    parts: &Parts,
    mut accepted: Response,
) -> Response {
    let of_home = hyper::upgrade::on(&mut accepted);
    let open = parts.extensions.get::<OpenStream>().cloned();
    let (gone, stopping) = (relay.living.gone(home), relay.stopping.clone());
    let over = async move {
        tokio::select! {
            () = gone => {}
            () = stopping.cancelled() => {}
        }
    };
    if let Some(passed_on) = parts.extensions.get::<PassedOn>() {
        // The connection is that of the project's app.
        if let Ok(connection) = of_home.await {
            let bridge = Bridge::over(connection).await;
            passed_on.open(OpenSession::elsewhere(bridge, over, open));
        }
        return StatusCode::SWITCHING_PROTOCOLS.into_response();
    }
    let of_client = hyper::upgrade::on(Request::from_parts(parts.clone(), ()));
    tokio::spawn(async move {
        let _open = open;
        let copied = async {
            let (client, home) = tokio::try_join!(of_client, of_home)?;
            let (mut client, mut home) = (TokioIo::new(client), TokioIo::new(home));
            tokio::io::copy_bidirectional(&mut client, &mut home)
                .await
                .map_err(Box::<dyn std::error::Error + Send + Sync>::from)
        };
        tokio::select! {
            () = over => {}
            copied = copied => if let Err(error) = copied {
                tracing::debug!("a socket that was handed through: {error}");
            }
        }
    });
    accepted.map(|_| Body::empty())
}
