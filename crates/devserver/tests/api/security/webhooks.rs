//! Webhooks go to the internet: not to this machine, not to the networks around it, however the URL is written and wherever it leads.

use lgx_devserver::Notice;
use lgx_testkit::{TestProject, TestServer, within};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bodies::multi_with;
use crate::steps::thread;

#[tokio::test]
async fn a_run_that_would_report_to_a_private_address_is_refused() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    for url in [
        "http://localhost/x",
        "http://a.localhost./x",
        "http://127.0.0.1/x",
        "http://127.1/x",
        "http://2130706433/x",
        "http://0x7f.0.0.1/x",
        "http://0/x",
        "http://0.0.0.0/x",
        "http://[::]/x",
        "http://[::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://10.0.0.1/x",
        "http://172.16.0.1/x",
        "http://192.168.0.1/x",
        "http://100.64.0.1/x",
        "http://[fd00::1]/x",
        "http://[fe80::1]/x",
        // Where clouds keep the credentials of their machines.
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://[64:ff9b::169.254.169.254]/x",
        "https://example.com@127.0.0.1/x",
        "https://user:password@example.com/x",
        "/threads",
        "file:///etc/passwd",
        "gopher://example.com/x",
    ] {
        for path in [format!("/threads/{id}/runs"), "/runs/wait".to_owned()] {
            let run = multi_with("in", json!({"webhook": url}));
            let refused = server.post(&*path, &run).await;
            assert_eq!(refused.status, 422, "{url}: {}", refused.text());
        }
        let cron = json!({"assistant_id": "multi", "schedule": "* * * * *", "webhook": url});
        let refused = server.post("/runs/crons", &cron).await;
        assert_eq!(refused.status, 422, "{url}: {}", refused.text());
    }
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs, json!([]));
}

/// What becomes of a report whose receiver answers as it is written here; and what it was asked.
async fn report(answer: &'static str) -> (String, String) {
    let rules = json!({"webhooks": {"url": {"disable_loopback": false, "require_https": false}}});
    let server = TestServer::over(TestProject::with(rules)).start().await;
    let mut listener = server.listen();
    let hook = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", hook.local_addr().unwrap());
    let run = multi_with("in", json!({"webhook": url}));
    server.post("/runs", &run).await.ok();
    let (mut stream, _) = within("the report", hook.accept()).await.unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    let reason = listener.hear("its end", |notice| match notice {
        Notice::WebhookFailed { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    (reason.await, String::from_utf8(asked).unwrap())
}

#[tokio::test]
async fn a_redirect_is_not_followed_wherever_it_leads() {
    let (reason, asked) = report(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert!(reason.contains("307"), "{reason}");
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["status"], "success");
    for secret in ["authorization", "cookie", "x-api-key"] {
        assert!(!head.to_lowercase().contains(secret), "{head}");
    }
}
