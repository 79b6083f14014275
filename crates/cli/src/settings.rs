//! From arguments to settings: defaults filled in, paths made absolute, nothing of the command line left over.

pub(crate) mod cassettes;
pub(crate) mod check;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod exec;
pub(crate) mod graph;
pub(crate) mod load_timeout;
pub(crate) mod new;
pub(crate) mod record;
pub(crate) mod reset;
pub(crate) mod serve;
pub(crate) mod server;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod talk;
pub(crate) mod tls;
