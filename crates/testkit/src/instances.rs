//! Several servers of one project on one database, each in a runtime of its own, so that one can die as a process does: at once, with all that
//! it was at.

use std::ops::Deref;
use std::time::Duration;

use lgx_test_postgres::TestDatabase;
use tokio::runtime::Runtime;

use crate::{Balancer, Client, FakeWorker, TestProject, TestServer};

/// One of several servers. It is its own client.
pub struct Instance {
    server: Option<TestServer>,
    runtime: Option<Runtime>,
}

#[expect(clippy::unwrap_used, reason = "a test cannot go on without it")]
impl Instance {
    /// One with these workers, on a database that others share.
    pub async fn start(database: TestDatabase, worker: FakeWorker) -> Self {
        Self::over(TestProject::in_database(database), worker).await
    }

    /// The same, of a project that has its state in a database.
    pub async fn over(project: TestProject, worker: FakeWorker) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let setup = TestServer::over(project).worker(worker).sharing();
        let started = runtime.spawn(setup.start());
        Self {
            server: Some(crate::within("an instance", started).await.unwrap()),
            runtime: Some(runtime),
        }
    }

    /// It dies, and can do nothing about what it was at.
    pub fn kill(mut self) {
        self.end();
    }

    /// It is told to stop, hands back what does not end at once, and has stopped.
    pub async fn stop(mut self) {
        let (server, runtime) = (self.server.take().unwrap(), self.runtime.take().unwrap());
        let stopped = runtime.spawn(async move {
            server.running().drain(Duration::ZERO).await;
            drop(server.stop().await);
        });
        crate::within("an instance to stop", stopped).await.unwrap();
        runtime.shutdown_background();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.server = None;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.end();
    }
}

impl Deref for Instance {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        match &self.server {
            Some(server) => server,
            None => unreachable!("it is there until it ends"),
        }
    }
}

/// A balancer before these instances, and a client of it, each of whose requests goes to the next.
pub async fn balanced(instances: &[Instance]) -> (Balancer, Client) {
    let addresses = instances.iter().map(|one| one.running().address());
    let balancer = Balancer::before(addresses.collect()).await;
    let client = Client::new(balancer.address());
    (balancer, client)
}
