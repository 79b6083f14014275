//! What of a state is carried: the tables and columns that both backends have, in the order in which they are carried.
//!
//! What is not here is known otherwise: sequences by the order of rows, terms and folded names by what they are made of, whose turn and
//! home a run or thread was by whoever takes it up.

/// A table that is carried.
#[derive(Debug)]
pub(crate) struct Table {
    /// What a line calls a row of it.
    pub(crate) noun: &'static str,
    /// Its name in the database.
    pub(crate) name: &'static str,
    /// What is carried of a row.
    pub(crate) columns: &'static [Column],
    /// In which order rows are carried.
    pub(crate) order: &'static str,
}

/// A column that is carried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name in the database and on a line.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether it may be empty; then a line does not have it.
    pub(crate) optional: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A UUID.
    Id,
    /// A text.
    Text,
    /// JSON.
    Json,
    /// A whole number.
    Number,
    /// Any number.
    Real,
    /// Yes or no.
    Flag,
    /// Bytes.
    Bytes,
    /// Bytes that a backend may have packed.
    Value,
    /// The labels of an item's namespace.
    Namespace,
    /// An item's key.
    Key,
    /// The id of the run that a row belongs to by that run's sequence.
    RunOfRow,
}

const fn id(name: &'static str) -> Column {
    of(name, Kind::Id)
}
const fn text(name: &'static str) -> Column {
    of(name, Kind::Text)
}
const fn json(name: &'static str) -> Column {
    of(name, Kind::Json)
}
const fn number(name: &'static str) -> Column {
    of(name, Kind::Number)
}
const fn bytes(name: &'static str) -> Column {
    of(name, Kind::Bytes)
}
const fn of(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        optional: false,
    }
}
const fn maybe(column: Column) -> Column {
    Column {
        optional: true,
        ..column
    }
}

/// All of them. A row stands behind what it belongs to.
pub(crate) const TABLES: &[Table] = &[
    Table {
        noun: "assistant",
        name: "assistants",
        columns: &[
            id("assistant_id"),
            text("graph_id"),
            text("name"),
            maybe(text("description")),
            json("config"),
            json("context"),
            json("metadata"),
            number("created_at"),
            number("updated_at"),
            number("version"),
            of("is_default", Kind::Flag),
        ],
        order: "sequence",
    },
    Table {
        noun: "assistant_version",
        name: "assistant_versions",
        columns: &[
            id("assistant_id"),
            number("version"),
            text("graph_id"),
            text("name"),
            maybe(text("description")),
            json("config"),
            json("context"),
            json("metadata"),
            number("created_at"),
        ],
        order: "assistant_id, version",
    },
    Table {
        noun: "thread",
        name: "threads",
        columns: &[
            id("thread_id"),
            number("created_at"),
            number("updated_at"),
            number("state_updated_at"),
            json("metadata"),
            text("status"),
            text("resting_status"),
            json("config"),
            maybe(json("error")),
            json("interrupts"),
            number("behind"),
            maybe(of("ttl_minutes", Kind::Real)),
            maybe(text("ttl_strategy")),
            maybe(number("pruned_at")),
        ],
        order: "sequence",
    },
    Table {
        noun: "values",
        name: "thread_values",
        columns: &[id("thread_id"), json("state")],
        order: "thread_id",
    },
    Table {
        noun: "run",
        name: "runs",
        columns: &[
            id("run_id"),
            id("thread_id"),
            id("assistant_id"),
            maybe(number("assistant_version")),
            maybe(id("cron_id")),
            json("metadata"),
            text("status"),
            json("kwargs"),
            text("multitask_strategy"),
            number("created_at"),
            number("updated_at"),
            number("attempts"),
            maybe(text("stop")),
            maybe(text("stop_reason")),
        ],
        order: "sequence",
    },
    Table {
        noun: "gone_run",
        name: "gone_runs",
        columns: &[
            id("run_id"),
            id("thread_id"),
            id("assistant_id"),
            maybe(number("assistant_version")),
            maybe(id("cron_id")),
            json("metadata"),
            text("status"),
            json("kwargs"),
            text("multitask_strategy"),
            number("created_at"),
            number("updated_at"),
            number("attempts"),
            json("thread_metadata"),
            number("bytes"),
        ],
        order: "sequence DESC",
    },
    Table {
        noun: "run_record",
        name: "run_records",
        columns: &[
            of("run_id", Kind::RunOfRow),
            maybe(json("error")),
            maybe(number("started_at")),
            maybe(number("generation")),
            maybe(number("life")),
            number("steps_dropped"),
            number("calls_dropped"),
            bytes("steps"),
            bytes("calls"),
        ],
        order: "run_id",
    },
    Table {
        noun: "run_log",
        name: "run_logs",
        columns: &[
            of("run_id", Kind::RunOfRow),
            number("saved_at"),
            number("dropped"),
            number("count"),
            bytes("lines"),
        ],
        order: "run_id",
    },
    Table {
        noun: "checkpoint",
        name: "checkpoints",
        columns: &[
            id("thread_id"),
            text("checkpoint_ns"),
            text("checkpoint_id"),
            maybe(text("parent_checkpoint_id")),
            maybe(text("run_id")),
            text("encoding"),
            bytes("checkpoint"),
            json("metadata"),
            json("channel_versions"),
        ],
        order: "thread_id, checkpoint_ns, checkpoint_id",
    },
    Table {
        noun: "blob",
        name: "blobs",
        columns: &[
            id("thread_id"),
            text("checkpoint_ns"),
            text("channel"),
            text("version"),
            text("encoding"),
            of("value", Kind::Value),
        ],
        order: "thread_id, checkpoint_ns, channel, version",
    },
    Table {
        noun: "write",
        name: "writes",
        columns: &[
            id("thread_id"),
            text("checkpoint_ns"),
            text("checkpoint_id"),
            text("task_id"),
            number("idx"),
            text("channel"),
            text("task_path"),
            maybe(text("run_id")),
            text("encoding"),
            of("value", Kind::Value),
        ],
        order: "thread_id, checkpoint_ns, checkpoint_id, task_id, idx",
    },
    Table {
        noun: "cron",
        name: "crons",
        columns: &[
            id("cron_id"),
            id("assistant_id"),
            maybe(id("thread_id")),
            text("user_id"),
            json("permissions"),
            maybe(text("end_time")),
            maybe(number("ends_at")),
            text("schedule"),
            maybe(text("timezone")),
            json("payload"),
            maybe(number("next_run_date")),
            json("metadata"),
            maybe(text("on_run_completed")),
            of("enabled", Kind::Flag),
            number("created_at"),
            number("updated_at"),
        ],
        order: "sequence",
    },
    Table {
        noun: "item",
        name: "items",
        columns: &[
            of("namespace", Kind::Namespace),
            of("key", Kind::Key),
            json("value"),
            number("created_at"),
            number("updated_at"),
            maybe(of("ttl_minutes", Kind::Real)),
            maybe(number("expires_at")),
            maybe(number("dimensions")),
            maybe(bytes("vectors")),
        ],
        order: "sequence",
    },
    Table {
        noun: "event",
        name: "events",
        columns: &[
            id("thread_id"),
            id("run_id"),
            number("millis"),
            number("serial"),
            number("seq"),
            number("frames"),
            text("name"),
            bytes("data"),
        ],
        order: "sequence",
    },
    Table {
        noun: "event_mark",
        name: "event_marks",
        columns: &[id("thread_id"), number("seq")],
        order: "thread_id",
    },
    Table {
        noun: "report",
        name: "reports",
        columns: &[
            json("metadata"),
            json("run"),
            number("began"),
            json("thread_values"),
            maybe(json("error")),
            number("tries"),
            number("tried_at"),
        ],
        order: "report_id",
    },
];
