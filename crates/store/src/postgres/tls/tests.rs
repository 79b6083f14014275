//! A login over TLS, to a server that plays its part of it.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lgx_tls::Roots;
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_postgres::tls::MakeTlsConnect as _;
use tokio_rustls::TlsAcceptor;

use super::super::address::Address;
use super::{Encrypts, client};

/// The next message of a client: its kind and its content.
async fn message(stream: &mut (impl AsyncRead + Unpin)) -> (u8, Vec<u8>) {
    let kind = stream.read_u8().await.unwrap();
    (kind, untyped(stream).await)
}

/// The same of those at the beginning, which are of no kind.
async fn untyped(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let length = stream.read_u32().await.unwrap();
    let mut content = vec![0; usize::try_from(length - 4).unwrap()];
    stream.read_exact(&mut content).await.unwrap();
    content
}

/// An answer about authentication.
fn authentication(number: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [b"R", length.as_slice(), &number.to_be_bytes(), content].concat()
}

/// What a client says last in a login with SCRAM over TLS, to a server that shows this certificate.
async fn last_words(listener: TcpListener, certificate: Vec<u8>, key: Vec<u8>) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = vec![CertificateDer::from(certificate)];
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificate, PrivateKeyDer::try_from(key).unwrap())
        .unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(untyped(&mut stream).await, 80_877_103_u32.to_be_bytes());
    stream.write_all(b"S").await.unwrap();
    let mut stream = TlsAcceptor::from(Arc::new(server))
        .accept(stream)
        .await
        .unwrap();
    untyped(&mut stream).await;
    let ways = authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    stream.write_all(&ways).await.unwrap();
    let (kind, first) = message(&mut stream).await;
    let first = String::from_utf8_lossy(&first).into_owned();
    assert_eq!(kind, b'p');
    assert!(first.contains("p=tls-server-end-point,,"), "{first}");
    let nonce = first.split_once("n=,r=").unwrap().1;
    let challenge = format!("r={nonce}more,s=c2FsdA==,i=4096");
    let challenge = authentication(11, challenge.as_bytes());
    stream.write_all(&challenge).await.unwrap();
    String::from_utf8(message(&mut stream).await.1).unwrap()
}

#[tokio::test]
async fn a_login_is_tied_to_the_certificate_of_the_server() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().to_vec();
    let key = made.signing_key.serialize_der();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let shown = certificate.clone();
    let server = tokio::spawn(last_words(listener, shown, key));

    let address = format!(
        "postgres://lgx:secret@127.0.0.1:{port}/lgx?sslmode=require&channel_binding=require"
    );
    let address = Address::read(&address).unwrap();
    let encrypts = Encrypts::with(client(&address, &Roots::default()).unwrap());
    // The server hangs up before it has let anybody in.
    assert!(address.config.connect(encrypts).await.is_err());

    let binding = [
        b"p=tls-server-end-point,,",
        digest(&SHA256, &certificate).as_ref(),
    ]
    .concat();
    let said = server.await.unwrap();
    let bound = said.strip_prefix("c=").unwrap().split(',').next().unwrap();
    assert_eq!(bound, BASE64_STANDARD.encode(binding));
}

#[test]
fn a_folder_of_a_socket_is_no_host_to_encrypt_for_and_no_error_before_it_is() {
    let address = Address::read("postgres:///lgx?host=/run/postgresql").unwrap();
    let mut encrypts = Encrypts::with(client(&address, &Roots::default()).unwrap());

    assert!(encrypts.make_tls_connect("/run/postgresql").is_ok());
}
