//! Many clients at once: each gets all of it, one that stops reading costs nobody else anything, and nothing is left of them.

use futures_util::future::join_all;
use lgx_devserver::Notice;
use lgx_testkit::server::Listener;
use lgx_testkit::{Client, TestProject, TestServer, within};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::bodies::{multi, multi_with};
use crate::steps::{create, join, thread};

/// How many streams of each kind are open.
const STREAMS: usize = 200;
/// How many runs execute at once.
const RUNS: usize = 50;

/// Waits until there are not more tasks than before. Nobody is told when a task has gone; the runtime is asked again and again.
async fn only(tasks: usize) {
    within("the tasks to end", async {
        while Handle::current().metrics().num_alive_tasks() > tasks {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The tasks that are there when nothing is asked for.
async fn at_rest(server: &TestServer) -> usize {
    let id = thread(server).await;
    let run = create(server, &id, multi("x")).await;
    join(server, &id, &run).await;
    Handle::current().metrics().num_alive_tasks()
}

/// A subscription to what becomes of the runs of a thread.
async fn subscribed(client: &Client, thread: &str) -> lgx_testkit::socket::Socket {
    let mut socket = client
        .socket(&format!("/threads/{thread}/stream/events"))
        .await;
    let subscribe =
        json!({"id": 1, "method": "subscription.subscribe", "params": {"channels": ["values"]}});
    let (answer, _) = socket.command(&subscribe).await;
    assert!(answer.get("error").is_none(), "{answer}");
    socket
}

#[tokio::test]
async fn hundreds_of_streams_and_runs_each_get_all_of_it_and_nothing_of_them_is_left() {
    let _ = rlimit::increase_nofile_limit(16 * 1024);
    // Connections to a database are tasks too, and stay.
    let server = TestServer::over(TestProject::in_directory())
        .jobs(RUNS)
        .start()
        .await;
    let tasks = at_rest(&server).await;
    let id = thread(&server).await;
    let mut streams = Vec::new();
    let mut sockets = Vec::new();
    for _ in 0..STREAMS {
        streams.push(server.get(format!("/threads/{id}/stream")).events().await);
        sockets.push(subscribed(&server, &id).await);
    }
    server.worker.slow().close();
    let arrivals = server.worker.slow().arrivals();
    let beside = join_all((1..RUNS).map(|_| async {
        let id = thread(&server).await;
        (create(&server, &id, multi("beside")).await, id)
    }))
    .await;
    let run = create(&server, &id, multi("watched")).await;
    within("all runs", server.worker.slow().arrived(arrivals + RUNS)).await;
    server.worker.slow().open();
    for (run, id) in &beside {
        assert_eq!(join(&server, id, run).await["log"][0], "beside");
    }
    join(&server, &id, &run).await;
    let whole = json!(["watched", "a", "slow", "b"]);
    for events in &mut streams {
        let mut log = Value::Null;
        loop {
            let event = events.next().await.unwrap();
            match &*event.name {
                "values" => log = event.data["log"].clone(),
                _ if event.data["status"] == "run_done" => break,
                _ => {}
            }
        }
        assert_eq!(log, whole);
    }
    for socket in &mut sockets {
        loop {
            let event = socket.next().await.unwrap();
            if event["params"]["data"]["log"] == whole {
                break;
            }
        }
    }
    drop((streams, sockets));
    only(tasks).await;
}

/// Waits for the end of a run. Its status.
async fn end(listener: &mut Listener, run: &str) -> &'static str {
    listener
        .hear("the end of the run", |notice| match notice {
            Notice::RunEnded { run_id, status, .. } if run_id == run => Some(*status),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_client_that_reads_nothing_any_more_is_cut_off_and_nothing_is_kept_for_it() {
    // All that happens here happens on one thread: it must not be what takes this long.
    let server = TestServer::over(TestProject::new())
        .stalled_after(2_000)
        .start()
        .await;
    let tasks = at_rest(&server).await;
    let mut listener = server.listen();
    // More than the system holds for a connection; each event has all of it.
    let much = "x".repeat(8 * 1024 * 1024);
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi_with(&much, json!({"on_disconnect": "cancel"}));
    let stream = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .open()
        .await;
    let place = stream.header("content-location").to_owned();
    let other = thread(&server).await;
    let socket = subscribed(&server, &other).await;
    let watched = create(&server, &other, multi(&much)).await;

    // The end of its connection ends its run, which nothing else does.
    let run = place.rsplit('/').next().unwrap();
    assert_eq!(end(&mut listener, run).await, "interrupted");
    server.worker.slow().open();
    assert_eq!(end(&mut listener, &watched).await, "success");
    drop(stream);
    // The client still holds its end of the socket.
    only(tasks).await;
    drop(socket);
}
