//! What a page of a search reads and how it is sorted: the same on each backend, which puts it behind `SELECT` and `ORDER BY`.

use lgx_model::query::{
    AssistantQuery, AssistantSort, CronQuery, CronSort, Fields, SortOrder, ThreadQuery, ThreadSort,
};

/// The column of a field, or what stands in for it where it is not wanted: reading and checking what is large takes its time.
pub(crate) fn wanted<'a>(fields: &Fields, field: &'a str, instead: &'a str) -> &'a str {
    if fields.has(field) { field } else { instead }
}

/// The columns of assistants that a query wants, with their table.
pub(crate) fn assistant_columns(query: &AssistantQuery) -> String {
    format!(
        "assistant_id, graph_id, {}, {}, {}, name, created_at, updated_at, version, description FROM assistants",
        wanted(&query.fields, "config", "'{}'"),
        wanted(&query.fields, "context", "'{}'"),
        wanted(&query.fields, "metadata", "'{}'"),
    )
}

/// How assistants are sorted. `folded_name` is where the backend has a name whose case does not count.
pub(crate) fn assistant_order(query: &AssistantQuery, folded_name: &str) -> String {
    let direction = direction(query.sort_order);
    match query.sort_by {
        AssistantSort::AssistantId => format!("assistant_id {direction}"),
        AssistantSort::CreatedAt => format!("created_at {direction}, sequence {direction}"),
        AssistantSort::UpdatedAt => format!("updated_at {direction}, sequence {direction}"),
        AssistantSort::Name => format!("{folded_name} {direction}, sequence"),
        AssistantSort::GraphId => format!("graph_id {direction}, sequence"),
    }
}

/// How threads are sorted. The id says of which table, as values that are joined have one too.
pub(crate) fn thread_order(query: &ThreadQuery) -> String {
    let direction = direction(query.sort_order);
    match query.sort_by {
        ThreadSort::ThreadId => format!("threads.thread_id {direction}, sequence {direction}"),
        ThreadSort::Status => format!("status {direction}, sequence"),
        ThreadSort::CreatedAt => format!("created_at {direction}, sequence {direction}"),
        ThreadSort::UpdatedAt => format!("updated_at {direction}, sequence {direction}"),
        ThreadSort::StateUpdatedAt => {
            format!("state_updated_at {direction}, sequence {direction}")
        }
    }
}

/// The columns of crons that a query wants, with their table.
pub(crate) fn cron_columns(query: &CronQuery) -> String {
    format!(
        "cron_id, assistant_id, thread_id, user_id, end_time, schedule, timezone, {}, next_run_date, {},
           on_run_completed, enabled, created_at, updated_at, ends_at, permissions FROM crons",
        wanted(&query.fields, "payload", "'{}'"),
        wanted(&query.fields, "metadata", "'{}'"),
    )
}

/// How crons are sorted: one without a date or a thread is greater than any with one.
pub(crate) fn cron_order(query: &CronQuery) -> String {
    let direction = direction(query.sort_order);
    let missing = match query.sort_order {
        SortOrder::Asc => "NULLS LAST",
        SortOrder::Desc => "NULLS FIRST",
    };
    let (column, among_equals) = match query.sort_by {
        CronSort::CronId => ("cron_id", "ASC"),
        CronSort::AssistantId => ("assistant_id", "ASC"),
        CronSort::ThreadId => ("thread_id", "ASC"),
        CronSort::NextRunDate => ("next_run_date", "ASC"),
        CronSort::EndTime => ("ends_at", "ASC"),
        CronSort::CreatedAt => ("created_at", direction),
        CronSort::UpdatedAt => ("updated_at", direction),
    };
    format!("{column} {direction} {missing}, sequence {among_equals}")
}

/// The direction of a sort in SQL.
fn direction(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Asc => "ASC",
        SortOrder::Desc => "DESC",
    }
}
