//! Items that live for a limited time.

use std::time::Duration;

use lgx_testkit::{TestProject, TestServer};
use serde_json::{Value, json};

use super::{found, get, put, put_with};

/// Lets time pass. An item has no event for its end: the clock alone ends it, so that there is nothing else to wait for.
async fn pass(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test]
async fn an_item_is_gone_when_its_time_has_passed() {
    let project = TestProject::with(json!({"store": {"ttl": {"default_ttl": 0.005}}}));
    let server = TestServer::over(project).start().await;
    put(&server, "x", "configured", json!({})).await;
    put_with(&server, "x", "asked", json!({}), json!({"ttl": 0.005})).await;
    put_with(&server, "x", "long", json!({}), json!({"ttl": 60})).await;
    put_with(&server, "x", "ever", json!({}), json!({"ttl": null})).await;
    pass(300).await;
    assert_eq!(found(&server, json!({})).await, "long ever");
    assert_eq!(get(&server, "x", "asked").await, Value::Null);
    // Put again before anyone may have swept it, it is a new one.
    put_with(&server, "x", "asked", json!({}), json!({"ttl": 60})).await;
    let again = get(&server, "x", "asked").await;
    assert_eq!(again["created_at"], again["updated_at"]);
}

#[tokio::test]
async fn reading_an_item_puts_its_end_off_unless_told_otherwise() {
    let project = TestProject::with(json!({"store": {"ttl": {"refresh_on_read": false}}}));
    let server = TestServer::over(project).start().await;
    for key in ["read", "kept", "found", "lost"] {
        put_with(&server, key, key, json!({}), json!({"ttl": 0.05})).await;
    }
    pass(1600).await;
    let path = |name: &str, more: &str| format!("/store/items?namespace={name}&key={name}{more}");
    server.get(path("read", "")).await.ok();
    server.get(path("kept", "&refresh_ttl=true")).await.ok();
    found(
        &server,
        json!({"namespace_prefix": ["found"], "refresh_ttl": true}),
    )
    .await;
    found(&server, json!({"namespace_prefix": ["lost"]})).await;
    pass(1600).await;
    assert_eq!(found(&server, json!({})).await, "kept found");
}
