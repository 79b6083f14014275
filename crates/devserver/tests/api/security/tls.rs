//! What a port that speaks TLS takes, and what it does with whoever does not speak it.

use std::sync::Arc;

use lgx_devserver::ServerTls;
use lgx_testkit::{TestProject, TestServer, within};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::raw;

/// A certificate for this machine, and what a client needs that trusts it.
struct Certified {
    tls: ServerTls,
    client: TlsConnector,
}

fn certified() -> Certified {
    let key = KeyPair::generate().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key);
    let certificate = CertificateDer::from(certificate.unwrap());
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into());
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Certified {
        tls: ServerTls {
            config: Arc::new(server.unwrap()),
            host: "127.0.0.1".to_owned(),
            peers: Arc::new(client.clone()),
        },
        client: TlsConnector::from(Arc::new(client)),
    }
}

/// All that comes back over TLS for what is written here.
async fn answer(server: &TestServer, client: &TlsConnector, request: &str) -> String {
    let stream = raw::connect(server).await;
    let name = ServerName::try_from("localhost").unwrap();
    let asked = async {
        let mut stream = client.connect(name, stream).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        // A client that is cut off hears of no end.
        let _ = stream.read_to_string(&mut text).await;
        text
    };
    within("an answer over TLS", asked).await
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn the_server_is_what_it_is_in_the_clear() {
    let Certified { tls, client } = certified();
    let server = TestServer::over(TestProject::new()).tls(tls).start().await;
    let url = server.running().url();
    let port = server.running().address().port();
    assert_eq!(url, format!("https://127.0.0.1:{port}"));
    let studio = server.running().studio();
    assert_eq!(studio, Some(format!("{url}/studio/")));

    let ok = answer(&server, &client, &get("/ok", "")).await;
    assert!(ok.starts_with("HTTP/1.1 200 "), "{ok}");
    let body = r#"{"assistant_id":"multi","input":{"log":["in"]},"stream_mode":["values"]}"#;
    let stream = format!(
        "POST /runs/stream HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let streamed = answer(&server, &client, &stream).await;
    assert!(streamed.contains("event: metadata"), "{streamed}");
    assert!(streamed.contains("event: values"), "{streamed}");
    // Host and origin are looked at as always.
    let rebound = "GET /ok HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    let rebound = answer(&server, &client, rebound).await;
    assert!(rebound.starts_with("HTTP/1.1 403 "), "{rebound}");
    for (origin, status) in [("https://localhost", 200), ("http://localhost", 403)] {
        let asked = get("/lgx/sources", &format!("origin: {origin}\r\n"));
        let told = answer(&server, &client, &asked).await;
        let refused = told.starts_with("HTTP/1.1 403 ");
        assert_eq!(refused, status == 403, "{origin}: {told}");
    }
    let document = answer(&server, &client, &get("/openapi.json", "")).await;
    assert!(document.contains(url), "{document}");
}

#[tokio::test]
async fn web_sockets_are_opened_too() {
    let Certified { tls, client } = certified();
    let server = TestServer::over(TestProject::new()).tls(tls).start().await;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = raw::connect(&server).await;
    let mut stream = within("a handshake", client.connect(name, stream))
        .await
        .unwrap();
    let asked = "GET /lgx/socket HTTP/1.1\r\nhost: localhost\r\norigin: https://localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    within("an answer", stream.read_exact(&mut begun))
        .await
        .unwrap();
    assert_eq!(&begun, b"HTTP/1.1 101");
}

#[tokio::test]
async fn who_speaks_in_the_clear_is_told_to_use_https() {
    let Certified { tls, .. } = certified();
    let server = TestServer::over(TestProject::new()).tls(tls).start().await;
    let told = raw::answer(&server, get("/ok", "").as_bytes()).await;
    assert_eq!(told.status, 400, "{told:?}");
    let sentence = format!("This port speaks HTTPS: use {}.", server.running().url());
    assert!(told.text.contains(&sentence), "{told:?}");
}

#[tokio::test]
async fn a_handshake_that_hangs_holds_nobody_up_and_is_given_up() {
    let Certified { tls, client } = certified();
    let server = TestServer::over(TestProject::new())
        .tls(tls)
        .head_within(1_500)
        .start()
        .await;
    let mut silent = Vec::new();
    for begun in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = raw::connect(&server).await;
        stream.write_all(begun).await.unwrap();
        silent.push(stream);
    }
    let ok = answer(&server, &client, &get("/ok", "")).await;
    assert!(ok.starts_with("HTTP/1.1 200 "), "{ok}");
    for stream in silent {
        assert_eq!(raw::rest(stream).await.status, 0);
    }
}

#[tokio::test]
async fn a_handshake_is_idle_and_makes_room_for_others() {
    let Certified { tls, client } = certified();
    let server = TestServer::over(TestProject::new())
        .tls(tls)
        .connections(1)
        .start()
        .await;
    let mut hanging = raw::connect(&server).await;
    hanging.write_all(b"\x16").await.unwrap();
    let ok = answer(&server, &client, &get("/ok", "")).await;
    assert!(ok.starts_with("HTTP/1.1 200 "), "{ok}");
    assert_eq!(raw::rest(hanging).await.status, 0);
}
