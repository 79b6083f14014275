//! What a page of another site can have a browser send without asking: images, links and forms, the "simple" requests that no
//! preflight announces.

use lgx_testkit::TestServer;
use serde_json::json;

use crate::steps::{self, thread};

const FOREIGN: &str = "https://evil.example";

#[tokio::test]
async fn other_pages_cannot_end_a_run_by_looking_at_it() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = steps::create(
        &server,
        &id,
        json!({"assistant_id": "multi", "input": {"log": []}}),
    )
    .await;
    server.worker.slow().arrived(1).await;
    let run = format!("/threads/{id}/runs/{run}");
    for way in ["stream", "join"] {
        let path = format!("{run}/{way}?cancel_on_disconnect=true");
        let page = server.get(&*path).from_foreign_page(FOREIGN);
        page.await.refused(403);
        // An image has no origin.
        for site in ["cross-site", "same-site"] {
            let image = server.get(&*path).header("sec-fetch-site", site);
            image.await.refused(403);
        }
    }
    assert_eq!(server.get(&*run).await.ok()["status"], "running");
    // Pages of this machine and clients that are no browsers go on as before.
    let path = format!("{run}/stream?cancel_on_disconnect=true");
    let ours = server.get(&*path).from_page("http://localhost:3000");
    let ours = ours.header("sec-fetch-site", "same-site").open().await;
    assert_eq!(ours.status, 200);
    server.worker.slow().open();
    ours.events().rest().await;
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing_whatever_it_says_it_is() {
    let server = TestServer::start().await;
    for form in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        None,
    ] {
        let posted = || {
            let request = server.request("POST", "/threads").body("{}");
            match form {
                Some(form) => request.header("content-type", form),
                None => request,
            }
        };
        // A browser names the page, or says `null` where the page has it say nothing.
        for origin in [FOREIGN, "null"] {
            posted().from_foreign_page(origin).await.refused(403);
        }
        for site in ["cross-site", "same-site", "anything-new"] {
            posted().header("sec-fetch-site", site).await.refused(403);
        }
    }
    let threads = server.post("/threads/count", &json!({}));
    assert_eq!(threads.await.ok(), json!(0));
    // A client that is no browser says neither.
    server.request("POST", "/threads").body("{}").await.ok();
}

#[tokio::test]
async fn a_link_of_another_page_may_lead_to_what_changes_nothing() {
    let server = TestServer::start().await;
    let link = server.get("/info").header("sec-fetch-site", "cross-site");
    link.await.ok();
    let typed = server.get("/store/items?key=k&namespace=a");
    typed.header("sec-fetch-site", "none").await.ok();
    let image = server.get("/store/items?key=k&namespace=a");
    image
        .header("sec-fetch-site", "cross-site")
        .await
        .refused(403);
}
