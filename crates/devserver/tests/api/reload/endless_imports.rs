//! Imports that never end.

use lgx_testkit::{FakeWorker, TestProject, TestServer, within};

use super::{EDITED, reloaded, reloading, serves};

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
