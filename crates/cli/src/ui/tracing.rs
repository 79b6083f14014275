//! What lgx logs about itself, for whoever asks with `LGX_LOG`.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::context::Context;
use crate::env_names;

/// Sends log lines to stderr if the environment asks for them.
pub(crate) fn init(context: &Context) {
    let Some(filter) = context
        .env
        .get(env_names::LGX_LOG)
        .and_then(|filter| filter.to_str())
    else {
        return;
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_ansi(context.terminal.stderr)
        .with_writer(io::stderr);
    // Only a second subscriber in one process could fail here; the first then keeps its place.
    let _ = subscriber.try_init();
}
