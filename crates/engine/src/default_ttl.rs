//! How long threads live that nobody gave a time to live.

use lgx_config::{Config, TtlStrategy};
use lgx_model::{PruneStrategy, TimeToLive};

/// How long new threads live, by langgraph.json.
pub fn default_ttl(config: &Config) -> Option<TimeToLive> {
    config.thread_ttl.map(|ttl| TimeToLive {
        strategy: match ttl.strategy {
            TtlStrategy::Delete => PruneStrategy::Delete,
            TtlStrategy::KeepLatest => PruneStrategy::KeepLatest,
        },
        minutes: ttl.minutes,
    })
}
