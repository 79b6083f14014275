//! What lgx logs about itself, for whoever asks with `LGX_LOG`.

use std::io;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use crate::context::Context;
use crate::env_names;
use crate::ui::printer;

/// Sends log lines to stderr if the environment asks for them.
pub(crate) fn init(context: &Context) {
    let Some(filter) = context.env.get(env_names::LGX_LOG) else {
        return;
    };
    let Some(targets) = targets(&filter.to_string_lossy()) else {
        printer::say(format_args!(
            "{}={} is not read: it takes levels, such as debug or lgx_devserver=trace,lgx_store=info",
            env_names::LGX_LOG,
            filter.display(),
        ));
        return;
    };
    let lines = fmt::layer()
        .with_ansi(context.terminal.stderr)
        .with_writer(io::stderr);
    // Only a second subscriber in one process could fail here; the first then keeps its place.
    let _ = registry().with(targets).with(lines).try_init();
}

/// What a filter lets through.
fn targets(filter: &str) -> Option<Targets> {
    filter.parse().ok()
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    #[test]
    fn a_level_is_for_all_and_a_name_with_one_for_what_bears_it() {
        let all = targets("debug").unwrap();
        assert_eq!(all.default_level(), Some(LevelFilter::DEBUG));
        let some = targets("warn,lgx_devserver=trace").unwrap();
        assert!(some.would_enable("lgx_devserver::http", &tracing::Level::TRACE));
        assert!(!some.would_enable("lgx_store", &tracing::Level::INFO));
    }

    #[test]
    fn what_is_no_level_is_not_taken_for_one() {
        assert!(targets("lgx_devserver=loud").is_none());
    }
}
