//! `GET /lgx/threads/{thread_id}/auth`: what the project's auth says of who asks.

use lgx_testkit::{FakeWorker, TestServer};
use serde_json::json;

use super::page;
use crate::auth::guarded;
use crate::steps::thread;

#[tokio::test]
async fn a_user_sees_who_they_are_and_which_filter_hides_threads_from_them() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread(&alice).await;
    let path = format!("/lgx/threads/{id}/auth");
    let hers = alice.get(&*path).await.ok();
    assert_eq!(hers["identity"], "alice");
    assert_eq!(hers["filter"], json!({"owner": "alice"}));
    assert_eq!(
        (&hers["configured"], &hers["is_studio"], &hers["visible"]),
        (&json!(true), &json!(false), &json!(true))
    );
    assert!(hers["permissions"].is_array() && hers["fields"].is_array());
    let his = bob.get(&*path).await.ok();
    assert_eq!(his["filter"], json!({"owner": "bob"}));
    assert_eq!(his["visible"], false);
}

#[tokio::test]
async fn without_auth_everybody_sees_everything() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let lens = page(&server)
        .get(format!("/lgx/threads/{id}/auth"))
        .await
        .ok();
    assert_eq!(
        lens,
        json!({"configured": false, "is_studio": false, "identity": null, "permissions": [], "fields": [], "filter": null, "visible": true})
    );
}
