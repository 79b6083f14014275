//! What comes by a tunnel: under its name alone, and as somebody who may be anywhere.

use lgx_devserver::{Notice, TunnelAudience};
use lgx_testkit::{Client, TestProject, TestServer, within};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::raw::rest;
use crate::auth::project;
use crate::steps::thread;

const NAME: &str = "some-words.trycloudflare.com";

/// A server to which a tunnel leads, and a client at the other end of it.
async fn tunnelled(project: TestProject, audience: TunnelAudience) -> (TestServer, Client) {
    let setup = TestServer::over(project).tunnel(audience).reloading();
    let server = setup.start().await;
    let entrance = server.running().tunnel_entrance().unwrap();
    entrance.open(NAME);
    let client = Client::new(entrance.address()).with("host", NAME);
    (server, client)
}

#[tokio::test]
async fn the_name_of_the_tunnel_is_a_name_there_and_nowhere_else() {
    let (server, outside) = tunnelled(TestProject::new(), TunnelAudience::Everybody).await;
    outside.get("/ok").await.ok();
    for host in ["localhost", "127.0.0.1", "other.trycloudflare.com"] {
        let named = outside.clone().with("host", host);
        named.get("/ok").await.refused(403);
    }
    let here = (*server).clone().with("host", NAME);
    here.get("/ok").await.refused(403);
    // Pages that came by it may use it, and other pages may not.
    let ask = || outside.get("/ok");
    ask().from_page(&format!("https://{NAME}")).await.ok();
    let foreign = ask().from_foreign_page("https://evil.example").await;
    foreign.refused(403);
    // When it is closed, the name is nobody's.
    let entrance = server.running().tunnel_entrance().unwrap();
    assert_eq!(entrance.url(), Some(format!("https://{NAME}")));
    entrance.close();
    assert_eq!(entrance.url(), None);
    outside.get("/ok").await.refused(403);
    server.get("/ok").await.ok();
}

#[tokio::test]
async fn nobody_who_comes_by_it_is_on_this_machine_whatever_they_say() {
    let (server, outside) = tunnelled(project(), TunnelAudience::LetIn).await;
    let studio = |client: &Client| client.clone().with("x-auth-scheme", "langsmith");
    let create = json!({});
    // On this machine the header is Studio's.
    thread(&studio(&server)).await;
    for stranger in [&outside, &studio(&outside)] {
        stranger.post("/threads", &create).await.refused(401);
        let asked = server.worker.requests("auth").pop().unwrap();
        assert_eq!(asked["studio"], json!(false));
        // The address is that of the tunnel's program, and would pass for one of this machine.
        assert_eq!(asked["request"]["client"], Value::Null);
    }
    let user = outside.clone().with("authorization", "Bearer ada");
    thread(&user).await;
    // What only the local page asks is closed, to users too.
    let page = user.with("x-lgx-studio", "1");
    page.get("/lgx/project").await.refused(403);
    server.user("ada").get("/lgx/project").await.ok();
}

#[tokio::test]
async fn while_the_project_has_no_auth_nobody_may_come_by_it_but_where_everybody_may() {
    let (_server, everybody) = tunnelled(TestProject::new(), TunnelAudience::Everybody).await;
    thread(&everybody).await;
    let (server, outside) = tunnelled(TestProject::new(), TunnelAudience::LetIn).await;
    for path in ["/ok", "/docs", "/threads/x"] {
        outside.get(path).await.refused(403);
    }
    outside.post("/threads", &json!({})).await.refused(403);
    thread(&server).await;
}

#[tokio::test]
async fn a_project_that_loses_its_auth_is_closed_also_to_requests_that_have_begun() {
    let (server, outside) = tunnelled(project(), TunnelAudience::LetIn).await;
    let user = outside.with("authorization", "Bearer ada");
    thread(&user).await;
    let entrance = server.running().tunnel_entrance().unwrap().address();
    let mut begun = TcpStream::connect(entrance).await.unwrap();
    let head = format!(
        "POST /threads HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    );
    begun.write_all(head.as_bytes()).await.unwrap();
    // It has come past the checks of its head, and its body is waited for.
    let mut asked = [0; 12];
    within("the body to be asked for", begun.read_exact(&mut asked))
        .await
        .unwrap();
    assert_eq!(asked, *b"HTTP/1.1 100");

    let mut listener = server.listen();
    server.project.configure(json!({}));
    let reloaded = |notice: &Notice| matches!(notice, Notice::Reloaded { .. }).then_some(());
    listener.hear("the reload", reloaded).await;
    begun.write_all(b"{}").await.unwrap();
    let answer = rest(begun).await.text;
    assert!(answer.contains("HTTP/1.1 403"), "{answer}");
    user.post("/threads", &json!({})).await.refused(403);
    thread(&server).await;
}
