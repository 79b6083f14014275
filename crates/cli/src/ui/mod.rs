//! Everything that a person sees in a terminal.

pub(crate) mod banner;
pub(crate) mod brief;
mod conversation;
mod desk;
pub(crate) mod diagnostic;
pub(crate) mod error;
pub(crate) mod flood;
pub(crate) mod keyboard;
pub(crate) mod keys;
pub(crate) mod left_runs;
mod line;
mod loading;
pub(crate) mod menu;
pub(crate) mod notices;
pub(crate) mod printer;
pub(crate) mod progress;
mod prompts;
pub(crate) mod repeats;
pub(crate) mod reporter;
mod requests;
mod runs;
pub(crate) mod screen;
mod state_notice;
pub(crate) mod style;
pub(crate) mod tracing;
mod workers;
