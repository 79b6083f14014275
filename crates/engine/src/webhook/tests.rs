//! Delivery against a real socket: what is sent, what is tried again, and what is refused.

use lgx_config::UrlPolicy;
use lgx_model::{
    AssistantId, JsonObject, MultitaskStrategy, RunId, RunKwargs, RunStatus, ThreadId,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

fn report() -> Report {
    let run = Run {
        run_id: RunId::fresh(),
        thread_id: ThreadId::fresh(),
        assistant_id: AssistantId::of_graph("agent"),
        metadata: JsonObject::new(),
        status: RunStatus::Success,
        kwargs: RunKwargs {
            input: RawJson::null(),
            command: RawJson::null(),
            config: JsonObject::new(),
            context: JsonObject::new(),
            stream_mode: vec!["values".into()],
            interrupt_before: RawJson::null(),
            interrupt_after: RawJson::null(),
            webhook: None,
            feedback_keys: None,
            temporary: false,
            subgraphs: false,
            resumable: false,
            checkpoint_during: true,
            durability: "async".into(),
        },
        multitask_strategy: MultitaskStrategy::Enqueue,
        created_at: Timestamp::now(),
        updated_at: Timestamp::now(),
        langsmith_session_name: None,
    };
    Report::new(run, Timestamp::now(), RawJson::of(&json!({"n": 1})), None)
}

fn rules() -> Webhooks {
    Webhooks {
        headers: vec![("x-token".into(), "s3".into())],
        url: UrlPolicy {
            disable_loopback: false,
            ..UrlPolicy::default()
        },
        ..Webhooks::default()
    }
}

/// Reads one request and answers it; gives back its head and its body.
async fn answer(stream: &mut TcpStream, status: &str) -> (String, Value) {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let Ok(body) = serde_json::from_str(body) else {
            continue;
        };
        let reply = format!(
            "HTTP/1.1 {status}\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(reply.as_bytes()).await.unwrap();
        return (head.to_ascii_lowercase(), body);
    }
}

async fn listener() -> (TcpListener, Uri) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://127.0.0.1:{}/hook",
        listener.local_addr().unwrap().port()
    );
    (listener, url.parse().unwrap())
}

#[tokio::test]
async fn a_report_that_is_turned_away_is_sent_again() {
    let (listener, url) = listener().await;
    let delivery = tokio::spawn(deliver(report(), url, rules(), CancellationToken::new()));
    let (head, first) = answer(
        &mut listener.accept().await.unwrap().0,
        "503 Service Unavailable",
    )
    .await;
    assert!(head.starts_with("post /hook http/1.1"), "{head}");
    assert!(
        head.contains("x-token: s3") && head.contains("content-type: application/json"),
        "{head}"
    );
    assert_eq!(
        (&first["status"], &first["values"]),
        (&json!("success"), &json!({"n": 1}))
    );
    assert!(first.get("error").is_none());
    let (_, second) = answer(&mut listener.accept().await.unwrap().0, "200 OK").await;
    assert_eq!(second["run_id"], first["run_id"]);
    assert_ne!(second["webhook_sent_at"], first["webhook_sent_at"]);
    delivery.await.unwrap().unwrap();
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (listener, url) = listener().await;
    let delivery = tokio::spawn(deliver(report(), url, rules(), CancellationToken::new()));
    answer(&mut listener.accept().await.unwrap().0, "302 Found").await;
    // It ends without a second request: nobody answers one.
    let reason = delivery.await.unwrap().unwrap_err();
    assert_eq!(reason, "it answered 302 Found");
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_refused_for_good() {
    let (listener, _) = listener().await;
    let port = listener.local_addr().unwrap().port();
    let client = Client::new(&Webhooks::default()).unwrap();
    let url = format!("http://localhost:{port}/hook").parse().unwrap();
    let failure = client.post(&url, &json!({})).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::Lasting(reason) if reason.contains("loopback")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn nobody_there_may_change() {
    let (listener, url) = listener().await;
    drop(listener);
    let failure = Client::new(&rules())
        .unwrap()
        .post(&url, &json!({}))
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Passing(_)), "{failure:?}");
}

#[test]
fn a_header_that_cannot_be_sent_is_named_without_its_value() {
    let rules = Webhooks {
        headers: vec![("x-token".into(), "a\nb".into())],
        ..Webhooks::default()
    };
    let error = Client::new(&rules).err().unwrap();
    assert!(
        error.contains("x-token") && !error.contains("a\nb"),
        "{error}"
    );
}
