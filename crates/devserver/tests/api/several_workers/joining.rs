//! Workers that join others later: they run the same code, whatever has become of it meanwhile.

use std::collections::BTreeSet;

use lgx_devserver::{Notice, ReloadFailure};
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::within;

use super::{all_end, all_serve, died, heard, reloaded, slow_runs, two_workers, went_to};
use crate::bodies::{echo, multi};

#[tokio::test]
async fn a_worker_that_joins_with_other_code_has_all_replaced_so_that_they_run_the_same() {
    // Nobody watches.
    let server = two_workers().jobs(1).start().await;
    let mut listener = server.listen();
    let runs = slow_runs(&server, 1).await;
    let busy = went_to(&server)[0];
    server.project.write("graphs.py", "# edited\n");
    server.worker.crash_one(3 - busy);
    died(&mut listener).await;
    let changed = heard(&mut listener, "the change", |notice| match notice {
        Notice::OtherCode { changed } => Some(changed.clone()),
        _ => None,
    })
    .await;
    assert_eq!(changed, [server.project.path().join("graphs.py")]);
    reloaded(&mut listener).await;
    // The one that was to join, and two of the new code.
    assert_eq!(server.worker.starts(), 5);
    let before = went_to(&server).len();
    server.worker.slow().open();
    all_end(&server, &runs).await;
    within("the old ones' ends", server.worker.ended(3)).await;
    all_serve(&server).await;
    let new: BTreeSet<_> = went_to(&server).into_iter().skip(before).collect();
    assert_eq!(new, BTreeSet::from([4, 5]));
    // That is the code now.
    server.worker.crash_one(4);
    died(&mut listener).await;
    all_serve(&server).await;
    assert_eq!(server.worker.starts(), 6);
    let rest = listener.rest();
    let other = |notice: &Notice| matches!(notice, Notice::OtherCode { .. });
    assert!(!rest.iter().any(other), "{rest:?}");
}

#[tokio::test]
async fn other_code_that_does_not_load_is_told_and_those_that_are_left_serve() {
    let server = two_workers().jobs(1).start().await;
    let mut listener = server.listen();
    let broken = diagnostic("SyntaxError", "invalid syntax", "graphs.py", 5);
    server.worker.break_graph("agent", broken);
    server.project.write("graphs.py", "def (\n");
    server.worker.loading().close();
    server.worker.loading().let_one_pass();
    server.worker.crash_one(1);
    let failure = heard(&mut listener, "the failure", |notice| match notice {
        Notice::ReinforcementFailed(failure) => Some(failure.clone()),
        _ => None,
    })
    .await;
    let ReloadFailure::Code(told) = failure else {
        panic!("{failure:?}");
    };
    assert_eq!(told.line, Some(5));
    server.post("/runs/wait", &echo("hi")).await.ok();
    assert_eq!(went_to(&server), [2]);
    // It is tried again. Mended, it is other code, which all get.
    within("the next try", server.worker.loading().arrived(4)).await;
    server.worker.repair_graph("agent");
    server.worker.loading().open();
    reloaded(&mut listener).await;
    all_serve(&server).await;
    assert!(went_to(&server)[1..].iter().all(|number| *number > 2));
}

#[tokio::test]
async fn code_that_breaks_when_none_is_left_serves_with_what_loads_of_it() {
    let server = two_workers().jobs(1).start().await;
    let mut listener = server.listen();
    all_serve(&server).await;
    server.worker.crash();
    died(&mut listener).await;
    died(&mut listener).await;
    all_serve(&server).await;
    let broken = diagnostic("SyntaxError", "invalid syntax", "graphs.py", 5);
    server.worker.break_graph("agent", broken);
    server.worker.loading().close();
    server.worker.crash();
    died(&mut listener).await;
    died(&mut listener).await;
    // The worker that was to join them lacks a graph that they had. That is the third in a row that nothing came of.
    server.worker.loading().open();
    heard(&mut listener, "the graph", |notice| match notice {
        Notice::GraphFailed { graph_id, .. } => (graph_id == "agent").then_some(()),
        _ => None,
    })
    .await;
    server.post("/runs/wait", &multi("in")).await.ok();
}
