//! Events that are kept: their order, their bounds, and that they go with what they belong to.

use crate::events::{Append, Change, ThreadEvents, apply, of_thread, sweep};
use crate::threads;

use super::*;

fn append(run: &Run, millis: i64, serial: u32, seq: u64) -> Change<Vec<u8>> {
    Change::Append(Append {
        run_id: run.run_id,
        millis,
        serial,
        seq,
        frames: 1,
        name: "values".into(),
        data: b"{}".to_vec(),
    })
}

fn ids(events: &ThreadEvents) -> Vec<(i64, u32)> {
    events
        .events
        .iter()
        .map(|event| (event.millis, event.serial))
        .collect()
}

#[test]
fn events_come_back_in_order_and_go_with_their_run_and_their_thread() {
    let connection = connection();
    let thread = thread(&connection, json!({}));
    let first = started(&connection, new_run(thread, 0)).run;
    let second = queued(&connection, new_run(thread, 0)).run;
    for change in [
        append(&first, 5, 0, 1),
        append(&first, 5, 1, 2),
        append(&second, 6, 0, 3),
        Change::Mark(1000),
        Change::Mark(9),
    ] {
        apply(&connection, thread, &change).unwrap();
    }
    let kept = of_thread(&connection, thread).unwrap();
    assert_eq!(ids(&kept), [(5, 0), (5, 1), (6, 0)]);
    assert_eq!(kept.mark, 9, "the latest mark counts");
    let runs: Vec<RunId> = kept.runs.iter().map(|run| run.run_id).collect();
    assert_eq!(runs, [first.run_id, second.run_id]);

    let trim = Change::<Vec<u8>>::Trim {
        millis: 5,
        serial: 0,
    };
    apply(&connection, thread, &trim).unwrap();
    assert_eq!(
        ids(&of_thread(&connection, thread).unwrap()),
        [(5, 1), (6, 0)]
    );

    crate::runs::delete(&connection, thread, first.run_id, &Scope::everything()).unwrap();
    assert_eq!(ids(&of_thread(&connection, thread).unwrap()), [(6, 0)]);

    threads::delete(&connection, thread, &Scope::everything()).unwrap();
    apply(&connection, thread, &append(&second, 7, 0, 4)).unwrap();
    apply(&connection, thread, &Change::<Vec<u8>>::Mark(12)).unwrap();
    assert_eq!(
        of_thread(&connection, thread).unwrap(),
        ThreadEvents::default(),
        "what arrives late is not welcome"
    );
}

#[test]
fn a_sweep_takes_what_is_too_old_and_says_what_is_oldest_then() {
    let connection = connection();
    let thread = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread, 0)).run;
    for (millis, seq) in [(5, 1), (6, 2), (8, 3)] {
        apply(&connection, thread, &append(&run, millis, 0, seq)).unwrap();
    }
    assert_eq!(sweep(&connection, 6).unwrap(), Some(6));
    assert_eq!(
        ids(&of_thread(&connection, thread).unwrap()),
        [(6, 0), (8, 0)]
    );
    assert_eq!(sweep(&connection, 9).unwrap(), None);
}
