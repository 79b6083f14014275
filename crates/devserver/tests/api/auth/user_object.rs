//! Where the user object goes, and where it must not.

use lgx_testkit::FakeWorker;
use serde_json::{Value, json};

use super::guarded;
use crate::bodies::echo;
use crate::steps::{self, text, thread};

#[tokio::test]
async fn the_user_object_reaches_the_graph_and_nothing_else() {
    const SECRET: &str = "s3cr3t-t0k3n";
    let worker = FakeWorker::builder().auth(|request| {
        let user = json!({"identity": "alice", "display_name": "alice", "is_authenticated": true, "permissions": ["p"], "token": SECRET});
        let checks = request["checks"].as_array().into_iter().flatten();
        let checks: Vec<Value> = checks
            .map(|check| json!({"filter": null, "value": check["value"]}))
            .collect();
        Ok(json!({"user": user, "checks": checks}))
    });
    let server = guarded(worker.build()).await;
    let client = server.user(SECRET);
    let id = thread(&client).await;
    let mut body = echo("hi");
    body["stream_mode"] = json!([
        "values",
        "updates",
        "debug",
        "tasks",
        "checkpoints",
        "events"
    ]);
    body["stream_resumable"] = json!(true);
    let streamed = client
        .post(format!("/threads/{id}/runs/stream"), &body)
        .await;
    let mut seen = vec![streamed.text().to_owned()];
    let run = client
        .post(format!("/threads/{id}/runs"), &echo("again"))
        .await
        .ok();
    seen.push(run.to_string());
    let run = text(&run, "run_id");
    steps::join(&client, &id, &run).await;
    for path in [
        format!("/threads/{id}"),
        format!("/threads/{id}/state"),
        format!("/threads/{id}/history"),
        format!("/threads/{id}/runs"),
        format!("/threads/{id}/runs/{run}"),
        format!("/threads/{id}/runs/{run}/join"),
    ] {
        seen.push(client.get(path).await.text().to_owned());
    }
    let search = client.post("/threads/search", &json!({})).await;
    seen.push(search.text().to_owned());
    for text in &seen {
        assert!(text.contains(&id) || text.contains("messages"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
    let stored = &client.get(format!("/threads/{id}/runs/{run}")).await.ok()["kwargs"]["config"];
    let configurable = &stored["configurable"];
    assert_eq!(configurable["langgraph_auth_user_id"], "alice");
    assert_eq!(configurable["langgraph_auth_permissions"], json!(["p"]));
    assert_eq!(configurable["user_id"], "alice");

    for run in server.worker.requests("run") {
        assert_eq!(run["user"]["token"], SECRET, "the graph may know");
    }
    let project = server.stop().await;
    let mut bytes = 0;
    for (place, content) in project.stored() {
        bytes += content.len();
        let found = content
            .windows(SECRET.len())
            .any(|bytes| bytes == SECRET.as_bytes());
        assert!(!found, "{place}");
    }
    assert!(bytes > 0, "there is a state to look at");
}
