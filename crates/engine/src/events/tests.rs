//! Thread logs by themselves: what is kept, for how long, and for whom.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{Run, ThreadId};
use lgx_store::{Authority, Store};

use super::ThreadLogs;
use super::event::End;
use super::record::{Kind, Record};
use super::thread_log::ThreadFrom;
use super::thread_reader::{ThreadReader, WatchEnd};
use crate::sample;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Setup {
    logs: ThreadLogs,
    store: Store,
    authority: Authority,
    _directory: tempfile::TempDir,
}

fn logs(keep_for: Duration) -> Setup {
    let directory = tempfile::tempdir().unwrap();
    let (store, authority) = Store::open(directory.path()).unwrap();
    Setup {
        logs: ThreadLogs::new(store.clone(), keep_for),
        store,
        authority,
        _directory: directory,
    }
}

fn run(thread_id: ThreadId, resumable: bool) -> Run {
    let mut run = sample::run(thread_id);
    run.kwargs.resumable = resumable;
    run
}

/// A resumable run that the store has, as what is kept of its events needs it.
async fn admitted(setup: &Setup, thread_id: ThreadId) -> Run {
    let run = run(thread_id, true);
    sample::begin(&setup.store, &setup.authority, &run).await;
    run
}

fn kinds(records: &[Arc<Record>]) -> Vec<Kind> {
    records.iter().map(|record| record.kind).collect()
}

fn seqs(records: &[Arc<Record>]) -> Vec<u64> {
    let frames = records.iter().flat_map(|record| &record.frames);
    frames.map(|frame| frame.seq).collect()
}

fn replay(logs: &ThreadLogs, thread_id: ThreadId) -> Vec<Arc<Record>> {
    ThreadReader::open(&logs.of(thread_id), ThreadFrom::Start).rest()
}

#[tokio::test]
async fn what_nobody_watches_and_is_not_kept_gets_an_id_and_nothing_else() {
    let Setup { logs, .. } = &logs(DAY);
    let thread = ThreadId::fresh();
    let log = logs.of(thread);
    let mut feed = logs.feed(&run(thread, false), 1).await;
    let begun = feed.begin();
    let mut reader = ThreadReader::open(&log, ThreadFrom::Start);
    let streamed = feed.stream("values".into(), Bytes::from_static(b"{}"));
    feed.done(&End::Completed);
    assert!(begun.id < streamed.id);
    let seen = reader.next().await.unwrap();
    assert_eq!(kinds(&seen), [Kind::Streamed, Kind::Done]);
    assert_eq!(seqs(&seen), [1, 2], "what was not seen was not counted");
    drop(reader);
    assert!(replay(logs, thread).is_empty());
}

#[tokio::test]
async fn what_is_kept_is_replayed_by_whoever_comes() {
    let Setup { logs, .. } = &logs(DAY);
    let thread = ThreadId::fresh();
    let log = logs.of(thread);
    let mut feed = logs.feed(&run(thread, true), 1).await;
    feed.begin();
    let middle = feed.stream("values".into(), Bytes::from_static(b"{}"));
    feed.done(&End::Completed);
    let seen = ThreadReader::open(&log, ThreadFrom::Start).rest();
    assert_eq!(kinds(&seen), [Kind::Began, Kind::Streamed, Kind::Done]);
    assert_eq!(seqs(&seen), [1, 2, 3]);
    assert_eq!(
        kinds(&ThreadReader::open(&log, ThreadFrom::After(middle.id)).rest()),
        [Kind::Done]
    );
    assert!(ThreadReader::open(&log, ThreadFrom::Now).rest().is_empty());
}

#[tokio::test]
async fn the_oldest_goes_where_there_is_too_much() {
    let Setup { logs, .. } = &logs(DAY);
    let thread = ThreadId::fresh();
    let log = logs.of(thread);
    let mut feed = logs.feed(&run(thread, true), 1).await;
    feed.begin();
    let big = Bytes::from(vec![b' '; 12 * 1024 * 1024]);
    for _ in 0..4 {
        // Of a kind that the event protocol does not know, so that it is held once.
        feed.stream("debug".into(), big.clone());
    }
    assert_eq!(
        kinds(&ThreadReader::open(&log, ThreadFrom::Start).rest()),
        [Kind::Streamed; 2]
    );
}

#[tokio::test]
async fn what_is_too_old_is_not_replayed() {
    let Setup { logs, .. } = &logs(Duration::ZERO);
    let thread = ThreadId::fresh();
    let log = logs.of(thread);
    let mut feed = logs.feed(&run(thread, true), 1).await;
    let begun = feed.begin();
    let next = loop {
        let next = feed.stream("values".into(), Bytes::from_static(b"{}"));
        if next.id.millis > begun.id.millis + 1 {
            break next;
        }
    };
    let seen = ThreadReader::open(&log, ThreadFrom::Start).rest();
    assert!(
        seen.iter().all(|record| record.event.id > begun.id),
        "{next:?}"
    );
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_and_slows_nobody() {
    let Setup { logs, .. } = &logs(DAY);
    let thread = ThreadId::fresh();
    let log = logs.of(thread);
    let (mut slow, mut quick) = (
        ThreadReader::open(&log, ThreadFrom::Now),
        ThreadReader::open(&log, ThreadFrom::Now),
    );
    let mut feed = logs.feed(&run(thread, false), 1).await;
    let big = Bytes::from(vec![b' '; 12 * 1024 * 1024]);
    for _ in 0..3 {
        feed.stream("debug".into(), big.clone());
        assert_eq!(quick.rest().len(), 1);
    }
    assert_eq!(slow.next().await.unwrap().len(), 2);
    assert_eq!(slow.next().await.unwrap_err(), WatchEnd::CutOff);
    drop(quick);
    assert!(!log.is_read());
}

#[tokio::test]
async fn readers_hear_whether_it_is_the_thread_or_the_server_that_goes() {
    let Setup { logs, store, .. } = &logs(DAY);
    let end = async |mut reader: ThreadReader| reader.next().await.unwrap_err();
    let thread = ThreadId::fresh();
    let log = logs.of(thread);
    let reader = ThreadReader::open(&log, ThreadFrom::Start);
    logs.thread_gone(thread);
    assert_eq!(end(reader).await, WatchEnd::Gone);
    let reader = ThreadReader::open(&log, ThreadFrom::Start);
    logs.close();
    assert_eq!(end(reader).await, WatchEnd::CutOff);
    assert_eq!(
        end(ThreadReader::open(&log, ThreadFrom::Start)).await,
        WatchEnd::CutOff
    );
    logs.flush().await;
    store.close().await;
}

#[tokio::test]
async fn nobody_sees_what_a_crash_could_take_back() {
    let setup = logs(DAY);
    let Setup { logs, store, .. } = &setup;
    let thread = ThreadId::fresh();
    let run = admitted(&setup, thread).await;
    let mut feed = logs.feed(&run, 1).await;
    let mut reader = ThreadReader::open(&logs.of(thread), ThreadFrom::Now);
    feed.begin();
    for _ in 0..20 {
        feed.stream("values".into(), Bytes::from_static(b"{}"));
        let seen = reader.next().await.unwrap();
        let newest = seen.last().unwrap().id();
        let on_disk = store.get_events_of_thread(thread).await.unwrap();
        let last = on_disk.events.last().unwrap();
        assert_eq!((newest.millis, newest.serial), (last.millis, last.serial));
    }
}
