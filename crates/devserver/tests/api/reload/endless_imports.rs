//! Imports that never end.

use lgx_testkit::{FakeWorker, TestProject, TestServer, within};

use super::{EDITED, generations, have_left, loads, reloaded, reloading, serves};

#[tokio::test]
async fn a_save_ends_an_import_that_never_does() {
    let server = reloading().await;
    let mut listener = server.listen();
    server.worker.loading().close();
    server.project.write("graphs.py", "while True: pass\n");
    loads(&server, 2).await;
    // The old code serves meanwhile.
    serves(&server).await;
    server.project.write("graphs.py", EDITED);
    loads(&server, 3).await;
    have_left(&server, 1).await;
    server.worker.loading().open();
    reloaded(&mut listener).await;
    serves(&server).await;
    assert_eq!(generations(&server), 3);
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
    loads(&server, 1).await;
    server.project.write("graphs.py", EDITED);
    loads(&server, 2).await;
    have_left(&server, 1).await;
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
    loads(&server, 1).await;
    let workers = server.workers();
    server.stop().await;
    within("the workers' ends", worker.ended(workers)).await;
}
