//! What the app still sends when its code is replaced goes on in the old code, for as many versions as are kept.

use lgx_devserver::Notice;
use lgx_testkit::TestServer;
use serde_json::json;

use super::project;

/// How many versions keep their streams, beside the one that serves.
const KEPT: usize = 3;
const RESTARTS: u16 = 1012;

async fn reload(server: &TestServer, number: usize) {
    let mut listener = server.listen();
    let text = format!("# Version {number}.\n");
    server.project.write("graphs.py", &text);
    let reloaded = |notice: &Notice| matches!(notice, Notice::Reloaded { .. }).then_some(());
    listener.hear("the reload", reloaded).await;
}

#[tokio::test]
async fn streams_and_sockets_of_the_newest_versions_go_on_and_those_of_older_ones_are_ended() {
    let setup = TestServer::over(project(json!({}))).workers(1);
    let server = setup.reloading().start().await;
    server.worker.answering().close();
    let mut stream = server.get("/app/streams").open().await;
    assert_eq!(stream.piece().await.unwrap().unwrap(), "first ");
    let mut sockets = vec![server.socket("/app/echo").await];
    for number in 1..=KEPT {
        reload(&server, number).await;
        sockets.push(server.socket("/app/echo").await);
    }
    for socket in &mut sockets {
        socket.send("1").await;
        assert_eq!(socket.next().await, Ok(json!(1)));
    }
    assert_eq!(server.worker.asked("websocket"), [1, 2, 3, 4]);
    assert_eq!(server.worker.ends(), 0);

    reload(&server, KEPT + 1).await;
    assert_eq!(sockets.remove(0).next().await, Err(RESTARTS));
    assert!(stream.piece().await.unwrap().is_err(), "a part is no whole");
    server.worker.ended(1).await;
    for socket in &mut sockets {
        socket.send("2").await;
        assert_eq!(socket.next().await, Ok(json!(2)));
    }
}

#[tokio::test]
async fn an_answer_that_has_not_begun_is_waited_for_however_often_the_code_is_replaced() {
    let setup = TestServer::over(project(json!({}))).workers(1);
    let server = setup.reloading().start().await;
    server.worker.answering().close();
    let asking = server.get("/app/asks").into_future();
    let asking = tokio::spawn(asking);
    server.worker.answering().arrived(1).await;
    for number in 0..KEPT + 2 {
        reload(&server, number).await;
    }
    server.worker.answering().open();
    assert_eq!(asking.await.unwrap().ok(), json!({"app": "asked"}));
    server.worker.ended(KEPT + 2).await;
}
