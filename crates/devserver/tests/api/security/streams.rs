//! How many streams may be open: events, sockets, and answers that wait for a run.

use lgx_devserver::Notice;
use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use crate::bodies::{multi, multi_with};
use crate::steps::{NOBODY, create, thread};

const STUDIO: &str = "https://smith.langchain.com";

#[tokio::test]
async fn there_are_only_so_many_streams_and_everything_else_goes_on() {
    let server = TestServer::over(TestProject::new())
        .streams(2)
        .start()
        .await;
    let mut listener = server.listen();
    server.worker.slow().close();
    let id = thread(&server).await;
    let leaving = server.post(
        "/runs/stream",
        &multi_with("x", json!({"on_disconnect": "cancel"})),
    );
    let leaving = leaving.open().await;
    let socket = server
        .socket(&format!("/threads/{NOBODY}/stream/events"))
        .await;
    let run = create(&server, &id, multi("in")).await;

    let place = format!("/threads/{id}/runs/{run}");
    for refused in [
        server.get(format!("/threads/{id}/stream")),
        server.get(format!("{place}/stream")),
        server.get(format!("{place}/join")),
        server.post(format!("/threads/{id}/runs/stream"), &multi("no")),
        server.post(format!("/threads/{id}/runs/wait"), &multi("no")),
        server.post("/runs/wait", &multi("no")),
    ] {
        let refused = refused.from_page(STUDIO).await;
        assert_eq!(refused.header("retry-after"), Some("1"));
        let detail = refused.refused(503);
        assert!(detail.starts_with("2 streams are open"), "{detail}");
    }
    let path = format!("/threads/{NOBODY}/stream/events");
    assert_eq!(server.refused_socket(&path).await, 503);
    // No run was made by those that were refused, and whoever wants room can end one.
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs.as_array().map(Vec::len), Some(1));
    server.post(format!("{place}/cancel"), &json!({})).await;

    drop(leaving);
    let end = |notice: &Notice| match notice {
        Notice::RunEnded { run_id, .. } if *run_id != run => Some(()),
        _ => None,
    };
    listener.hear("the end of the run that was left", end).await;
    let next = server.get(format!("/threads/{id}/stream")).open().await;
    assert_eq!(next.status, 200);
    drop(socket);
}
