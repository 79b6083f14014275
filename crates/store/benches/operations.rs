//! How long the store's hot operations take: a run from admission to its end, checkpoints, and searches of many threads.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on says so by panicking"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]

#[allow(dead_code, reason = "shared with the tests, which need all of it")]
#[path = "../tests/conformance/suite/examples.rs"]
mod examples;

use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
use futures_util::future::join_all;
use lgx_model::query::{Page, ThreadQuery, ThreadSort};
use lgx_model::{RunId, ThreadId, ThreadStatus};
use lgx_store::runs::{Admission, Claim};
use lgx_store::threads::{NewThread, ThreadState};
use lgx_store::{Authority, Store};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use self::examples::{at, channel, new_run, object, raw, row, success, write};

fn main() {
    divan::main();
}

/// An empty store, and a runtime to use it on.
struct Opened {
    runtime: Runtime,
    store: Store,
    authority: Authority,
    directory: tempfile::TempDir,
}

fn open() -> Opened {
    let directory = tempfile::tempdir().unwrap();
    let (store, authority) = Store::open(directory.path()).unwrap();
    Opened {
        runtime: Runtime::new().unwrap(),
        store,
        authority,
        directory,
    }
}

impl Opened {
    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    async fn thread(&self, metadata: Value, seconds: i64) -> ThreadId {
        let thread_id = ThreadId::fresh();
        let new = NewThread {
            thread_id,
            metadata: object(metadata),
            ttl: None,
            now: at(seconds),
        };
        let everything = self.authority.everything();
        self.store.create_thread(new, &everything).await.unwrap();
        thread_id
    }

    /// Admits a run that may start.
    async fn admit(&self, thread_id: ThreadId) -> RunId {
        let everything = self.authority.everything();
        let new = new_run(thread_id, 1);
        match self.store.admit(new, &everything).await.unwrap() {
            Admission::Started(admitted) => admitted.run.run_id,
            other => panic!("{other:?}"),
        }
    }

    /// Stores a checkpoint of one channel behind its parent.
    async fn put(&self, thread_id: ThreadId, step: u64, value: &str) {
        let (id, version) = (format!("{step:08}"), format!("{step:032}.0.5"));
        let parent = step.checked_sub(1).map(|before| format!("{before:08}"));
        let row = row(
            thread_id,
            &id,
            parent.as_deref(),
            json!({"messages": version}),
        );
        let put = self
            .store
            .put_checkpoint(None, row, vec![channel("messages", &version, value)]);
        put.await.await.unwrap();
    }
}

/// Messages of about this many bytes together, no two of which are the same.
fn messages(bytes: usize) -> String {
    let mut state = 1u64;
    let mut text = String::new();
    while text.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let words = format!("{state:x} and {:x}", state >> 20);
        text.push_str(r#"{"type":"ai","content":""#);
        text.push_str(&words);
        text.push_str(r#""},"#);
    }
    text
}

#[divan::bench]
fn a_run_from_admission_to_its_end(bencher: Bencher<'_, '_>) {
    let opened = open();
    let thread_id = opened.run(opened.thread(json!({"graph_id": "agent"}), 0));
    let end = Arc::new(success(json!({"messages": ["hello", "you"]}), 2));
    bencher.bench_local(|| {
        opened.run(async {
            let run_id = opened.admit(thread_id).await;
            let finished = opened.store.finish(
                Claim {
                    thread_id,
                    run_id,
                    number: 1,
                },
                Arc::clone(&end),
                None,
                || Ok::<_, ()>(()),
                |ended| ended,
            );
            finished.await.unwrap().unwrap()
        })
    });
}

/// With values of this many bytes, each with a little more than the one before: what a write waits for, beside the packing of those before.
#[divan::bench(args = [300, 20_000, 240_000])]
fn put_checkpoint(bencher: Bencher<'_, '_>, bytes: usize) {
    let opened = open();
    let thread_id = ThreadId::fresh();
    let whole = messages(2 * bytes + 100_000);
    let mut step = 0;
    bencher.bench_local(|| {
        let length = (bytes + 20 * usize::try_from(step).unwrap()).min(whole.len());
        opened.run(opened.put(thread_id, step, &whole[..length]));
        step += 1;
    });
}

#[divan::bench]
fn put_checkpoint_writes(bencher: Bencher<'_, '_>) {
    let opened = open();
    let thread_id = ThreadId::fresh();
    let mut step = 0;
    bencher.bench_local(|| {
        let writes = lgx_store::checkpoints::NewWrites {
            thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: format!("{step:08}"),
            run_id: None,
            writes: vec![write("task", 0, "", "a value")],
        };
        step += 1;
        opened.run(async {
            let put = opened.store.put_checkpoint_writes(None, writes);
            put.await.await.unwrap();
        });
    });
}

/// The checkpoint so far behind the newest of a thread of 400, whose last value has 240 kB.
#[divan::bench(args = [0, 1, 100, 399])]
fn get_checkpoint(bencher: Bencher<'_, '_>, behind: u64) {
    let opened = open();
    let thread_id = ThreadId::fresh();
    let whole = messages(240_000);
    opened.run(async {
        for step in 0..400 {
            let length = usize::try_from(step + 1).unwrap() * 600;
            opened.put(thread_id, step, &whole[..length]).await;
        }
        opened.store.close().await; // after this everything is packed
    });
    let (store, _) = Store::open(opened.directory.path()).unwrap();
    bencher.bench_local(|| {
        let got = store.get_checkpoint(
            thread_id,
            String::new(),
            Some(format!("{:08}", 399 - behind)),
        );
        opened.run(async { got.await.await.unwrap().unwrap() })
    });
}

/// A store of 100,000 threads of a hundred owners, a hundredth of them busy. Made once, as that takes some seconds.
static MANY: LazyLock<Opened> = LazyLock::new(|| {
    let opened = open();
    opened.run(async {
        for batch in 0..100 {
            join_all((0..1000).map(async |nth| {
                let number = batch * 1000 + nth;
                let metadata = json!({
                    "graph_id": "agent", "assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca",
                    "owner": format!("user-{}", number % 100), "number": number, "nested": {"even": number % 2 == 0},
                });
                let thread_id = opened.thread(metadata, number).await;
                let state = ThreadState {
                    status: if number % 100 == 0 { ThreadStatus::Interrupted } else { ThreadStatus::Idle },
                    values: Some(raw(&json!({"topic": format!("topic-{}", number % 1000), "messages": ["hello", "you"]}))),
                    interrupts: raw(&json!({})),
                    error: None,
                };
                opened.store.set_thread_state(thread_id, state, at(number)).await.unwrap();
            }))
            .await;
        }
    });
    opened
});

const SEARCHES: [&str; 11] = [
    "newest",
    "by an owner",
    "by an owner, sorted by creation",
    "by nested metadata and an owner",
    "by what all have",
    "by what all have, the 1000th",
    "by a number",
    "by a status that few have",
    "by a status that most have",
    "by values and an owner",
    "by values",
];

fn query(what: &str) -> (ThreadQuery, Page) {
    let mut query = ThreadQuery::default();
    let mut page = Page {
        limit: 10,
        offset: 0,
    };
    let owner = json!({"owner": "user-7"});
    match what {
        "newest" => {}
        "by an owner" => query.metadata = object(owner),
        "by an owner, sorted by creation" => {
            query.metadata = object(owner);
            query.sort_by = ThreadSort::CreatedAt;
        }
        "by nested metadata and an owner" => {
            query.metadata = object(json!({"nested": {"even": true}, "owner": "user-8"}));
        }
        "by what all have" => query.metadata = object(json!({"graph_id": "agent"})),
        "by what all have, the 1000th" => {
            query.metadata = object(json!({"graph_id": "agent"}));
            page.offset = 1000;
        }
        "by a number" => query.metadata = object(json!({"number": 77_777})),
        "by a status that few have" => query.status = Some(ThreadStatus::Interrupted),
        "by a status that most have" => query.status = Some(ThreadStatus::Idle),
        "by values and an owner" => {
            query.metadata = object(owner);
            query.values = object(json!({"topic": "topic-7"}));
        }
        "by values" => query.values = object(json!({"topic": "topic-7"})),
        other => panic!("{other}"),
    }
    (query, page)
}

#[divan::bench(args = SEARCHES, sample_count = 20, sample_size = 1)]
fn search_of_100000_threads(bencher: Bencher<'_, '_>, what: &str) {
    let everything = MANY.authority.everything();
    let (query, page) = query(what);
    bencher.bench_local(|| {
        let found = MANY.store.search_threads(query.clone(), page, &everything);
        black_box(MANY.run(found).unwrap())
    });
}

#[divan::bench(args = SEARCHES, sample_count = 20, sample_size = 1)]
fn count_of_100000_threads(bencher: Bencher<'_, '_>, what: &str) {
    let everything = MANY.authority.everything();
    let (query, _) = query(what);
    bencher.bench_local(|| {
        let count = MANY.store.count_threads(query.clone(), &everything);
        black_box(MANY.run(count).unwrap())
    });
}
