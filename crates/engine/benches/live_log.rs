//! How long an event takes through the log of a run, from the run to those who read it.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on says so by panicking"
)]

use std::sync::Arc;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::ItemsCount;
use lgx_engine::events::event::{Event, EventId};
use lgx_engine::runs::live_log::{LiveFrom, LiveLog};
use tokio::runtime::Builder;

/// As many tokens as a long answer has.
const EVENTS: usize = 1000;

fn main() {
    divan::main();
}

fn event() -> Event {
    Event {
        name: Arc::from("messages"),
        data: Bytes::from(vec![b'x'; 200]),
        id: EventId::behind(None),
    }
}

/// So many readers, each of which takes what there is after every event.
#[divan::bench(args = [0, 1, 10])]
fn append_and_read(bencher: Bencher<'_, '_>, readers: usize) {
    let event = event();
    let runtime = Builder::new_current_thread().build().unwrap();
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let log = LiveLog::new();
        let mut readers: Vec<_> = (0..readers).map(|_| log.read(LiveFrom::Start)).collect();
        for _ in 0..EVENTS {
            log.append(event.clone());
            for reader in &mut readers {
                assert!(runtime.block_on(reader.next()).is_ok());
            }
        }
    });
}
