//! How long it takes to write frames and to read them.
#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on says so by panicking"
)]

use bytes::{Bytes, BytesMut};
use divan::Bencher;
use divan::counter::BytesCount;
use lgx_worker::frame::{Frame, Kind};
use tokio::runtime::Builder;

/// What a run streams in a token, a small checkpoint, a large one.
const SIZES: [usize; 3] = [200, 50_000, 5_000_000];

fn main() {
    divan::main();
}

/// A frame with two sections of this many bytes together.
fn frame(bytes: usize) -> Frame {
    let section = Bytes::from(vec![b'x'; bytes / 2]);
    let meta = Bytes::from_static(br#"{"run_id":"01234567","name":"messages"}"#);
    Frame::new(Kind::Data, 7, meta, vec![section.clone(), section]).unwrap()
}

fn encoded(frame: &Frame) -> BytesMut {
    let mut buffer = BytesMut::new();
    frame.encode(&mut buffer);
    buffer
}

#[divan::bench(args = SIZES)]
fn encode(bencher: Bencher<'_, '_>, bytes: usize) {
    let frame = frame(bytes);
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| encoded(&frame));
}

#[divan::bench(args = SIZES)]
fn read(bencher: Bencher<'_, '_>, bytes: usize) {
    let encoded = encoded(&frame(bytes));
    let runtime = Builder::new_current_thread().build().unwrap();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| runtime.block_on(Frame::read(&mut &encoded[..])).unwrap());
}
