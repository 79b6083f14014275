//! `POST /lgx/threads/words`: threads in which somebody's words are.

use lgx_testkit::{FakeWorker, TestServer};
use serde_json::{Value, json};

use super::page;
use crate::auth::guarded;
use crate::steps::{text, wait};

#[tokio::test]
async fn threads_are_found_by_words_look_by_look() {
    let server = TestServer::start().await;
    let mut made = Vec::new();
    for (name, said) in [("Refund", "hello"), ("other", "a REFUND?"), ("none", "bye")] {
        let new = json!({"metadata": {"name": name}});
        let thread = server.post("/threads", &new).await.ok();
        let id = text(&thread, "thread_id");
        let input = json!({"assistant_id": "multi", "input": {"log": [said]}});
        wait(&server, &id, input).await;
        made.push(id);
    }
    let studio = page(&server);
    let find = |body: Value| studio.post("/lgx/threads/words", &body);
    let found = find(json!({"words": ["refund"]})).await.ok();
    let ids: Vec<String> = found["threads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| text(row, "thread_id"))
        .collect();
    assert_eq!(ids, [made[1].as_str(), made[0].as_str()]);
    assert_eq!(found["looked_at"], 3);
    assert_eq!(found["next"], Value::Null);

    let first = find(json!({"words": ["refund"], "limit": 1})).await.ok();
    assert_eq!(first["threads"], json!([found["threads"][0]]));
    let rest = find(json!({"words": ["refund"], "after": first["next"]}))
        .await
        .ok();
    assert_eq!(rest["threads"], json!([found["threads"][1]]));

    for body in [
        json!({}),
        json!({"words": []}),
        json!({"words": ["a"], "after": "soon"}),
    ] {
        find(body).await.refused(422);
    }
}

#[tokio::test]
async fn nobody_finds_threads_of_others() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice
        .post("/threads", &json!({"metadata": {"name": "secret"}}))
        .await
        .ok();
    let body = json!({"words": ["secret"]});
    let hers = alice
        .clone()
        .with("x-lgx-studio", "1")
        .post("/lgx/threads/words", &body)
        .await
        .ok();
    assert_eq!(hers["threads"].as_array().map(Vec::len), Some(1));
    let his = bob
        .clone()
        .with("x-lgx-studio", "1")
        .post("/lgx/threads/words", &body)
        .await
        .ok();
    assert_eq!(his, json!({"threads": [], "looked_at": 0, "next": null}));
}
