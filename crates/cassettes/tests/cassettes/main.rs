//! Recorded calls of models, as whoever records and plays them sees them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod arbitrary;
mod at_once;
mod conversation;
mod format;
mod nearest;
mod playing;
mod sample;
mod secrets;
