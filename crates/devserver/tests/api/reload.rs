//! Saving code while it is served.

mod broken_code;
mod endless_imports;
mod generations;
mod load_timeout;
mod newest_code;
mod ports;

use lgx_devserver::{Notice, ReloadFailure};
use lgx_testkit::server::Listener;
use lgx_testkit::{TestProject, TestServer, within};

use crate::bodies::echo;

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

/// Waits until all workers of the generation of this number, from 1, have begun to load the project.
async fn loads(server: &TestServer, generation: usize) {
    let workers = generation * server.workers();
    within("the load", server.worker.loading().arrived(workers)).await;
}

/// Waits until the workers of so many generations have ended.
async fn have_left(server: &TestServer, generations: usize) {
    let workers = generations * server.workers();
    within("the workers' ends", server.worker.ended(workers)).await;
}

/// How many generations have been started.
fn generations(server: &TestServer) -> usize {
    assert_eq!(server.worker.starts() % server.workers(), 0);
    server.worker.starts() / server.workers()
}

/// The server answers, with the code it has.
async fn serves(server: &TestServer) {
    server.post("/runs/wait", &echo("hi")).await.ok();
    server.get("/ok?ready=1").await.ok();
}
