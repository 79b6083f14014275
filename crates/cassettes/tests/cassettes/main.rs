//! Recorded calls of models, as whoever records and plays them sees them.
#![allow(clippy::unwrap_used)]

mod format;
mod playing;
mod sample;
