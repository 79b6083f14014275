//! The `Host` of a request: the names that a server goes by, on loopback, for the whole network, let in by name; and requests that name no host, or several.

use std::net::{IpAddr, Ipv4Addr};

use lgx_devserver::Notice;
use lgx_testkit::{Client, TestProject, TestServer};
use serde_json::json;

use super::raw;

const EVERYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

fn guarded() -> TestProject {
    TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}))
}

/// As a browser asks for a page whose name leads to this machine.
fn rebound(server: &TestServer) -> Client {
    let host = format!("evil.example:{}", server.running().address().port());
    (**server).clone().with("host", &host)
}

#[tokio::test]
async fn a_page_whose_name_leads_to_this_machine_gets_nothing_wherever_the_server_listens() {
    let server = TestServer::over(guarded()).on(EVERYWHERE).start().await;
    let page = rebound(&server);
    let refusal = page.get("/info").await.refused(403);
    assert!(refusal.contains("evil.example"), "{refusal}");
    let origin = format!("http://evil.example:{}", server.running().address().port());
    for client in [&page, &page.clone().with("x-auth-scheme", "langsmith")] {
        let made = client.post("/threads", &json!({}));
        made.from_foreign_page(&origin).await.refused(403);
        client.get("/threads/search").await.refused(403);
    }
    assert!(server.worker.requests("auth").is_empty());
}

#[tokio::test]
async fn a_name_is_let_in_by_a_flag_or_by_the_configuration() {
    let project = TestProject::with(json!({"http": {"allow_hosts": ["*.ngrok.app"]}}));
    let setup = TestServer::over(project).reloading();
    let setup = setup.allowing_host("app.test".parse().unwrap());
    let server = setup.start().await;
    for host in ["app.test", "APP.test:8080", "abc.ngrok.app"] {
        server.get("/ok").header("host", host).await.ok();
        let own_page = server.post("/threads", &json!({})).header("host", host);
        own_page.from_page(&format!("https://{host}")).await.ok();
    }
    let mut listener = server.listen();
    let refusal = server
        .get("/ok")
        .header("host", "host.docker.internal:2024");
    let refusal = refusal.await.refused(403);
    for way in [
        "--allow-host host.docker.internal`",
        r#""allow_hosts": ["host.docker.internal"]"#,
    ] {
        assert!(refusal.contains(way), "{refusal}");
    }

    // Names count from the moment that the new configuration serves.
    server
        .project
        .configure(json!({"http": {"allow_hosts": ["host.docker.internal"]}}));
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
    for (host, status) in [
        ("host.docker.internal:2024", 200),
        ("app.test", 200),
        ("abc.ngrok.app", 403),
    ] {
        let answer = server.get("/ok").header("host", host).await;
        assert_eq!(answer.status, status, "{host}");
    }
}

#[tokio::test]
async fn a_request_that_does_not_name_one_host_is_refused() {
    let server = TestServer::start().await;
    let rest = "connection: close\r\n\r\n";
    for (head, expected) in [
        ("GET /ok HTTP/1.1\r\nhost: localhost\r\n", 200),
        (
            "GET http://localhost/ok HTTP/1.1\r\nhost: localhost\r\n",
            200,
        ),
        ("GET /ok HTTP/1.0\r\n", 200),
        ("GET /ok HTTP/1.1\r\n", 400),
        (
            "GET /ok HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n",
            400,
        ),
        ("GET /ok HTTP/1.1\r\nhost: loc\u{430}lhost\r\n", 400),
        ("GET /ok HTTP/1.1\r\nhost: \u{e9}vil.example\r\n", 400),
        (
            "GET http://evil.example/ok HTTP/1.1\r\nhost: localhost\r\n",
            400,
        ),
        (
            "GET http://localhost/ok HTTP/1.1\r\nhost: evil.example\r\n",
            400,
        ),
        (
            "GET http://evil.example/ok HTTP/1.1\r\nhost: evil.example\r\n",
            403,
        ),
        ("GET http://evil.example/ok HTTP/1.0\r\n", 400),
        (
            "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n",
            403,
        ),
        (
            "CONNECT localhost:443 HTTP/1.1\r\nhost: localhost:443\r\n",
            404,
        ),
        ("OPTIONS * HTTP/1.1\r\nhost: localhost\r\n", 404),
        (
            "GET /ok HTTP/1.1\r\n:authority: localhost\r\nhost: localhost\r\n",
            400,
        ),
        ("GET /ok HTTP/1.1\r\nhost: evil.example@localhost\r\n", 400),
        (
            "GET /ok HTTP/1.1\r\nhost: evil.example:80.localhost\r\n",
            400,
        ),
        ("GET /ok HTTP/1.1\r\nhost: [::1].evil.example\r\n", 400),
        ("GET /ok HTTP/1.1\r\nhost: localhost/ok\r\n", 400),
        (
            "GET http://a@localhost/ok HTTP/1.1\r\nhost: localhost\r\n",
            400,
        ),
        // Addresses to some and names to others.
        ("GET /ok HTTP/1.1\r\nhost: 2130706433\r\n", 403),
        ("GET /ok HTTP/1.1\r\nhost: 0x7f000001\r\n", 403),
        ("GET /ok HTTP/1.1\r\nhost: 0177.0.0.1\r\n", 403),
        ("GET /ok HTTP/1.1\r\nhost: 127.1\r\n", 403),
    ] {
        let head = format!("{head}{rest}");
        let answer = raw::answer(&server, head.as_bytes()).await;
        assert_eq!(answer.status, expected, "{head}");
    }
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered_to() {
    let server = TestServer::start().await;
    let port = server.running().address().port();
    for host in ["localhost", "127.0.0.1", "[::1]", "app.localhost"] {
        server.get("/ok").header("host", host).await.ok();
        let host = format!("{host}:{port}");
        server.get("/ok").header("host", &host).await.ok();
    }
    let mut listener = server.listen();
    for host in ["evil.example", "127.0.0.1.evil.example", "192.168.1.7", ""] {
        for (method, path) in [("GET", "/ok"), ("POST", "/threads"), ("OPTIONS", "/info")] {
            let refusal = server
                .request(method, path)
                .header("host", host)
                .body("{}")
                .await
                .refused(403);
            assert!(refusal.contains(host), "{refusal}");
            let told = listener
                .hear("the host", |notice| match notice {
                    Notice::HostRefused { host } => Some(host.clone()),
                    _ => None,
                })
                .await;
            assert_eq!(told, host);
        }
    }
    let threads = server.post("/threads/count", &json!({}));
    assert_eq!(threads.await.ok(), json!(0));
}
