//! The `store` section: how items of long-term memory are found by meaning, and how long they live.

use std::path::Path;

use jsonc_parser::ast::Value;

use crate::config::{Embed, ItemTtl, Store, StoreIndex};
use crate::report::Report;
use crate::section::{Section, wrong_type};
use crate::target::{self, Wanted};

const EXAMPLE: &str = r#"write "index": { "embed": "openai:text-embedding-3-small", "dims": 1536 }, or name a function of yours: "embed": "./src/embed.py:embed""#;

/// Reads the section; without it items are found by their fields alone and live for ever.
pub(crate) fn read(file: Section<'_>, root: &Path, report: &mut Report<'_>) -> Store {
    let Some(section) = file.section("store", report) else {
        return Store::default();
    };
    Store {
        index: section
            .section("store.index", report)
            .and_then(|index| read_index(index, root, report)),
        ttl: section
            .section("store.ttl", report)
            .and_then(|ttl| read_ttl(ttl, report)),
    }
}

fn read_index(section: Section<'_>, root: &Path, report: &mut Report<'_>) -> Option<StoreIndex> {
    let mut required = |key: &str| {
        let missing = section.value(key).is_none();
        if missing {
            report
                .error(section.object(), format!("`store.index` has no `{key}`"))
                .hint(EXAMPLE);
        }
        !missing
    };
    let complete = [required("embed"), required("dims")];
    let fields = section.strings("fields", report);
    if complete.contains(&false) {
        return None;
    }
    Some(StoreIndex {
        dims: read_dims(section, report)?,
        embed: read_embed(section, root, report)?,
        fields: fields.unwrap_or_else(|| vec!["$".to_owned()]),
    })
}

fn read_dims(section: Section<'_>, report: &mut Report<'_>) -> Option<u32> {
    let value = section.value("dims")?;
    let dims = value
        .as_number_lit()
        .and_then(|literal| literal.value.parse().ok())
        .filter(|dims| *dims > 0);
    if dims.is_none() {
        let expected = "a whole number of dimensions, more than 0";
        wrong_type(report, value, "`store.index.dims`", expected);
    }
    dims
}

/// `./file.py:function`, `package.module:function`, or `provider:model`. Names of providers have no dots.
fn read_embed(section: Section<'_>, root: &Path, report: &mut Report<'_>) -> Option<Embed> {
    let written = section.literal("embed", report)?;
    let text = written.value.trim();
    let place = text.split(':').next().unwrap_or_default();
    if place.contains(['/', '\\', '.']) {
        let wanted = Wanted {
            what: "`store.index.embed`",
            holds: "embedding function",
            usual: "embed",
        };
        return target::read(written, wanted, root, report).map(Embed::Code);
    }
    if text
        .split_once(':')
        .is_none_or(|(provider, model)| provider.is_empty() || model.is_empty())
    {
        report
            .error(
                written,
                format!("`store.index.embed` \"{text}\" names neither a model nor a function"),
            )
            .hint(EXAMPLE);
        return None;
    }
    Some(Embed::Model(text.to_owned()))
}

fn read_ttl(section: Section<'_>, report: &mut Report<'_>) -> Option<ItemTtl> {
    let refresh_on_read = section.flag("refresh_on_read", report).unwrap_or(true);
    let default_minutes = match section.value("default_ttl") {
        None => None,
        Some(value) => {
            let minutes = match value {
                Value::NumberLit(literal) => literal.value.parse().ok(),
                _ => None,
            };
            let minutes = minutes.filter(|minutes| *minutes > 0.0);
            if minutes.is_none() {
                let expected = "a number of minutes, more than 0";
                wrong_type(report, value, "`store.ttl.default_ttl`", expected);
                return None;
            }
            minutes
        }
    };
    Some(ItemTtl {
        default_minutes,
        refresh_on_read,
    })
}
