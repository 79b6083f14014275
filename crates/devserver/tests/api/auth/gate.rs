//! Who comes in, what the handler is told of a request, and how refusals look.

use lgx_devserver::{Fatal, Notice};
use lgx_testkit::client::Response;
use lgx_testkit::fake_worker::{diagnostic, http_exception};
use lgx_testkit::{FakeWorker, TestServer, within};
use serde_json::{Value, json};

use super::{guarded, project};
use crate::bodies::echo;
use crate::steps::{self, thread, wait};

const STUDIO: &str = "https://smith.langchain.com";

/// A server whose authenticate handler ends like this, always.
async fn ending(error: lgx_worker::RemoteError) -> TestServer {
    let worker = FakeWorker::builder().auth(move |_| Err(error.clone()));
    guarded(worker.build()).await
}

#[tokio::test]
async fn without_a_token_only_the_public_routes_answer() {
    let server = guarded(FakeWorker::new()).await;
    let description = server.get("/openapi.json").await.ok();
    let mut refused = 0;
    for endpoint in steps::endpoints(&description) {
        let answer = server
            .request(&endpoint.method, &*endpoint.path)
            .header("x-lgx-studio", "1");
        let answer = if endpoint.json_rpc {
            answer.raw().await
        } else {
            answer.await
        };
        if endpoint.public {
            // There are no files of UI components.
            let expected = match &*endpoint.path {
                path if path.starts_with("/ui") => 404,
                // Who it is comes in its first frame.
                "/lgx/socket" => 426,
                // It says that it was not asked anything.
                "/lgx/schedule" => 422,
                _ => 200,
            };
            assert_eq!(answer.status, expected, "{endpoint:?}");
        } else {
            // Also where the body, which is missing, would be refused.
            assert_eq!(answer.status, 401, "{endpoint:?}");
            let told = answer.json();
            let told = if endpoint.json_rpc {
                &told["error"]["message"]
            } else {
                &told["detail"]
            };
            assert_eq!(told, "Unauthorized", "{endpoint:?}");
            refused += 1;
        }
    }
    assert!(refused > 30, "{refused}");
    assert_eq!(server.request("HEAD", "/ok").await.status, 200);

    // Who may not come in does not learn what there is.
    for (method, path) in [
        ("GET", "/nope"),
        ("GET", "/threads/bad"),
        ("PUT", "/threads"),
        ("OPTIONS", "/threads"),
        ("HEAD", "/assistants/agent"),
    ] {
        let answer = server.request(method, path).await;
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    let alice = server.user("alice");
    alice.get("/nope").await.refused(404);
    alice.request("PUT", "/threads").await.refused(405);
    let none = alice.post("/threads/count", &json!({})).await.ok();
    assert_eq!(none, json!(0), "nothing was made");
    assert!(server.worker.requests("run").is_empty());
}

#[tokio::test]
async fn without_auth_everyone_comes_in_and_no_handler_is_asked() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server.user("somebody"), &id, echo("hi")).await;
    assert!(server.worker.requests("auth").is_empty());
    let run = &server.worker.requests("run")[0];
    assert_eq!(run["user"], Value::Null);
    let configurable = &run["config"]["configurable"];
    assert_eq!(configurable["langgraph_auth_user_id"], "");
    assert_eq!(configurable["langgraph_auth_permissions"], json!([]));
}

#[tokio::test]
async fn a_handler_is_told_everything_about_the_request_in_one_trip() {
    let server = guarded(FakeWorker::new()).await;
    let alice = server.user("alice");
    let id = thread(&alice).await;
    let before = server.worker.requests("auth").len();
    alice
        .patch(
            format!("/threads/{id}?a=b&a=c%20d"),
            &json!({"metadata": {"k": "v"}}),
        )
        .header("x-request-id", "mine")
        .header("cookie", "session=1")
        .await
        .ok();
    let asked = &server.worker.requests("auth")[before..];
    assert_eq!(asked.len(), 1);
    let asked = &asked[0];
    assert_eq!(
        (&asked["authenticate"], &asked["studio"], &asked["user"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    let request = &asked["request"];
    assert_eq!(request["method"], "PATCH");
    assert_eq!(request["path"], json!(format!("/threads/{id}")));
    assert_eq!(request["query"], "a=b&a=c%20d");
    assert_eq!(request["path_params"], json!({"thread_id": id}));
    assert_eq!(request["client"][0], "127.0.0.1");
    let headers = request["headers"].as_array().unwrap();
    for header in [
        json!(["authorization", "Bearer alice"]),
        json!(["cookie", "session=1"]),
        json!(["x-request-id", "mine"]),
    ] {
        assert!(headers.contains(&header), "{header} in {headers:?}");
    }
    assert_eq!(asked["body"], json!({"metadata": {"k": "v"}}));
    assert_eq!(
        asked["checks"],
        json!([{"resource": "threads", "action": "update", "value": {"thread_id": id, "metadata": {"k": "v"}}}])
    );

    // A request without an id of its own is told by the one it is answered with.
    let answer = alice.get(format!("/threads/{id}")).await;
    let asked = server.worker.requests("auth").pop().unwrap();
    let headers = asked["request"]["headers"].as_array().unwrap();
    let id = json!(["x-request-id", answer.header("x-request-id")]);
    assert!(headers.contains(&id), "{headers:?}");
    assert_eq!(asked["body"], Value::Null);
}

#[tokio::test]
async fn a_refusal_is_as_the_handler_put_it() {
    for status in [400, 401, 402, 403, 404, 409, 418, 429, 500, 503] {
        let mut error = http_exception(status, "because");
        let headers = [
            ("www-authenticate", "Bearer realm=\"lgx\""),
            ("x-hint", "try harder"),
        ];
        error.headers = Some(headers.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let server = ending(error).await;
        for (method, path) in [("GET", "/assistants/agent"), ("POST", "/runs/stream")] {
            let answer = server.request(method, path).from_page(STUDIO).await;
            assert_eq!(answer.refused(status), "because");
            for (name, value) in headers {
                assert_eq!(answer.header(name), Some(value), "{status}");
            }
        }
    }
}

#[tokio::test]
async fn a_handler_cannot_break_its_own_answer() {
    let mut error = http_exception(401, "because of something longer");
    let headers = [
        ("content-length", "5"),
        ("transfer-encoding", "gzip, chunked"),
        ("connection", "upgrade"),
        ("x-hint", "h"),
    ];
    error.headers = Some(headers.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let server = ending(error).await;
    let answer = server.get("/assistants/agent").await;
    assert_eq!(answer.refused(401), "because of something longer");
    assert_eq!(answer.header("x-hint"), Some("h"));
}

#[tokio::test]
async fn a_handler_that_crashes_is_a_500_that_a_browser_can_read() {
    let mut error = http_exception(500, "'tenant'");
    "KeyError".clone_into(&mut error.kind);
    error.status = None;
    error.diagnostic = Some(Box::new(diagnostic("KeyError", "'tenant'", "auth.py", 7)));
    let server = ending(error).await;
    let mut listener = server.listen();
    let answer = server.post("/threads", &json!({})).from_page(STUDIO).await;
    assert_eq!(answer.refused(500), "KeyError: 'tenant'");
    assert!(!answer.text().contains("Traceback"), "{}", answer.text());
    let (request, diagnostic) = listener
        .hear("the failure", |notice| match notice {
            Notice::RequestFailed {
                request,
                diagnostic,
            } => Some((request.clone(), diagnostic.clone())),
            _ => None,
        })
        .await;
    assert_eq!(request, "POST /threads");
    assert_eq!(
        (diagnostic.file.as_deref(), diagnostic.line),
        (Some("auth.py"), Some(7))
    );
    assert!(diagnostic.traceback.contains("Traceback"));
}

#[tokio::test]
async fn a_server_whose_auth_does_not_load_never_serves() {
    let worker = FakeWorker::new();
    worker.break_auth(diagnostic(
        "ImportError",
        "no module named jwt",
        "auth.py",
        1,
    ));
    let server = TestServer::over(project())
        .worker(worker)
        .listen_only()
        .await;
    let fatal = server.running().ready().await.unwrap_err();
    assert!(
        matches!(&*fatal, Fatal::Auth(diagnostic) if diagnostic.line == Some(1)),
        "{fatal}"
    );
    assert!(fatal.to_string().contains("no module named jwt"), "{fatal}");
    for (method, path) in [
        ("POST", "/threads"),
        ("GET", "/assistants/agent"),
        ("POST", "/runs/wait"),
    ] {
        server.request(method, path).body("{}").await.refused(503);
    }
    server.get("/ok?ready=1").await.refused(503);
}

/// A request whose auth handlers are asked by as many workers, each of which dies of it, and by one that does not if there is one.
async fn asked_while_workers_die(deaths: usize) -> Response {
    let server = guarded(FakeWorker::new()).await;
    let deciding = server.worker.deciding();
    deciding.close();
    let asking = tokio::spawn({
        let alice = server.user("alice");
        async move { alice.post("/threads/count", &json!({})).await }
    });
    for death in 1..=deaths {
        within("the question", deciding.arrived(death)).await;
        server.worker.crash();
    }
    deciding.open();
    within("the answer", asking).await.unwrap()
}

#[tokio::test]
async fn who_is_being_decided_on_when_workers_die_is_decided_on_by_the_next_one() {
    assert_eq!(asked_while_workers_die(2).await.ok(), json!(0));
}

#[tokio::test]
async fn what_may_be_the_reason_why_workers_die_is_asked_of_three_of_them_only() {
    asked_while_workers_die(3).await.refused(503);
}
