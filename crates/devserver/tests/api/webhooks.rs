//! Webhooks: what they are told of the ends of runs, also by the next server.

use lgx_devserver::Notice;
use lgx_testkit::{TestProject, TestServer, within};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bodies::multi_with;
use crate::steps::{create, join, thread};

/// Lets runs report to this machine.
pub(crate) fn local() -> Value {
    json!({"webhooks": {"url": {"disable_loopback": false, "require_https": false}}})
}

/// A receiver of reports.
pub(crate) struct Hook(TcpListener);

impl Hook {
    pub(crate) async fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.0.local_addr().unwrap())
    }

    /// The next report that comes, and where it is to be answered.
    pub(crate) async fn next(&self) -> (TcpStream, Value) {
        let (mut stream, _) = within("a report", self.0.accept()).await.unwrap();
        let mut bytes = Vec::new();
        loop {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "it is whole");
            let body = bytes
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
                .and_then(|end| serde_json::from_slice(&bytes[end + 4..]).ok());
            if let Some(report) = body {
                return (stream, report);
            }
        }
    }

    /// The next report that comes, which is taken.
    pub(crate) async fn report(&self) -> Value {
        let (mut stream, report) = self.next().await;
        let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(reply).await.unwrap();
        report
    }
}

/// A run that has ended, whose report is being delivered when the server stops. Gives the project, its thread, and what is reported.
async fn cut_off(hook: &Hook) -> (TestProject, String, Value) {
    let server = TestServer::over(TestProject::with(local())).start().await;
    let id = thread(&server).await;
    let run = create(
        &server,
        &id,
        multi_with("in", json!({"webhook": hook.url()})),
    )
    .await;
    join(&server, &id, &run).await;
    let (unanswered, report) = hook.next().await;
    assert_eq!(report["run_id"], run);
    server.delete(format!("/threads/{id}")).await;
    let project = server.stop().await;
    drop(unanswered);
    (project, id, report)
}

#[tokio::test]
async fn a_report_that_was_cut_off_is_sent_by_the_next_server_though_its_thread_is_gone() {
    let hook = Hook::listen().await;
    let (project, id, first) = cut_off(&hook).await;
    let server = TestServer::over(project).start().await;
    let gone = server.get(format!("/threads/{id}")).await;
    assert_eq!(gone.status, 404);
    let mut second = hook.report().await;
    assert_eq!(second["values"], json!({"log": ["in", "a", "slow", "b"]}));
    // All the rest is as it was.
    assert_ne!(second["webhook_sent_at"], first["webhook_sent_at"]);
    second["webhook_sent_at"] = first["webhook_sent_at"].clone();
    assert_eq!(second, first);
}

#[tokio::test]
async fn where_webhooks_are_switched_off_runs_execute_and_nothing_is_sent() {
    let off = json!({"http": {"disable_webhooks": true}});
    let server = TestServer::over(TestProject::with(off)).start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    // Not even the rules for URLs matter: nobody calls this one.
    let body = multi_with("in", json!({"webhook": "http://127.0.0.1:9/hook"}));
    let run = create(&server, &id, body).await;
    assert_eq!(
        join(&server, &id, &run).await["log"],
        json!(["in", "a", "slow", "b"])
    );
    let (told, reason) = listener
        .hear("what became of the report", |notice| match notice {
            Notice::WebhookFailed { run_id, reason } => Some((run_id.clone(), reason.clone())),
            _ => None,
        })
        .await;
    assert_eq!(told, run);
    assert!(reason.contains("http.disable_webhooks"), "{reason}");
}

#[tokio::test]
async fn a_report_that_the_next_server_may_not_send_is_given_up_and_told() {
    let hook = Hook::listen().await;
    let (project, _, first) = cut_off(&hook).await;
    project.configure(json!({}));
    let server = TestServer::over(project).start().await;
    let given_up = server
        .listen_from_start()
        .hear("the end of the report", |notice| match notice {
            Notice::WebhookFailed { run_id, reason } => Some((run_id.clone(), reason.clone())),
            _ => None,
        })
        .await;
    assert_eq!(first["run_id"], given_up.0);
    assert!(given_up.1.contains("loopback"), "{}", given_up.1);
}
