//! Who comes through the gate before `/lgx/`, over real connections.

use std::net::Ipv4Addr;

use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use super::page;
use crate::own_app;

const PROJECT: &str = "/lgx/project";

#[tokio::test]
async fn the_page_and_programs_of_this_machine_come_through() {
    let server = TestServer::start().await;
    page(&server).get(PROJECT).await.ok();
    server.get(PROJECT).await.ok();
    assert_eq!(server.request("HEAD", PROJECT).await.status, 200);
}

#[tokio::test]
async fn pages_of_other_origins_do_not_even_where_they_may_use_the_api() {
    let server = TestServer::start().await;
    for origin in ["http://localhost:3000", "https://smith.langchain.com"] {
        let other = server.from(origin);
        other.get("/info").await.ok();
        let detail = other.get(PROJECT).await.refused(403);
        assert!(detail.contains(origin), "{detail}");
        let preflight = other
            .request("OPTIONS", PROJECT)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "x-lgx-studio");
        preflight.await.refused(403);
    }
    let image = server.get(PROJECT).header("sec-fetch-site", "same-site");
    image.await.refused(403);
    let foreign = server
        .get(PROJECT)
        .from_foreign_page("https://evil.example");
    foreign.await.refused(403);
}

#[tokio::test]
async fn what_was_passed_on_does_not_come_through() {
    let server = TestServer::start().await;
    for (name, value) in [("x-forwarded-for", "127.0.0.1"), ("via", "1.1 tunnel")] {
        server.get(PROJECT).header(name, value).await.refused(403);
    }
}

#[tokio::test]
async fn an_address_of_the_network_does_not_come_through() {
    let server = TestServer::over(TestProject::new())
        .on(Ipv4Addr::UNSPECIFIED.into())
        .start()
        .await;
    let here = (*server).clone().with("host", "localhost");
    here.get(PROJECT).await.ok();
    let by_address = (*server).clone().with("host", "192.168.1.7:2024");
    by_address.get("/info").await.ok();
    by_address.get(PROJECT).await.refused(403);
}

#[tokio::test]
async fn a_post_without_the_mark_of_the_page_does_not_come_through() {
    let server = TestServer::start().await;
    let detail = server.post("/lgx/nothing", &json!({})).await.refused(403);
    assert!(detail.contains("x-lgx-studio"), "{detail}");
    let marked = server.post("/lgx/nothing", &json!({}));
    marked.header("x-lgx-studio", "1").await.refused(404);
}

#[tokio::test]
async fn without_studio_there_is_nothing_of_it() {
    let server = TestServer::over(TestProject::new())
        .without_studio()
        .start()
        .await;
    server.get(PROJECT).await.refused(404);
    let described = server.get("/openapi.json").await.ok();
    let paths = described["paths"].as_object().unwrap();
    assert!(!paths.keys().any(|path| path.starts_with("/lgx/")));
}

#[tokio::test]
async fn no_prefix_is_before_it_and_the_gate_cannot_be_gone_round() {
    let http = json!({"http": {"mount_prefix": "/pre", "disable_meta": true}});
    let server = TestServer::over(TestProject::with(http)).start().await;
    let project = server.get(PROJECT).await.ok();
    assert_eq!(project["api_prefix"], "/pre");
    server.get("/pre/lgx/project").await.refused(404);
}

#[tokio::test]
async fn the_projects_own_app_does_not_see_it() {
    let server = own_app::serve().await;
    server.get("/app/hello").await.ok();
    let seen = server.worker.asked("http").len();
    server.get(PROJECT).await.ok();
    server.get("/lgx/nothing").await.refused(404);
    assert_eq!(server.worker.asked("http").len(), seen);
}
