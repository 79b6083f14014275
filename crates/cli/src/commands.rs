//! What each command does.

pub(crate) mod build;
pub(crate) mod cassettes;
pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod completions;
mod database;
pub(crate) mod dev;
pub(crate) mod dockerfile;
pub(crate) mod doctor;
pub(crate) mod exec;
pub(crate) mod fatal;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod migrate;
pub(crate) mod new;
pub(crate) mod recorded;
pub(crate) mod reset;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod served;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod trust;
pub(crate) mod up;
pub(crate) mod version;
