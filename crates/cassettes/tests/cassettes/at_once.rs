//! Several runs of lgx with the recordings of one folder at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use lgx_cassettes::Mode;
use tempfile::TempDir;

use crate::sample::{asking, library, played, saying};

/// How many requests each run records, each of them twice.
const MANY: usize = 40;

#[test]
fn who_plays_finds_whole_recordings_while_others_record_the_same() {
    let folder = TempDir::new().unwrap();
    let question = |number: usize| asking(&format!("question {number}"));
    let record = || {
        let recording = library(&folder, Mode::Record);
        for _ in 0..2 {
            for number in 0..MANY {
                let kept = recording.keep(&question(number), &saying("hello"));
                kept.unwrap();
            }
        }
    };
    record();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let recorders: Vec<_> = (0..4).map(|_| scope.spawn(record)).collect();
        let player = scope.spawn(|| {
            let mut rounds = 0;
            while !is_over.load(Ordering::Relaxed) || rounds == 0 {
                let replaying = library(&folder, Mode::Replay);
                for number in 0..MANY {
                    assert!(played(&replaying, &question(number)).is_some(), "{number}");
                }
                rounds += 1;
            }
        });
        for recorder in recorders {
            recorder.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        player.join().unwrap();
    });
    let entries = library(&folder, Mode::Replay).entries().unwrap();
    let whole = entries.iter().filter(|entry| entry.recording.is_ok());
    assert_eq!(whole.count(), entries.len());
    assert!((MANY..=2 * MANY).contains(&entries.len()));
}
