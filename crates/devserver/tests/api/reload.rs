//! Generations of the project's code: loading, taking over, failing to, and leaving when their last run has ended.

use lgx_devserver::{Notice, ReloadFailure};
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::server::Listener;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use lgx_worker::StartError;
use serde_json::json;

use crate::bodies::{echo, multi};
use crate::steps::{self, create, join, thread};

const EDITED: &str = "# edited\n";

async fn reloading() -> TestServer {
    TestServer::over(TestProject::new())
        .reloading()
        .start()
        .await
}

async fn reloaded(listener: &mut Listener) {
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
}

async fn failed(listener: &mut Listener) -> ReloadFailure {
    listener
        .hear("the failure", |notice| match notice {
            Notice::ReloadFailed(failure) => Some(failure.clone()),
            _ => None,
        })
        .await
}

/// The server answers, with the code it has.
async fn serves(server: &TestServer) {
    server.post("/runs/wait", &echo("hi")).await.ok();
    server.get("/ok?ready=1").await.ok();
}

#[tokio::test]
async fn a_request_that_needs_a_graph_waits_while_it_is_loaded() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .listen_only()
        .await;
    server.worker.loading().arrived(1).await;
    let run = tokio::spawn(server.post("/runs/wait", &echo("hi")).into_future());
    let agent = "/assistants/fe096781-5601-53d2-b2f6-0d3403f7e9ca";
    let schemas = tokio::spawn(server.get(format!("{agent}/schemas")).into_future());
    // What needs no graph does not wait.
    let id = thread(&server).await;
    steps::get(&server, &id).await;
    server.get("/ok?ready=1").await.refused(503);
    assert!(!run.is_finished() && !schemas.is_finished());

    server.worker.loading().open();
    let answer = within("the run", run).await.unwrap().ok();
    assert_eq!(answer["messages"][1]["content"], "echo: hi");
    let schemas = within("the schemas", schemas).await.unwrap().ok();
    assert_eq!(schemas["graph_id"], "agent");
}

#[tokio::test]
async fn after_an_edit_the_new_generation_serves_and_the_old_one_leaves() {
    let server = reloading().await;
    let mut listener = server.listen();
    server.project.write("graphs.py", EDITED);
    let changed = listener
        .hear("the change", |notice| match notice {
            Notice::Reloading { changed } => Some(changed.clone()),
            _ => None,
        })
        .await;
    assert_eq!(changed, [server.project.path().join("graphs.py")]);
    reloaded(&mut listener).await;
    assert_eq!(server.worker.starts(), 2);
    within("the old worker's end", server.worker.ended(1)).await;
    serves(&server).await;
}

#[tokio::test]
async fn a_save_that_changes_nothing_reloads_nothing() {
    let server = reloading().await;
    server.project.write("graphs.py", EDITED);
    let mut listener = server.listen_from_start();
    reloaded(&mut listener).await;
    // The same again, and then something else: one change, and it is the second.
    server.project.write("graphs.py", EDITED);
    server.project.write("other.py", "# new\n");
    let changed = listener
        .hear("the change", |notice| match notice {
            Notice::Reloading { changed } => Some(changed.clone()),
            _ => None,
        })
        .await;
    assert_eq!(changed, [server.project.path().join("other.py")]);
    reloaded(&mut listener).await;
    assert_eq!(server.worker.starts(), 3);
}

#[tokio::test]
async fn a_run_ends_on_the_generation_it_began_with() {
    let server = reloading().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let stream = server
        .post(format!("/threads/{id}/runs/stream"), &multi("in"))
        .events()
        .await;
    server.worker.slow().arrived(1).await;
    let mut listener = server.listen();
    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    // New runs are for the new one; the old one stays for its run.
    serves(&server).await;
    assert_eq!((server.worker.starts(), server.worker.ends()), (2, 0));

    server.worker.slow().open();
    let last = stream.rest().await.pop().unwrap();
    assert_eq!(last.name, "values");
    assert_eq!(last.data, json!({"log": ["in", "a", "slow", "b"]}));
    within("the old worker's end", server.worker.ended(1)).await;
    serves(&server).await;
}

#[tokio::test]
async fn a_run_that_waits_for_its_thread_runs_the_new_code() {
    let server = reloading().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    create(&server, &id, multi("in")).await;
    let second = create(&server, &id, echo("second")).await;
    server.worker.slow().arrived(1).await;
    let mut listener = server.listen();
    // The graph is gone in the new code.
    server
        .project
        .configure(json!({"graphs": {"multi": "./graphs.py:multi"}}));
    reloaded(&mut listener).await;
    server.worker.slow().open();
    let ended = join(&server, &id, &second).await;
    assert_eq!(ended["__error__"]["error"], "GraphNotFound", "{ended}");
}

#[tokio::test]
async fn code_that_does_not_load_leaves_the_old_one_serving() {
    let server = reloading().await;
    let mut listener = server.listen();
    let broken = diagnostic("SyntaxError", "invalid syntax", "graphs.py", 3);
    server.worker.break_graph("agent", broken.clone());
    server.project.write("graphs.py", "def (\n");
    match failed(&mut listener).await {
        ReloadFailure::Code(told) => assert_eq!(told, broken),
        other => panic!("{other:?}"),
    }
    // The worker of the broken code is gone, the old one is not.
    within("the new worker's end", server.worker.ended(1)).await;
    serves(&server).await;

    server.worker.repair_graph("agent");
    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    serves(&server).await;
    within("the old worker's end", server.worker.ended(2)).await;
    assert_eq!(server.worker.starts(), 3);
}

#[tokio::test]
async fn whatever_else_is_broken_the_old_code_serves_on() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).reloading().start().await;
    let mut listener = server.listen();
    let alice = server.user("alice");
    let serves = async || {
        thread(&alice).await;
        server.post("/threads", &json!({})).await.refused(401);
    };

    server
        .project
        .write("langgraph.json", "{\n  \"graphs\": {,}\n}");
    match failed(&mut listener).await {
        ReloadFailure::Config(problems) => {
            let problem = problems[0].to_string();
            assert!(problem.contains("langgraph.json:2:14"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    serves().await;

    // Auth that is gone from the file is gone; auth that does not load never is.
    server
        .worker
        .break_auth(diagnostic("ImportError", "no jwt", "auth.py", 1));
    server
        .project
        .configure(json!({"auth": {"path": "./auth.py:auth"}}));
    match failed(&mut listener).await {
        ReloadFailure::Code(told) => assert_eq!(told.message, "no jwt"),
        other => panic!("{other:?}"),
    }
    serves().await;
    server.worker.repair_auth();

    server
        .worker
        .fail_next_start(StartError::Protocol("hello was not said".into()));
    server.project.write("graphs.py", EDITED);
    match failed(&mut listener).await {
        ReloadFailure::Worker(told) => assert!(told.contains("hello was not said"), "{told}"),
        other => panic!("{other:?}"),
    }
    serves().await;
}

#[tokio::test]
async fn auth_that_is_added_holds_from_its_first_request_on() {
    let server = reloading().await;
    let id = thread(&server).await;
    let mut listener = server.listen();
    server
        .project
        .configure(json!({"auth": {"path": "./auth.py:auth"}}));
    reloaded(&mut listener).await;
    server.get(format!("/threads/{id}")).await.refused(401);
    steps::get(&server.user("alice"), &id).await;
}

#[tokio::test]
async fn a_graph_that_never_loaded_stands_in_nobodys_way() {
    let worker = FakeWorker::new();
    worker.break_graph(
        "boom",
        diagnostic("NameError", "name 'x' is not defined", "graphs.py", 9),
    );
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .reloading()
        .start()
        .await;
    let mut listener = server.listen_from_start();
    let failed = listener
        .hear("the graph", |notice| match notice {
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => Some((graph_id.clone(), diagnostic.line)),
            _ => None,
        })
        .await;
    assert_eq!(failed, ("boom".to_owned(), Some(9)));
    serves(&server).await;
    let body = json!({"assistant_id": "boom", "input": {"log": []}});
    let result = server.post("/runs/wait", &body).await.ok();
    assert!(result["__error__"].is_object(), "{result}");
    let told = server.post("/runs/stream", &body).events().await.rest();
    let told: Vec<String> = told.await.into_iter().map(|event| event.name).collect();
    assert_eq!(told, ["error"], "a run that gets no graph does not begin");

    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    serves(&server).await;
}

#[tokio::test]
async fn a_save_ends_an_import_that_never_does() {
    let server = reloading().await;
    let mut listener = server.listen();
    server.worker.loading().close();
    server.project.write("graphs.py", "while True: pass\n");
    within("the import", server.worker.loading().arrived(2)).await;
    // The old code serves meanwhile.
    serves(&server).await;
    server.project.write("graphs.py", EDITED);
    within("the next import", server.worker.loading().arrived(3)).await;
    within("the end of the first", server.worker.ended(1)).await;
    server.worker.loading().open();
    reloaded(&mut listener).await;
    serves(&server).await;
    assert_eq!(server.worker.starts(), 3);
}

#[tokio::test]
async fn a_save_ends_an_import_that_never_does_at_the_first_start_too() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .reloading()
        .listen_only()
        .await;
    within("the import", server.worker.loading().arrived(1)).await;
    server.project.write("graphs.py", EDITED);
    within("the next import", server.worker.loading().arrived(2)).await;
    within("the end of the first", server.worker.ended(1)).await;
    server.worker.loading().open();
    server.ready().await;
    serves(&server).await;
}

#[tokio::test]
async fn a_server_stops_while_an_import_goes_on() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker.clone())
        .listen_only()
        .await;
    within("the import", worker.loading().arrived(1)).await;
    server.stop().await;
    within("the worker's end", worker.ended(1)).await;
}

#[tokio::test]
async fn while_code_does_not_load_any_save_tries_again() {
    let worker = FakeWorker::new();
    let missing = diagnostic(
        "ModuleNotFoundError",
        "No module named 'humanize'",
        "graphs.py",
        1,
    );
    worker.break_graph("agent", missing.clone());
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .reloading()
        .start()
        .await;
    let mut listener = server.listen();
    // At a cold start: what is missing has been installed, the file is what it was.
    server.worker.repair_graph("agent");
    server
        .project
        .write("graphs.py", "# The fake worker knows what is in here.\n");
    reloaded(&mut listener).await;
    serves(&server).await;

    // And after a reload that did not take.
    server.worker.break_graph("agent", missing);
    server.project.write("graphs.py", EDITED);
    failed(&mut listener).await;
    server.worker.repair_graph("agent");
    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    serves(&server).await;
}

#[tokio::test]
async fn code_that_listens_on_a_port_is_loaded_once_the_old_code_has_left_it() {
    let server = reloading().await;
    let mut listener = server.listen();
    let in_use = "Can't listen for client connections: [Errno 98] Address already in use";
    let broken = diagnostic("RuntimeError", in_use, "graphs.py", 5);
    server.worker.break_graph("agent", broken);
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    server.worker.slow().arrived(1).await;
    server.worker.loading().close();
    server.project.write("graphs.py", EDITED);
    within("the new code", server.worker.loading().arrived(2)).await;
    server.worker.loading().let_one_pass();
    let waits_for = listener
        .hear("that the old code leaves", |notice| match notice {
            Notice::MakesRoom { runs } => Some(runs.clone()),
            _ => None,
        })
        .await;
    assert_eq!(waits_for[0].run_id.to_string(), run);
    // What comes meanwhile waits; what runs goes to its end.
    let waiting = tokio::spawn(server.post("/runs/wait", &echo("hi")).into_future());
    server.worker.repair_graph("agent");
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &run).await["log"],
        json!(["in", "a", "slow", "b"])
    );
    within("the new code again", server.worker.loading().arrived(3)).await;
    assert_eq!(server.worker.ends(), 2);
    server.worker.loading().open();
    reloaded(&mut listener).await;
    within("the run", waiting).await.unwrap().ok();
}

#[tokio::test]
async fn a_port_that_another_program_holds_is_the_failure_of_its_graph_in_the_end() {
    let server = reloading().await;
    let mut listener = server.listen();
    let in_use = diagnostic(
        "OSError",
        "[Errno 98] Address already in use",
        "graphs.py",
        5,
    );
    server.worker.break_graph("agent", in_use);
    server.project.write("graphs.py", EDITED);
    let failed = listener
        .hear("the graph", |notice| match notice {
            Notice::GraphFailed { graph_id, .. } => Some(graph_id.clone()),
            _ => None,
        })
        .await;
    assert_eq!(failed, "agent");
    // The others serve.
    server.post("/runs/wait", &multi("in")).await.ok();
}

#[tokio::test]
async fn a_configuration_that_nests_without_end_is_refused_and_the_old_one_serves() {
    let server = reloading().await;
    let mut listener = server.listen();

    server.project.write("langgraph.json", &"[".repeat(200_000));

    let ReloadFailure::Config(problems) = failed(&mut listener).await else {
        panic!("the configuration is to blame");
    };
    assert!(
        problems[0].message.contains("more than 100 deep"),
        "{problems:?}"
    );
    assert_eq!(problems[0].column, Some(101));
    serves(&server).await;
}

#[tokio::test]
async fn a_named_pipe_among_the_sources_holds_nothing_up() {
    let project = TestProject::new();
    let made = std::process::Command::new("mkfifo")
        .arg(project.path().join("pipe.py"))
        .status();
    assert!(made.unwrap().success());
    let server = TestServer::over(project).reloading().start().await;
    let mut listener = server.listen();

    server.project.write("graphs.py", EDITED);

    reloaded(&mut listener).await;
    serves(&server).await;
}
