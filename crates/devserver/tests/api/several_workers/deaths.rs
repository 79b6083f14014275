//! Workers that end: what was on them goes on in the others.

use lgx_testkit::within;
use serde_json::json;

use super::{all_end, all_serve, died, reloaded, slow_runs, two_workers, went_to};
use crate::bodies::{echo, multi};
use crate::steps::{create, join, thread};

#[tokio::test]
async fn a_worker_that_dies_leaves_the_others_alone_and_its_runs_go_on_there_at_once() {
    let server = two_workers().jobs(4).start().await;
    let mut listener = server.listen();
    let runs = slow_runs(&server, 4).await;
    let first = went_to(&server)[0];
    let second = 3 - first;
    assert_eq!(went_to(&server), [first, second, first, second]);
    // No other worker comes up before this is opened.
    server.worker.loading().close();
    server.worker.crash_one(first);
    assert_eq!(
        died(&mut listener).await,
        [runs[0].1.clone(), runs[2].1.clone()]
    );
    within("both on the other one", server.worker.slow().arrived(6)).await;
    assert_eq!(went_to(&server)[4..], [second, second]);
    // All of its places are taken, and there is one worker more to come.
    within("another worker", server.worker.loading().arrived(3)).await;
    let id = thread(&server).await;
    let fifth = create(&server, &id, multi("in")).await;
    server.worker.loading().open();
    within("the fifth run", server.worker.slow().arrived(7)).await;
    assert_eq!(went_to(&server)[6..], [3]);
    server.worker.slow().open();
    all_end(&server, &runs).await;
    all_end(&server, &[(id, fifth)]).await;
    assert_eq!((server.worker.starts(), server.worker.ends()), (3, 1));
}

#[tokio::test]
async fn a_run_that_ends_its_workers_ends_without_the_runs_of_the_others() {
    let server = two_workers().start().await;
    let mut listener = server.listen();
    let bystander = slow_runs(&server, 1).await;
    let place = went_to(&server)[0];
    // It goes to the other one, which it was alone on, so that the next one is its own.
    let die = json!({"assistant_id": "die", "input": {"log": []}});
    let result = server.post("/runs/wait", &die).await.ok();
    assert_eq!(result["__error__"]["error"], "WorkerDied", "{result}");
    died(&mut listener).await;
    server.worker.slow().open();
    all_end(&server, &bystander).await;
    let bystanders = went_to(&server)
        .into_iter()
        .filter(|number| *number == place);
    assert_eq!(bystanders.count(), 1);
}

#[tokio::test]
async fn a_run_that_ends_one_worker_after_the_other_ends_alone_and_all_others_come_to_their_ends() {
    let server = two_workers().start().await;
    let bystanders = slow_runs(&server, 4).await;
    server.worker.dying().close();
    let id = thread(&server).await;
    let die = json!({"assistant_id": "die", "input": {"log": []}});
    let culprit = create(&server, &id, die).await;
    server.worker.dying().arrived(1).await;
    // No other worker comes up before this is opened: with the two that were beside it, it goes to the worker of the two others.
    server.worker.loading().close();
    server.worker.dying().let_one_pass();
    within("the two again", server.worker.slow().arrived(6)).await;
    server.worker.dying().arrived(2).await;
    server.worker.dying().let_one_pass();
    within("another worker", server.worker.loading().arrived(3)).await;
    server.worker.loading().open();
    within("all four again", server.worker.slow().arrived(10)).await;
    server.worker.dying().open();
    server.worker.slow().open();
    let told = join(&server, &id, &culprit).await;
    assert_eq!(told["__error__"]["error"], "WorkerDied", "{told}");
    all_end(&server, &bystanders).await;
}

#[tokio::test]
async fn workers_that_all_die_at_once_are_replaced_and_it_counts_once() {
    let server = two_workers().jobs(1).reloading().start().await;
    let mut listener = server.listen();
    for _ in 0..3 {
        all_serve(&server).await;
        server.worker.crash();
        died(&mut listener).await;
        died(&mut listener).await;
    }
    let fatal = within("the end", server.running().failed()).await;
    assert!(fatal.to_string().contains("keeps ending"), "{fatal}");
    server.project.write("graphs.py", "# edited\n");
    reloaded(&mut listener).await;
    server.post("/runs/wait", &echo("hi")).await.ok();
}

#[tokio::test]
async fn a_run_that_does_not_stop_ends_its_worker_and_not_the_others() {
    let server = two_workers().start().await;
    let mut listener = server.listen();
    let beside = slow_runs(&server, 1).await;
    let id = thread(&server).await;
    let stuck = json!({"assistant_id": "stuck", "input": {"log": []}});
    let run = create(&server, &id, stuck).await;
    within("the stuck run", server.worker.stuck().arrived(1)).await;
    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    server.post(cancel, &json!({})).await.ok();
    assert_eq!(died(&mut listener).await, [run]);
    server.worker.slow().open();
    all_end(&server, &beside).await;
    assert_eq!(went_to(&server).len(), 2, "a run executed twice");
}
