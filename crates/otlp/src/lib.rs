//! Runs as traces of OpenTelemetry, sent over HTTP to whatever receives OTLP. It knows a run that has ended, and nothing of who executed it.
//!
//! [`Settings`] are read from variables; an [`Exporter`] takes runs and sends them. What spans are called and say is in one file,
//! `conventions.rs`.

mod attributes;
mod call_span;
mod client;
mod content;
pub mod conventions;
mod ended_run;
mod exporter;
mod request_body;
#[cfg(test)]
mod sample;
mod sampler;
mod settings;
mod span_ids;
mod spans;
mod trace_parent;

pub use ended_run::EndedRun;
pub use exporter::{Counts, Exporter, OnTrouble};
pub use settings::{Lookup, Read, Settings};
pub use trace_parent::{NoTraceParent, TraceParent};
