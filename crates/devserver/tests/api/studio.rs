//! The local Studio: its page, and what only that page asks.

mod auth_lens;
mod checkpoints;
mod gate;
mod heard;
mod item_life;
mod logs;
mod page;
mod project;
mod run_record;
mod runs;
mod schedule;
mod server_events;
mod socket;
mod source;
mod thread_words;

use lgx_testkit::{Client, TestServer};

/// The page, which the server has served.
fn page(server: &TestServer) -> Client {
    let origin = format!("http://{}", server.running().address());
    (**server)
        .clone()
        .from(&origin)
        .with("sec-fetch-site", "same-origin")
        .with("x-auth-scheme", "langsmith")
        .with("x-lgx-studio", "1")
}
