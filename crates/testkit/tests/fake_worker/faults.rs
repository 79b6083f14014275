//! Whatever a test wants to go wrong does.

use lgx_testkit::FakeWorker;
use lgx_testkit::fake_worker::diagnostic;
use lgx_worker::{CallError, LoadError, LoadedGraph, Method, RemoteError, StartError, Step};
use serde_json::json;

use crate::server::{serving, start};

#[tokio::test]
async fn a_broken_graph_does_not_load_and_the_others_do() {
    let fake = FakeWorker::new();
    fake.break_graph(
        "boom",
        diagnostic("SyntaxError", "invalid syntax", "/project/boom.py", 3),
    );
    let loaded = start(&fake)
        .await
        .load(&["agent", "boom", "what"], false)
        .await
        .unwrap();
    assert!(matches!(&loaded.graphs["agent"], LoadedGraph::Ready { name, .. } if name == "agent"));
    assert!(
        matches!(&loaded.graphs["boom"], LoadedGraph::Failed { error } if error.line == Some(3))
    );
    assert!(
        matches!(&loaded.graphs["what"], LoadedGraph::Failed { error } if error.message.contains("what"))
    );
    fake.repair_graph("boom");
    let loaded = start(&fake).await.load(&["boom"], false).await.unwrap();
    assert!(matches!(&loaded.graphs["boom"], LoadedGraph::Ready { .. }));
    assert_eq!(fake.starts(), 2);
}

#[tokio::test]
async fn broken_auth_fails_the_whole_load() {
    let fake = FakeWorker::builder()
        .auth_handlers(&[("threads", "create")])
        .build();
    fake.break_auth(diagnostic("ImportError", "no jwt", "/project/auth.py", 1));
    let error = start(&fake).await.load(&["agent"], true).await.unwrap_err();
    assert!(matches!(error, LoadError::Auth(diagnostic) if diagnostic.message == "no jwt"));
    fake.repair_auth();
    let loaded = start(&fake).await.load(&["agent"], true).await.unwrap();
    assert_eq!(
        loaded.auth.unwrap().handlers,
        [("threads".to_owned(), "create".to_owned())]
    );
}

#[tokio::test]
async fn a_worker_dies_by_its_graph_and_by_hand() {
    let server = serving(&["die", "log"]).await;
    let mut run = server.begin(&server.request("die", &json!({}))).await;
    let step = loop {
        match run.next().await {
            Step::Event { .. } | Step::News(_) => {}
            step => break step,
        }
    };
    assert!(matches!(step, Step::Failed(CallError::Died(_))));

    let server = serving(&["log"]).await;
    server.fake.crash();
    assert_eq!(server.worker.died().await.how, "connection lost");
}

#[tokio::test]
async fn a_start_fails_once() {
    let fake = FakeWorker::new();
    fake.fail_next_start(StartError::MissingPackages {
        runtime: lgx_model::Runtime::Python,
        executable: "python3".into(),
        names: vec!["langgraph".into()],
    });
    let callbacks = || std::sync::Arc::new(crate::memory::Store(std::sync::Arc::default()));
    assert!(matches!(
        fake.source().start(crate::server::with(callbacks())).await,
        Err(StartError::MissingPackages { .. })
    ));
    assert!(
        fake.source()
            .start(crate::server::with(callbacks()))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn auth_is_what_the_test_decides() {
    let asked = json!({"authenticate": true, "studio": false, "user": null, "request": {"headers": [["authorization", "Bearer ann"]]},
        "body": null, "checks": [{"resource": "threads", "action": "create", "value": {}}]});
    let server = serving(&["agent"]).await;
    let reply = server.worker.call(Method::Auth, &asked).await.unwrap();
    let reply: lgx_worker::AuthReply = serde_json::from_slice(&reply.meta).unwrap();
    assert!(reply.user.get().contains(r#""identity":"ann""#));
    assert_eq!(reply.checks.len(), 1);
    assert_eq!(server.fake.requests("auth").len(), 1);

    let stranger = json!({"authenticate": true, "request": {"headers": []}, "checks": []});
    let refused = server
        .worker
        .call(Method::Auth, &stranger)
        .await
        .unwrap_err();
    assert!(matches!(refused, CallError::Remote(error) if error.status == Some(401)));

    let fake = FakeWorker::builder()
        .auth(|_| {
            Err(RemoteError {
                kind: "HTTPException".into(),
                message: "no".into(),
                status: Some(403),
                headers: None,
                diagnostic: None,
            })
        })
        .build();
    let refused = start(&fake)
        .await
        .worker
        .call(Method::Auth, &asked)
        .await
        .unwrap_err();
    assert!(matches!(refused, CallError::Remote(error) if error.status == Some(403)));
}

#[tokio::test]
async fn loading_waits_at_its_gate() {
    let fake = FakeWorker::new();
    fake.loading().close();
    let server = start(&fake).await;
    let loading = tokio::spawn({
        let worker = server.worker.clone();
        async move {
            worker
                .load(&crate::server::load_request(&["agent"], false), |_| ())
                .await
        }
    });
    fake.loading().arrived(1).await;
    assert!(!loading.is_finished());
    fake.loading().open();
    assert!(loading.await.unwrap().is_ok());
}
