//! Connections of the library over rustls.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

use super::binding;

/// Encrypts each connection in the same way.
#[derive(Clone)]
pub(in crate::postgres) struct Encrypts(TlsConnector);

impl Encrypts {
    pub(in crate::postgres) fn with(client: ClientConfig) -> Self {
        Self(Arc::new(client).into())
    }
}

impl MakeTlsConnect<Socket> for Encrypts {
    type Stream = Encrypted;
    type TlsConnect = EncryptsOne;
    type Error = Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<EncryptsOne, Infallible> {
        let (connector, host) = (self.0.clone(), host.to_owned());
        Ok(EncryptsOne { connector, host })
    }
}

/// Encrypts one connection to a host.
pub(in crate::postgres) struct EncryptsOne {
    connector: TlsConnector,
    /// Where no connection is encrypted it is none, but the folder of a socket.
    host: String,
}

impl TlsConnect<Socket> for EncryptsOne {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let host = ServerName::try_from(self.host)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            Ok(Encrypted(self.connector.connect(host, socket).await?))
        })
    }
}

/// An encrypted connection.
pub(in crate::postgres) struct Encrypted(tokio_rustls::client::TlsStream<Socket>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        certificates
            .and_then(|shown| binding::end_point(shown.first()?))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
