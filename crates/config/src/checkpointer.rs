//! The `checkpointer` section: how long threads live.

use jsonc_parser::ast::Value;

use crate::config::{ThreadTtl, TtlStrategy};
use crate::report::Report;
use crate::section::{Section, wrong_type};

/// Reads `checkpointer.ttl`; threads live for ever without a `default_ttl` in it.
pub(crate) fn read_ttl(file: Section<'_>, report: &mut Report<'_>) -> Option<ThreadTtl> {
    let section = file
        .section("checkpointer", report)?
        .section("checkpointer.ttl", report)?;
    let strategy = match section.literal("strategy", report) {
        None => TtlStrategy::Delete,
        Some(literal) => match &*literal.value {
            "delete" => TtlStrategy::Delete,
            "keep_latest" => TtlStrategy::KeepLatest,
            other => {
                report
                    .error(
                        literal,
                        format!("`checkpointer.ttl.strategy` \"{other}\" is not known"),
                    )
                    .hint("write \"delete\" or \"keep_latest\"");
                return None;
            }
        },
    };
    let value = section.value("default_ttl")?;
    let minutes = match value {
        Value::NumberLit(literal) => literal.value.parse().ok(),
        _ => None,
    };
    let Some(minutes) = minutes.filter(|minutes| *minutes > 0.0) else {
        wrong_type(
            report,
            value,
            "`checkpointer.ttl.default_ttl`",
            "a number of minutes, more than 0",
        );
        return None;
    };
    Some(ThreadTtl { strategy, minutes })
}
