//! How the page is served: which addresses are its own, with what headers, and from where.

use lgx_devserver::LocalStudio;
use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use crate::auth::guarded;
use crate::own_app;

#[tokio::test]
async fn every_address_of_the_page_gives_the_page() {
    let server = TestServer::start().await;
    let page = server.get("/studio/").raw().await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.text().contains("<title>lgx</title>"),
        "{}",
        page.text()
    );
    for path in [
        "/studio/threads/any-id",
        "/studio/graphs/a?b=c.d",
        "/studio/index.html",
    ] {
        assert_eq!(server.get(path).raw().await.text(), page.text(), "{path}");
    }
    for path in [
        "/studio/nope.js",
        "/studio/threads/nope.css",
        "/studio/sources.sha256",
    ] {
        server.get(path).await.refused(404);
    }
    for path in ["/studios", "/studio.js"] {
        server.get(path).await.refused(404);
    }
    server.post("/studio/", &json!({})).await.refused(405);
}

#[tokio::test]
async fn without_its_slash_it_is_found_too() {
    let server = TestServer::start().await;
    let moved = server.get("/studio").raw().await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (308, Some("/studio/"))
    );
    let moved = server.get("/studio?a=b").raw().await;
    assert_eq!(moved.header("location"), Some("/studio/?a=b"));
}

#[tokio::test]
async fn it_loads_nothing_from_elsewhere_and_nobody_frames_it() {
    let server = TestServer::start().await;
    let page = server.get("/studio/").raw().await;
    assert_eq!(
        page.header("content-security-policy"),
        Some(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
             media-src data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn what_is_kept_is_asked_after_and_not_sent_again() {
    let server = TestServer::start().await;
    let page = server.get("/studio/").raw().await;
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let etag = page.header("etag").unwrap().to_owned();
    let again = |tag: &str| server.get("/studio/").header("if-none-match", tag).raw();
    let known = again(&format!("\"other\", {etag}")).await;
    assert_eq!((known.status.as_u16(), known.text()), (304, ""));
    assert_eq!(known.header("etag"), Some(&*etag));
    assert_eq!(again("\"other\"").await.text(), page.text());
}

#[tokio::test]
async fn it_goes_out_packed_to_those_who_unpack_it() {
    let server = TestServer::start().await;
    let plain = server.get("/studio/").raw().await;
    assert_eq!(plain.header("content-encoding"), None);
    assert!(plain.header("vary").unwrap().contains("Accept-Encoding"));
    let packed = server.get("/studio/").header("accept-encoding", "br, gzip");
    let packed = packed.open().await.whole().await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("etag"), plain.header("etag"));
    assert!(packed.body.starts_with(&[0x1f, 0x8b]));
    let head = server.request("HEAD", "/studio/").await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));
    assert_eq!(head.header("etag"), plain.header("etag"));
}

#[tokio::test]
async fn it_is_public_and_has_no_prefix_and_the_app_does_not_see_it() {
    let server = guarded(lgx_testkit::FakeWorker::new()).await;
    assert_eq!(server.get("/studio/").raw().await.status, 200);
    assert_eq!(server.worker.asked("auth").len(), 0);

    let http = json!({"http": {"mount_prefix": "/pre", "disable_meta": true}});
    let server = TestServer::over(TestProject::with(http)).start().await;
    assert_eq!(server.get("/studio/").raw().await.status, 200);
    server.get("/pre/studio/").await.refused(404);

    let server = own_app::serve().await;
    let seen = server.worker.asked("http").len();
    assert_eq!(server.get("/studio/").raw().await.status, 200);
    assert_eq!(server.worker.asked("http").len(), seen);
}

#[tokio::test]
async fn without_studio_its_addresses_are_the_projects() {
    let server = TestServer::over(TestProject::new())
        .without_studio()
        .start()
        .await;
    for path in ["/studio", "/studio/", "/studio/index.html"] {
        server.get(path).await.refused(404);
    }
}

#[tokio::test]
async fn a_folder_takes_the_place_of_what_is_in_the_binary() {
    let built = TestProject::new();
    built.write("index.html", "<title>mine</title>");
    let studio = LocalStudio {
        folder: Some(built.path().clone()),
        ..LocalStudio::default()
    };
    let server = TestServer::over(TestProject::new())
        .studio(studio)
        .start()
        .await;
    let page = server.get("/studio/threads").raw().await;
    assert_eq!(page.text(), "<title>mine</title>");
    built.write("index.html", "<title>changed</title>");
    let tag = page.header("etag").unwrap();
    let changed = server
        .get("/studio/")
        .header("if-none-match", tag)
        .raw()
        .await;
    assert_eq!(changed.text(), "<title>changed</title>");
    server.get("/studio/../langgraph.json").await.refused(404);
    std::fs::remove_file(built.path().join("index.html")).unwrap();
    let detail = server.get("/studio/").await.refused(404);
    assert!(detail.contains("just studio"), "{detail}");
}
