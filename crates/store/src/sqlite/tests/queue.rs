//! The queue in numbers.

use super::*;
use crate::runs::{Queue, queue};

#[test]
fn runs_wait_for_their_thread_or_for_a_slot() {
    let connection = connection();
    assert_eq!(queue(&connection, at(0)).unwrap(), Queue::default());
    let [one, two, three] = [(); 3].map(|()| thread(&connection, json!({})));
    started(&connection, new_run(one, 0));
    queued(&connection, new_run(one, 10));
    for (thread_id, due) in [(two, 20), (three, 40), (three, 1000)] {
        let mut new = new_run(thread_id, due);
        new.may_start = false;
        queued(&connection, new);
    }
    let queue = queue(&connection, at(50)).unwrap();
    assert_eq!((queue.pending, queue.running), (4, 1));
    assert_eq!(queue.waits, [(40.0, true), (30.0, false), (10.0, false)]);
    assert_eq!(queue.longest(), Some(40.0));
    assert_eq!(queue.median(), Some(30.0));
    assert_eq!(queue.longest_unblocked(), Some(30.0));
    let even = Queue {
        waits: vec![(4.0, true), (1.0, true)],
        ..Queue::default()
    };
    assert_eq!((even.median(), even.longest_unblocked()), (Some(2.5), None));
}
