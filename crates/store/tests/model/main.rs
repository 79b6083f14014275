//! Both backends are one store: what is done to them by chance has the same answers on each, in the same order, and those of a model that
//! keeps everything in memory.
//!
//! `LGX_TEST_CASES` says how many sequences of operations are tried, `LGX_TEST_SEED` which the first is: a failure names its own.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]
#![allow(
    clippy::unit_arg,
    reason = "an operation that answers nothing is told like any other"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]

mod backends;
mod chance;
mod generate;
mod memory;
mod operation;
mod perform;

use lgx_store::{Filter, Scope};
use serde_json::json;

use self::backends::Backends;
use self::generate::Generator;
use self::memory::Memory;
use self::operation::Caller;
use self::perform::perform;

/// How many operations a sequence has.
const STEPS: usize = 150;
/// How many sequences a usual run of the tests tries.
const CASES: u64 = 12;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_backends_answer_alike_whatever_is_done() {
    let first = number("LGX_TEST_SEED").unwrap_or(1);
    let cases = number("LGX_TEST_CASES").unwrap_or(CASES);
    for seed in first..first + cases {
        compare(seed).await;
    }
}

/// Performs one sequence on all backends.
async fn compare(seed: u64) {
    let backends = Backends::open().await;
    let mut memory = Memory::default();
    let mut generator = Generator::of(seed);
    let mut done = Vec::new();
    for number in 0..STEPS {
        let step = generator.step();
        done.push(format!("{number}: {step:?}"));
        let scope = scope_of(&backends, step.caller);
        let mut answers = Vec::new();
        answers.extend(
            memory
                .perform(step.clone())
                .map(|answer| ("the model", answer)),
        );
        for (name, store) in backends.stores() {
            answers.push((name, perform(store, step.clone(), &scope).await));
        }
        let (name, expected) = &answers[0];
        for (other, answer) in &answers[1..] {
            assert!(
                expected == answer,
                "{name} and {other} differ (LGX_TEST_SEED={seed} LGX_TEST_CASES=1):\n{}\n\n{name}: {expected}\n\n{other}: {answer}",
                done.join("\n"),
            );
        }
    }
}

fn scope_of(backends: &Backends, caller: Caller) -> Scope {
    match caller {
        Caller::Server => backends.authority().everything(),
        Caller::Alice => {
            let owned = Filter::parse(&json!({"owner": "alice"})).unwrap();
            backends.authority().filtered(owned)
        }
    }
}
