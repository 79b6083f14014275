//! New code takes over, and what is under way stays with the old.

use lgx_devserver::Notice;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::json;

use super::{EDITED, generations, have_left, reloaded, reloading, serves};
use crate::bodies::{echo, multi};
use crate::steps::{self, create, join, thread};

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
    assert_eq!(generations(&server), 2);
    have_left(&server, 1).await;
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
    assert_eq!(generations(&server), 3);
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
    // New runs are for the new one; of the old one the worker stays that has the run.
    serves(&server).await;
    let others = server.workers() - 1;
    within("the others' ends", server.worker.ended(others)).await;
    assert_eq!((generations(&server), server.worker.ends()), (2, others));

    server.worker.slow().open();
    let last = stream.rest().await.pop().unwrap();
    assert_eq!(last.name, "values");
    assert_eq!(last.data, json!({"log": ["in", "a", "slow", "b"]}));
    have_left(&server, 1).await;
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
