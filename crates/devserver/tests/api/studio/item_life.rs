//! `GET /lgx/store/life`: how long an item lives.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::page;

#[tokio::test]
async fn an_item_says_how_long_it_lives() {
    let server = TestServer::start().await;
    for (key, ttl) in [("soon", json!(5)), ("ever", Value::Null)] {
        let item = json!({"namespace": ["a", "b"], "key": key, "value": {}, "ttl": ttl});
        server.put("/store/items", &item).await.empty(204);
    }
    let life = |key: &str| page(&server).get(format!("/lgx/store/life?namespace=a.b&key={key}"));
    let soon = life("soon").await.ok();
    assert_eq!(soon["ttl_minutes"], 5.0);
    assert!(soon["expires_at"].is_string());
    assert_eq!(
        life("ever").await.ok(),
        json!({"ttl_minutes": null, "expires_at": null})
    );
    assert_eq!(life("none").await.ok(), Value::Null);
}
