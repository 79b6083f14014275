//! The auth gate: who comes in, what handlers are told, how refusals look, what filters hide, and where the user object stays.

use lgx_devserver::{Fatal, Notice};
use lgx_testkit::fake_worker::{diagnostic, http_exception};
use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::bodies::echo;
use crate::steps::{self, create, get, text, thread, wait};

const STUDIO: &str = "https://smith.langchain.com";

fn project() -> TestProject {
    TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}))
}

async fn guarded(worker: FakeWorker) -> TestServer {
    TestServer::over(project()).worker(worker).start().await
}

/// A server whose authenticate handler ends like this, always.
async fn ending(error: lgx_worker::RemoteError) -> TestServer {
    let worker = FakeWorker::builder().auth(move |_| Err(error.clone()));
    guarded(worker.build()).await
}

#[tokio::test]
async fn without_a_token_only_the_public_routes_answer() {
    let server = guarded(FakeWorker::new()).await;
    let description = server.get("/openapi.json").await.ok();
    let public = ["/", "/ok", "/info", "/metrics", "/docs", "/openapi.json"];
    let mut refused = 0;
    for endpoint in steps::endpoints(&description) {
        let answer = server.request(&endpoint.method, &*endpoint.path).await;
        if public.contains(&&*endpoint.path) {
            assert_eq!(answer.status, 200, "{endpoint:?}");
        } else {
            // Also where the body, which is missing, would be refused.
            assert_eq!(answer.refused(401), "Unauthorized", "{endpoint:?}");
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
async fn studio_on_this_machine_comes_in_by_its_header() {
    let server = guarded(FakeWorker::new()).await;
    let studio = (*server).clone().with("x-auth-scheme", "langsmith");
    let id = thread(&studio).await;
    let asked = server.worker.requests("auth").pop().unwrap();
    assert_eq!(
        (&asked["authenticate"], &asked["studio"]),
        (&json!(false), &json!(true)),
        "the authenticate handler is not asked, the others are"
    );
    assert_eq!(asked["checks"][0]["action"], "create");
    wait(&studio, &id, echo("hi")).await;
    let run = server.worker.requests("run").pop().unwrap();
    assert_eq!(run["user"]["identity"], "langgraph-studio-user");

    for scheme in ["LangSmith", "langsmith-api-key", "bearer", ""] {
        let other = (*server).clone().with("x-auth-scheme", scheme);
        other.get(format!("/threads/{id}")).await.refused(401);
    }
    let key = (*server).clone().with("x-api-key", "lsv2_key");
    key.get(format!("/threads/{id}")).await.refused(401);
}

#[tokio::test]
async fn studio_needs_a_token_too_when_the_project_says_so() {
    let auth = json!({"auth": {"path": "./auth.py:auth", "disable_studio_auth": true}});
    let server = TestServer::over(TestProject::with(auth)).start().await;
    let studio = (*server).clone().with("x-auth-scheme", "langsmith");
    studio.post("/threads", &json!({})).await.refused(401);
    let asked = server.worker.requests("auth").pop().unwrap();
    assert_eq!(
        (&asked["authenticate"], &asked["studio"]),
        (&json!(true), &json!(false))
    );
    thread(&studio.with("authorization", "Bearer alice")).await;
}

#[tokio::test]
async fn what_belongs_to_others_does_not_exist() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread(&alice).await;
    let run = create(&alice, &id, echo("hi")).await;
    steps::join(&alice, &id, &run).await;
    let before = get(&alice, &id).await;
    assert_eq!(before["metadata"]["owner"], "alice");

    let thread = format!("/threads/{id}");
    let one = format!("{thread}/runs/{run}");
    let state = json!({"values": {"messages": []}});
    for (method, path, body) in [
        ("GET", thread.clone(), json!(null)),
        ("PATCH", thread.clone(), json!({"metadata": {"x": 1}})),
        ("DELETE", thread.clone(), json!(null)),
        ("GET", format!("{thread}/state"), json!(null)),
        ("POST", format!("{thread}/state"), state),
        (
            "POST",
            format!("{thread}/state/checkpoint"),
            json!({"checkpoint": {}}),
        ),
        ("GET", format!("{thread}/history"), json!(null)),
        ("POST", format!("{thread}/history"), json!({})),
        ("POST", format!("{thread}/copy"), json!({})),
        ("GET", format!("{thread}/storage"), json!(null)),
        ("GET", format!("{thread}/runs"), json!(null)),
        ("POST", format!("{thread}/runs"), echo("mine now")),
        ("POST", format!("{thread}/runs/wait"), echo("mine now")),
        ("POST", format!("{thread}/runs/stream"), echo("mine now")),
        ("GET", one.clone(), json!(null)),
        ("POST", format!("{one}/cancel"), json!(null)),
        ("DELETE", one.clone(), json!(null)),
    ] {
        let answer = bob.request(method, &*path).body(body.to_string()).await;
        let theirs = answer.refused(404);
        // What is there for somebody else and what is not there at all look the same.
        let nobody = path.replace(&id, steps::NOBODY);
        let answer = bob.request(method, &*nobody).body(body.to_string()).await;
        assert_eq!(
            theirs.replace(&id, steps::NOBODY),
            answer.refused(404),
            "{method} {path}"
        );
    }
    let stream = bob.get(format!("{one}/stream")).events().await;
    let events = stream.rest().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name, "error");
    let joined = bob.get(format!("{one}/join")).await.ok();
    assert_eq!(joined["__error__"]["message"], "404: Run not found");

    // An id that is taken cannot be told from a conflict, but gives nothing away.
    let taken = json!({"thread_id": id, "if_exists": "do_nothing"});
    bob.post("/threads", &taken).await.refused(409);
    // Nor is it made anew for a run.
    let mut body = echo("mine now");
    body["if_not_exists"] = json!("create");
    bob.post(format!("{thread}/runs"), &body).await.refused(404);

    assert_eq!(get(&alice, &id).await, before, "nothing has changed");
    alice.get(&one).await.ok();
}

#[tokio::test]
async fn searches_and_counts_show_only_ones_own() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let mine = steps::thread_with(&alice, json!({"topic": "secret"})).await;
    thread(&bob).await;
    thread(&bob).await;
    let ids = async |client: &Client, body: Value| -> Vec<String> {
        let found = client.post("/threads/search", &body).await.ok();
        let found = found.as_array().unwrap().iter();
        found.map(|thread| text(thread, "thread_id")).collect()
    };
    assert_eq!(ids(&alice, json!({})).await, [&*mine]);
    assert_eq!(ids(&bob, json!({})).await.len(), 2);
    assert_eq!(ids(&bob, json!({"ids": [mine]})).await, [""; 0]);
    let theirs = json!({"metadata": {"topic": "secret"}});
    assert_eq!(ids(&bob, theirs.clone()).await, [""; 0]);
    assert_eq!(ids(&server.user("eve"), json!({})).await, [""; 0]);
    for (client, body, count) in [
        (&alice, json!({}), 1),
        (&bob, json!({}), 2),
        (&bob, theirs, 0),
    ] {
        let counted = client.post("/threads/count", &body).await.ok();
        assert_eq!(counted, json!(count));
    }

    // The graphs' own assistants are for all; what somebody made is theirs.
    let made = json!({"graph_id": "agent", "name": "private"});
    alice.post("/assistants", &made).await.ok();
    let named = json!({"name": "private"});
    for (client, count) in [(&alice, 1), (&bob, 0)] {
        let counted = client.post("/assistants/count", &named).await.ok();
        assert_eq!(counted, json!(count));
        let found = client.post("/assistants/search", &named).await.ok();
        assert_eq!(found.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn cancelling_everything_cancels_only_ones_own() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    server.worker.slow().close();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let body = json!({"assistant_id": "multi", "input": {"log": []}});
    let mine = thread(&alice).await;
    let run = create(&alice, &mine, body.clone()).await;
    server.worker.slow().arrived(1).await;
    let cancel = json!({"status": "all"});
    bob.post("/runs/cancel", &cancel).await.refused(404);
    let by_id = json!({"thread_id": mine, "run_ids": [run]});
    bob.post("/runs/cancel", &by_id).await.refused(404);
    assert_eq!(steps::status(&alice, &mine, &run).await, "running");
    alice.post("/runs/cancel", &cancel).await.empty(204);
    steps::join(&alice, &mine, &run).await;
    assert_eq!(steps::status(&alice, &mine, &run).await, "interrupted");
}

#[tokio::test]
async fn an_on_handler_may_refuse_and_may_change_what_is_made() {
    let worker = FakeWorker::builder().auth(|request| {
        let check = &request["checks"][0];
        if check["action"] == "delete" {
            return Err(http_exception(403, "Forbidden"));
        }
        let mut value = check["value"].clone();
        value["metadata"]["added"] = json!("by the handler");
        let user = json!({"identity": "u", "permissions": []});
        Ok(json!({"user": user, "checks": [{"filter": null, "value": value}]}))
    });
    let server = guarded(worker.build()).await;
    let id = steps::thread_with(&server, json!({"own": 1})).await;
    let metadata = json!({"own": 1, "added": "by the handler"});
    assert_eq!(get(&server, &id).await["metadata"], metadata);
    let delete = server.delete(format!("/threads/{id}")).await;
    assert_eq!(delete.refused(403), "Forbidden");
    get(&server, &id).await;

    let run = server
        .post(format!("/threads/{id}/runs"), &echo("hi"))
        .await
        .ok();
    assert_eq!(run["metadata"]["added"], "by the handler");
}

#[tokio::test]
async fn a_filter_with_a_mistake_opens_nothing() {
    for (filter, named) in [
        (json!({"owner": {"$is": "a"}}), "$is"),
        (json!({"$not": {"owner": "a"}}), "$not"),
        (json!({"owner": {}}), "owner"),
        (json!({"$or": [{"owner": "a"}]}), "$or"),
    ] {
        let answer = filter.clone();
        let worker = FakeWorker::builder().auth(move |request| {
            let check = &request["checks"][0];
            let user = json!({"identity": "u", "permissions": []});
            Ok(json!({"user": user, "checks": [{"filter": answer, "value": check["value"]}]}))
        });
        let server = guarded(worker.build()).await;
        let mut listener = server.listen();
        for path in ["/threads/search", "/threads", "/assistants/search"] {
            let refusal = server.post(path, &json!({})).await.refused(500);
            assert!(refusal.contains(named), "{filter}: {refusal}");
            let said = listener
                .hear("the refusal", |notice| match notice {
                    Notice::Request { detail, .. } => Some(detail.clone()),
                    _ => None,
                })
                .await;
            let said = said.unwrap_or_default();
            assert!(said.contains("auth handler"), "{filter}: {said:?}");
        }
    }
}

#[tokio::test]
async fn filters_know_operators() {
    let worker = FakeWorker::builder().auth(|request| {
        let check = &request["checks"][0];
        let user = json!({"identity": "u", "permissions": []});
        let filter = match check["action"].as_str() {
            Some("create") => Value::Null,
            _ => json!({"$or": [{"owner": {"$eq": "a"}}, {"team": {"$contains": ["x", "y"]}}]}),
        };
        Ok(json!({"user": user, "checks": [{"filter": filter, "value": check["value"]}]}))
    });
    let server = guarded(worker.build()).await;
    for (metadata, status) in [
        (json!({"owner": "a"}), 200),
        (json!({"owner": "b"}), 404),
        (json!({"team": ["y", "x", "z"]}), 200),
        (json!({"team": ["x"]}), 404),
        (json!({}), 404),
    ] {
        let id = steps::thread_with(&server, metadata.clone()).await;
        let answer = server.get(format!("/threads/{id}")).await;
        assert_eq!(answer.status, status, "{metadata}");
    }
}

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
    for file in std::fs::read_dir(project.state()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let content = std::fs::read(&path).unwrap();
            bytes += content.len();
            let found = content
                .windows(SECRET.len())
                .any(|bytes| bytes == SECRET.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    assert!(bytes > 0, "there is a state to look at");
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
