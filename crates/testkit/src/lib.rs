//! What tests of several crates share: a fake worker behind the real protocol, and a server, a project and a client around it.

#![expect(
    clippy::missing_panics_doc,
    reason = "this is for tests, and a test fails by panicking"
)]

pub mod balancer;
pub mod broken_disk;
pub mod client;
pub mod fake_worker;
pub mod instances;
pub mod project;
pub mod server;
pub mod socket;
pub mod sse;
pub mod way;

pub use balancer::Balancer;
pub use broken_disk::{DiskFault, RefusedWrites};
pub use client::Client;
pub use fake_worker::FakeWorker;
pub use instances::Instance;
pub use project::TestProject;
pub use server::{Listener, TestServer};
pub use way::Way;

use std::time::Duration;

/// How long a test waits for something that has to happen; only a test that fails waits this long.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for something that has to happen.
pub async fn within<T>(what: &str, happens: impl Future<Output = T>) -> T {
    let Ok(outcome) = tokio::time::timeout(DEADLINE, happens).await else {
        panic!("waited {DEADLINE:?} for {what}");
    };
    outcome
}
