//! What tests of several crates share: a fake worker behind the real protocol.

pub mod fake_worker;

pub use fake_worker::FakeWorker;
