//! The history of a thread at a glance.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{NOBODY, create, join, thread};

#[tokio::test]
async fn checkpoints_are_listed_with_what_made_them_the_newest_first() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    join(&server, &id, &run).await;
    let path = format!("/lgx/threads/{id}/checkpoints");
    let found = server.get(&*path).await.ok();
    let rows = found["checkpoints"].as_array().unwrap();
    assert_eq!(found["total"], rows.len());
    let of_all = |key: &str| rows.iter().map(|row| row[key].clone()).collect::<Vec<_>>();
    assert_eq!(
        of_all("nodes"),
        [
            json!(["b"]),
            json!(["slow"]),
            json!(["a"]),
            json!([]),
            json!([])
        ]
    );
    assert_eq!(of_all("source"), ["loop", "loop", "loop", "loop", "input"]);
    let history = server
        .get(format!("/threads/{id}/history?limit=10"))
        .await
        .ok();
    let known = history.as_array().unwrap().iter();
    let known: Vec<Value> = known
        .map(|state| state["checkpoint"]["checkpoint_id"].clone())
        .collect();
    assert_eq!(of_all("checkpoint_id"), known);
    for (row, before) in rows.iter().zip(&rows[1..]) {
        assert_eq!(row["parent_id"], before["checkpoint_id"]);
        assert_eq!(row["run_id"], *run);
        assert!(row["bytes"].as_u64() > Some(0));
    }

    let second = server
        .get(format!("{path}?limit=2&offset=1&ns="))
        .await
        .ok();
    assert_eq!(second["checkpoints"], json!(rows[1..3]));
    assert_eq!(second["total"], found["total"]);
    let none = server.get(format!("{path}?ns=child:1")).await.ok();
    assert_eq!(none, json!({"checkpoints": [], "total": 0}));
    server.get(format!("{path}?limit=x")).await.refused(422);
    let nobody = format!("/lgx/threads/{NOBODY}/checkpoints");
    server.get(nobody).await.refused(404);
}
