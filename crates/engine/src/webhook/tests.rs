//! The outbox against a real store and a real socket: what is sent, what is tried again, by whom, and what is refused.

use std::sync::Arc;

use lgx_config::{Config, UrlPolicy, Webhooks};
use lgx_model::{RawJson, RunStatus, ThreadId, ThreadStatus, Timestamp};
use lgx_store::reports::Report;
use lgx_store::runs::{Claim, Finish, ThreadEnd};
use lgx_store::{Authority, Store};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::client::{Client, Failure};
use crate::notice::{Notice, Observer};
use crate::sample;

struct Told(mpsc::UnboundedSender<Notice>);

impl Observer for Told {
    fn notice(&self, notice: Notice) {
        let _ = self.0.send(notice);
    }
}

/// A server with a run that has ended, and the receiver of its report.
struct Setup {
    store: Store,
    authority: Authority,
    config: watch::Sender<Arc<Config>>,
    told: mpsc::UnboundedReceiver<Notice>,
    observer: Arc<dyn Observer>,
    stopping: CancellationToken,
    hook: TcpListener,
    _directory: tempfile::TempDir,
}

impl Setup {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (store, authority) = Store::open(&directory.path().join(".lgx")).unwrap();
        let config = Config {
            webhooks: rules(),
            ..sample::config(directory.path())
        };
        let (tell, told) = mpsc::unbounded_channel();
        Self {
            store,
            authority,
            config: watch::Sender::new(Arc::new(config)),
            told,
            observer: Arc::new(Told(tell)),
            stopping: CancellationToken::new(),
            hook: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            _directory: directory,
        }
    }

    fn outbox(&self) -> Outbox {
        Outbox::new(
            self.store.clone(),
            self.config.subscribe(),
            String::new(),
            Arc::clone(&self.observer),
            self.stopping.clone(),
        )
    }

    /// The report of a run that has just ended.
    async fn report(&self) -> Report {
        let port = self.hook.local_addr().unwrap().port();
        let mut run = sample::run(ThreadId::fresh());
        run.kwargs.webhook = Some(format!("http://127.0.0.1:{port}/hook"));
        sample::begin(&self.store, &self.authority, &run).await;
        let end = Finish {
            status: RunStatus::Success,
            thread: ThreadEnd {
                status: ThreadStatus::Idle,
                values: Some(RawJson::of(&json!({"n": 1}))),
                is_behind: false,
                error: None,
                interrupts: RawJson::empty_object(),
            },
            began: Some(run.created_at),
            now: Timestamp::now().into(),
            rollback: false,
            delete_thread: false,
        };
        let finished = self.store.finish(
            Claim {
                thread_id: run.thread_id,
                run_id: run.run_id,
                number: 1,
            },
            Arc::new(end),
            None,
            || Ok::<_, ()>(()),
            |_| (),
        );
        finished.await.unwrap().unwrap().report.unwrap()
    }

    /// How often each of the reports that are left was tried.
    async fn tries_of_those_left(&self) -> Vec<u32> {
        let left = self.store.take_reports().await.unwrap();
        left.iter().map(|report| report.tries).collect()
    }

    async fn nothing_is_left(&self) -> bool {
        self.tries_of_those_left().await.is_empty()
    }

    /// Reads the next request and answers it; gives back its head and its body.
    async fn answer(&self, status: &str) -> (String, Value) {
        answer(&mut self.hook.accept().await.unwrap().0, status).await
    }

    /// Why a report was not delivered.
    fn reason(&mut self) -> Option<String> {
        match self.told.try_recv().ok()? {
            Notice::WebhookFailed { reason, .. } => Some(reason),
            other => panic!("{other:?}"),
        }
    }
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

#[tokio::test]
async fn a_report_that_is_turned_away_is_sent_again_and_then_forgotten() {
    let mut setup = Setup::new().await;
    let delivery = tokio::spawn(setup.outbox().deliver(setup.report().await));
    let (head, first) = setup.answer("503 Service Unavailable").await;
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
    let mut second = setup.hook.accept().await.unwrap().0;
    assert_eq!(setup.tries_of_those_left().await, [2]);
    let (_, second) = answer(&mut second, "200 OK").await;
    assert_eq!(second["run_id"], first["run_id"]);
    assert_ne!(second["webhook_sent_at"], first["webhook_sent_at"]);
    delivery.await.unwrap();
    assert!(setup.nothing_is_left().await);
    assert_eq!(setup.reason(), None);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let mut setup = Setup::new().await;
    let delivery = tokio::spawn(setup.outbox().deliver(setup.report().await));
    setup.answer("302 Found").await;
    // It ends without a second request: nobody answers one.
    delivery.await.unwrap();
    assert_eq!(setup.reason().unwrap(), "it answered 302 Found");
    assert!(setup.nothing_is_left().await);
}

#[tokio::test]
async fn a_report_that_waits_when_the_server_stops_is_the_next_ones() {
    let mut setup = Setup::new().await;
    let delivery = tokio::spawn(setup.outbox().deliver(setup.report().await));
    let (_, first) = setup.answer("503 Service Unavailable").await;
    setup.stopping.cancel();
    delivery.await.unwrap();
    assert_eq!(setup.reason(), None, "nothing is given up");

    setup.stopping = CancellationToken::new();
    let left = setup.store.take_reports().await.unwrap().pop().unwrap();
    let delivery = tokio::spawn(setup.outbox().take_up(left));
    let (_, second) = setup.answer("200 OK").await;
    for field in ["run_id", "run_started_at", "run_ended_at", "values"] {
        assert_eq!(second[field], first[field]);
    }
    delivery.await.unwrap();
    assert!(setup.nothing_is_left().await);
}

#[tokio::test]
async fn a_report_whose_last_try_was_cut_off_is_given_up() {
    let mut setup = Setup::new().await;
    let report = setup.report().await;
    for _ in 0..4 {
        let noted = setup.store.begin_report_try(report.id, Timestamp::now());
        assert!(noted.await.unwrap());
    }
    let left = setup.store.take_reports().await.unwrap().pop().unwrap();
    setup.outbox().take_up(left).await;
    assert_eq!(
        setup.reason().unwrap(),
        "the server ended during the last of 5 tries"
    );
    assert!(setup.nothing_is_left().await);
}

#[tokio::test]
async fn a_report_that_the_rules_forbid_by_now_is_given_up() {
    let mut setup = Setup::new().await;
    let report = setup.report().await;
    setup.config.send_modify(|config| {
        let mut stricter = Config::clone(config);
        stricter.webhooks = Webhooks::default();
        *config = Arc::new(stricter);
    });
    setup.outbox().take_up(report).await;
    let reason = setup.reason().unwrap();
    assert!(reason.contains("loopback"), "{reason}");
    assert!(setup.nothing_is_left().await);
}

#[tokio::test]
async fn a_report_that_was_cleared_is_not_tried_again() {
    let mut setup = Setup::new().await;
    let report = setup.report().await;
    let id = report.id;
    let delivery = tokio::spawn(setup.outbox().deliver(report));
    let mut first = setup.hook.accept().await.unwrap().0;
    setup.store.delete_report(id).await.unwrap();
    answer(&mut first, "503 Service Unavailable").await;
    // It ends without a second request: nobody answers one.
    delivery.await.unwrap();
    assert_eq!(setup.reason(), None);
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_refused_for_good() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("http://127.0.0.1:{port}/hook").parse().unwrap();
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
