//! The auth gate, by what it decides.

mod cache;
mod endpoints;
mod gate;
mod matrix;
mod ownership;
mod two_users;
mod user_object;

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

pub(crate) fn project() -> TestProject {
    TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}))
}

pub(crate) async fn guarded(worker: FakeWorker) -> TestServer {
    TestServer::over(project()).worker(worker).start().await
}
