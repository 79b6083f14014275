//! Which of the items that a search matches are on its page: the nearest first, where nearness is asked for.

use std::collections::HashSet;

use lgx_model::JsonObject;

use super::{ItemFilter, SearchItems};

/// Whether the text of a value passes. One nested too deep to be read passes no filter, and must not fail the search for all others.
pub(crate) fn passes(filter: &ItemFilter, value: &str) -> bool {
    serde_json::from_str::<JsonObject>(value).is_ok_and(|value| filter.matches(&value))
}

/// The page of a search.
pub(crate) fn window<'a, T>(all: &'a [T], search: &SearchItems) -> &'a [T] {
    let bounded = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let rest = all.get(bounded(search.offset)..).unwrap_or_default();
    &rest[..rest.len().min(bounded(search.limit))]
}

/// The items up to the end of the page in order of their nearness; of equal ones, and of those that cannot be compared, the oldest first.
/// `matching` is in the order in which they were first put, and `scored` says how near those are that can be compared.
pub(crate) fn ranked(
    matching: Vec<i64>,
    mut scored: Vec<(i64, f32)>,
    search: &SearchItems,
) -> Vec<(i64, Option<f32>)> {
    let nearer = |left: &(i64, f32), right: &(i64, f32)| {
        right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
    };
    let wanted = usize::try_from(search.offset.saturating_add(search.limit)).unwrap_or(usize::MAX);
    let mut ranked: Vec<(i64, Option<f32>)> = Vec::new();
    if wanted < scored.len() {
        scored.select_nth_unstable_by(wanted, nearer);
        scored.truncate(wanted);
    } else {
        let known: HashSet<i64> = scored.iter().map(|(sequence, _)| *sequence).collect();
        let scoreless = matching
            .into_iter()
            .filter(|sequence| !known.contains(sequence));
        ranked.extend(scoreless.map(|sequence| (sequence, None)));
    }
    scored.sort_unstable_by(nearer);
    let scored = scored
        .into_iter()
        .map(|(sequence, score)| (sequence, Some(score)));
    ranked.splice(..0, scored);
    ranked
}
