//! A server for others than its developer: auth is needed, nothing is let in because it is of this machine, and numbers bear a name.

use std::net::Ipv4Addr;

use lgx_devserver::{LocalStudio, Notice, StartError};
use lgx_testkit::{Client, TestProject, TestServer};
use serde_json::json;

use crate::auth::project;
use crate::steps::thread;

async fn served() -> TestServer {
    let setup = TestServer::over(project()).in_production(false);
    setup.on(Ipv4Addr::UNSPECIFIED.into()).start().await
}

fn alice(server: &TestServer) -> Client {
    (**server).clone().with("authorization", "Bearer alice")
}

#[tokio::test]
async fn a_project_without_auth_is_served_only_if_that_is_said() {
    let refusal = TestServer::over(TestProject::new()).in_production(false);
    let refusal = refusal.refused().await;
    assert!(matches!(refusal, StartError::NoAuth), "{refusal}");

    let server = TestServer::over(TestProject::new()).in_production(true);
    let server = server.start().await;
    thread(&server).await;
}

#[tokio::test]
async fn auth_that_is_configured_decides_also_where_none_is_needed() {
    let server = TestServer::over(project())
        .in_production(true)
        .start()
        .await;
    server.post("/threads", &json!({})).await.refused(401);
    thread(&alice(&server)).await;
}

#[tokio::test]
async fn a_project_that_loses_its_auth_is_closed() {
    let setup = TestServer::over(project()).in_production(false).reloading();
    let server = setup.start().await;
    thread(&alice(&server)).await;
    let mut listener = server.listen();
    server.project.configure(json!({}));
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
    for client in [&*server, &alice(&server)] {
        client.post("/threads", &json!({})).await.refused(500);
    }
}

#[tokio::test]
async fn studio_needs_a_token_on_this_machine_too() {
    let setup = TestServer::over(project()).in_production(false);
    let server = setup.studio(LocalStudio::default()).start().await;
    let studio = (*server)
        .clone()
        .with("x-auth-scheme", "langsmith")
        .with("x-lgx-studio", "1");
    studio.post("/threads", &json!({})).await.refused(401);
    let search = |client: &Client| client.post("/lgx/runs/search", &json!({}));
    search(&studio).await.refused(401);
    search(&studio.clone().with("authorization", "Bearer alice"))
        .await
        .ok();
    assert_eq!(server.get("/studio/").raw().await.status, 200);
}

#[tokio::test]
async fn nothing_of_development_is_there() {
    let server = served().await;
    let client = alice(&server);
    let all = json!({"threads": true});
    client.post("/internal/truncate", &all).await.refused(404);
    let description = server.get("/openapi.json").await.ok();
    assert_eq!(description["servers"], json!([{"url": "/"}]));
    let paths = description["paths"].as_object().unwrap();
    assert!(!paths.contains_key("/internal/truncate"));
    assert!(paths.keys().all(|path| !path.starts_with("/lgx/")));
    for path in ["/studio/", "/lgx/project"] {
        client.get(path).await.refused(404);
    }
}

#[tokio::test]
async fn every_name_is_served_where_auth_decides_and_a_page_of_another_is_not_let_in() {
    let server = served().await;
    let behind_balancer = alice(&server).with("host", "api.example");
    thread(&behind_balancer).await;
    let own = "https://api.example";
    let by_own_page = behind_balancer.post("/threads", &json!({}));
    by_own_page.from_page(own).await.ok();
    for origin in [
        "https://smith.langchain.com",
        "http://localhost:3000",
        "https://evil.example",
    ] {
        let by_page = behind_balancer.post("/threads", &json!({}));
        by_page.from_foreign_page(origin).await.refused(403);
    }

    // Without auth, a name that somebody could have made lead here is as dangerous as in development.
    let open = TestServer::over(TestProject::new()).in_production(true);
    let open = open.on(Ipv4Addr::UNSPECIFIED.into()).start().await;
    let rebound = (*open).clone().with("host", "evil.example");
    rebound.get("/info").await.refused(403);
}

#[tokio::test]
async fn numbers_bear_the_name_of_the_instance() {
    let server = served().await;
    let text = server.get("/metrics").raw().await;
    let text = text.text();
    assert!(
        text.lines()
            .any(|line| line.starts_with("lg_api_workers_max{instance=\"one\"} ")),
        "{text}"
    );
}
