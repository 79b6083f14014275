//! Threads are found by words, in as many looks as it takes.

use lgx_model::ThreadStatus;
use lgx_store::threads::ThreadState;
use lgx_store::threads::words::{WordSearch, WordsFound};

use super::*;

const WORDS: [&str; 3] = ["apple", "pear", "plum"];

fn search(words: &[&str]) -> WordSearch {
    WordSearch {
        words: words.iter().collect(),
        metadata: object(json!({})),
        status: None,
        after: None,
        limit: 100,
    }
}

async fn find(store: &Backend, search: WordSearch) -> WordsFound {
    let everything = store.everything();
    let found = store.find_threads_with_words(search, &everything);
    found.await.unwrap()
}

fn names(found: &WordsFound) -> Vec<&Value> {
    let threads = found.threads.iter();
    threads.map(|found| &found.thread.metadata["n"]).collect()
}

async fn said(store: &Backend, thread_id: ThreadId, values: Value, seconds: i64) {
    let state = ThreadState {
        status: ThreadStatus::Idle,
        values: Some(raw(&values)),
        interrupts: RawJson::empty_object(),
        error: None,
    };
    let kept = store.set_thread_state(thread_id, state, at(seconds)).await;
    kept.unwrap().unwrap();
}

#[tokio::test]
async fn words_are_looked_for_in_metadata_and_state_of_what_the_caller_may_see() {
    let store = open().await;
    let alice = thread_at(
        &store,
        json!({"n": 0, "owner": "alice", "name": "Refund"}),
        0,
    )
    .await;
    let bob = thread_at(&store, json!({"n": 1, "owner": "bob"}), 1).await;
    thread_at(&store, json!({"n": 2, "owner": "bob"}), 2).await;
    let message = |text: &str| json!({"messages": [{"type": "human", "content": text}]});
    said(&store, alice, message("Where is order 4471?"), 5).await;
    said(&store, bob, message("A refund, please"), 4).await;

    let refund = find(&store, search(&["REFUND"])).await;
    assert_eq!(names(&refund), [&json!(0), &json!(1)]);
    assert_eq!(refund.threads[0].excerpt, None);
    assert_eq!(
        refund.threads[1].excerpt.as_deref(),
        Some("A refund, please")
    );
    assert_eq!((refund.looked_at, refund.next), (3, None));

    let both = find(&store, search(&["refund", "4471"])).await;
    assert_eq!(names(&both), [&json!(0)]);
    let of_bob = WordSearch {
        metadata: object(json!({"owner": "bob"})),
        ..search(&["refund"])
    };
    assert_eq!(names(&find(&store, of_bob).await), [&json!(1)]);
    let busy = WordSearch {
        status: Some(ThreadStatus::Busy),
        ..search(&["refund"])
    };
    assert_eq!(find(&store, busy).await.looked_at, 0);
    let alices = store.owned_by("alice");
    let hers = store.find_threads_with_words(search(&["refund"]), &alices);
    let hers = hers.await.unwrap();
    assert_eq!((names(&hers), hers.looked_at), (vec![&json!(0)], 1));
}

#[tokio::test]
async fn a_look_ends_after_so_many_threads_and_the_next_one_goes_on_there() {
    let store = open().await;
    for n in 0..2_100_u32 {
        // Some of them changed in the same instant.
        thread_at(
            &store,
            json!({"n": n, "word": WORDS[n as usize % 3]}),
            i64::from(n / 4),
        )
        .await;
    }
    let (mut after, mut seen, mut looks) = (None, Vec::new(), 0);
    loop {
        let found = find(
            &store,
            WordSearch {
                after,
                limit: 300,
                ..search(&["pear"])
            },
        )
        .await;
        seen.extend(names(&found).into_iter().filter_map(Value::as_u64));
        looks += 1;
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<u64> = (0..2_100).rev().filter(|n| n % 3 == 1).collect();
    assert_eq!(seen, expected);
    assert_eq!(looks, 3);
    let first = find(&store, search(&["nowhere"])).await;
    assert_eq!((first.looked_at, first.threads.len()), (2_000, 0));
    let rest = find(
        &store,
        WordSearch {
            after: first.next,
            ..search(&["nowhere"])
        },
    )
    .await;
    assert_eq!((rest.looked_at, rest.next), (100, None));
}
