//! Code and configuration that do not load: the old code serves on.

use lgx_devserver::{Notice, ReloadFailure};
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use lgx_worker::StartError;
use serde_json::json;

use super::{EDITED, failed, generations, have_left, reloaded, reloading, serves};
use crate::steps::thread;

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
    // The workers of the broken code are gone, the old ones are not.
    have_left(&server, 1).await;
    serves(&server).await;

    server.worker.repair_graph("agent");
    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    serves(&server).await;
    have_left(&server, 2).await;
    assert_eq!(generations(&server), 3);
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
