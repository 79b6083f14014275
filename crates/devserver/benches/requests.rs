//! How long requests take that need no worker: through the guard, the router and the store, over a socket.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on says so by panicking"
)]

use divan::Bencher;
use lgx_testkit::TestServer;
use serde_json::json;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

fn server() -> (Runtime, TestServer) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = TestServer::start().await;
        server.ready().await;
        server
    });
    (runtime, server)
}

#[divan::bench]
fn ok(bencher: Bencher<'_, '_>) {
    let (runtime, server) = server();
    bencher.bench_local(|| runtime.block_on(async { server.get("/ok").await.ok() }));
}

#[divan::bench]
fn a_path_that_is_not_there(bencher: Bencher<'_, '_>) {
    let (runtime, server) = server();
    bencher.bench_local(|| runtime.block_on(async { server.get("/nothing").await.refused(404) }));
}

#[divan::bench]
fn a_thread_made_and_found(bencher: Bencher<'_, '_>) {
    let (runtime, server) = server();
    bencher.bench_local(|| {
        runtime.block_on(async {
            let thread = server.post("/threads", &json!({})).await.ok();
            let id = thread["thread_id"].as_str().unwrap();
            server.get(format!("/threads/{id}")).await.ok()
        })
    });
}
