//! Code that listens on a port when it is imported.

use lgx_devserver::Notice;
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::within;
use serde_json::json;

use super::{EDITED, loads, reloaded, reloading};
use crate::bodies::{echo, multi};
use crate::steps::{create, join, thread};

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
    loads(&server, 2).await;
    for _ in 0..server.workers() {
        server.worker.loading().let_one_pass();
    }
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
    loads(&server, 3).await;
    assert_eq!(server.worker.ends(), 2 * server.workers());
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
