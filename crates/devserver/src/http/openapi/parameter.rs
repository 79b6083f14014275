//! What endpoints read from the query and from headers, for the description of the API.

use serde_json::{Value, json};

use crate::http::follow::list::RUN_FIELDS;

/// Something that a request may have beside its path and its body.
pub(crate) struct Parameter {
    /// Its name.
    pub name: &'static str,
    place: ParameterPlace,
    kind: Kind,
    what: &'static str,
    required: bool,
}

#[derive(Clone, Copy)]
enum ParameterPlace {
    Query,
    Header,
}

#[derive(Clone, Copy)]
enum Kind {
    Flag,
    Text,
    /// A whole number, this or more.
    From(i64),
    Whole,
    /// Yes, no, or how deep.
    Depth,
    OneOf(&'static [&'static str]),
    /// Any number of these.
    SomeOf(&'static [&'static str]),
}

const fn query(name: &'static str, kind: Kind, what: &'static str) -> Parameter {
    Parameter {
        name,
        place: ParameterPlace::Query,
        kind,
        what,
        required: false,
    }
}

const fn required_query(name: &'static str, kind: Kind, what: &'static str) -> Parameter {
    Parameter {
        required: true,
        ..query(name, kind, what)
    }
}

const fn header(name: &'static str, kind: Kind, what: &'static str) -> Parameter {
    Parameter {
        name,
        place: ParameterPlace::Header,
        kind,
        what,
        required: false,
    }
}

const CANCEL_ON_DISCONNECT: Parameter = query(
    "cancel_on_disconnect",
    Kind::Flag,
    "Cancel the run when this client goes away before its end",
);
const ACTION: Parameter = query(
    "action",
    Kind::OneOf(&["interrupt", "rollback"]),
    "Keep what the run did, or delete it with the run; interrupt when absent",
);

pub(crate) const AGENT: &[Parameter] = &[required_query(
    "assistant_id",
    Kind::Text,
    "An assistant's id, or a graph's name for its default assistant",
)];
pub(crate) const SCHEDULE: &[Parameter] = &[
    required_query(
        "schedule",
        Kind::Text,
        "A cron expression, as in the body of a cron",
    ),
    query(
        "timezone",
        Kind::Text,
        "Its IANA time zone; UTC when absent",
    ),
    query(
        "end_time",
        Kind::Text,
        "From when on it is not due, in ISO 8601",
    ),
];
pub(crate) const HEALTH: &[Parameter] = &[
    query(
        "check_db",
        Kind::Whole,
        "Read from the store before answering",
    ),
    query(
        "ready",
        Kind::Flag,
        "Answer 503 until the graphs are loaded",
    ),
];
pub(crate) const METRICS: &[Parameter] = &[query(
    "format",
    Kind::Text,
    "`json`; all else, and nothing, is text for Prometheus",
)];
pub(crate) const DELETE_THREADS: &[Parameter] = &[query(
    "delete_threads",
    Kind::Flag,
    "Delete the assistant's threads too",
)];
pub(crate) const XRAY: &[Parameter] = &[query(
    "xray",
    Kind::Depth,
    "Draw the subgraphs too: all of them, or so many levels",
)];
pub(crate) const SOURCE: &[Parameter] = &[
    query(
        "file",
        Kind::Text,
        "A file of the project, from its folder, or absolute",
    ),
    query("line", Kind::From(1), "The line in it"),
    query(
        "graph",
        Kind::Text,
        "Instead of a file: a graph, with `node`",
    ),
    query(
        "node",
        Kind::Text,
        "The node; `outer:inner` is one of a subgraph",
    ),
];
pub(crate) const RECURSE: &[Parameter] = &[query(
    "recurse",
    Kind::Flag,
    "Also the subgraphs of subgraphs",
)];
pub(crate) const INCLUDE: &[Parameter] = &[query(
    "include",
    Kind::SomeOf(&["ttl"]),
    "What to tell beyond the thread itself",
)];
pub(crate) const PREFER: &[Parameter] = &[header(
    "Prefer",
    Kind::OneOf(&["return=minimal"]),
    "Answer without the thread",
)];
pub(crate) const SUBGRAPHS: &[Parameter] = &[query(
    "subgraphs",
    Kind::Flag,
    "Put the states of subgraphs into their tasks",
)];
pub(crate) const CHECKPOINTS: &[Parameter] = &[
    query(
        "limit",
        Kind::Whole,
        "How many at most, up to 1000; 100 when absent",
    ),
    query("offset", Kind::Whole, "How many to pass over"),
    query(
        "ns",
        Kind::Text,
        "Only those of this namespace; of all when absent",
    ),
];
pub(crate) const HISTORY: &[Parameter] = &[
    query(
        "limit",
        Kind::Whole,
        "How many states at most; 1 when absent",
    ),
    query("before", Kind::Text, "Only states before this checkpoint"),
];
pub(crate) const RUNS: &[Parameter] = &[
    query(
        "limit",
        Kind::From(0),
        "How many runs at most; 10 when absent",
    ),
    query("offset", Kind::From(0), "How many runs to pass over"),
    query(
        "status",
        Kind::OneOf(&[
            "pending",
            "running",
            "error",
            "success",
            "timeout",
            "interrupted",
        ]),
        "Only runs in this state",
    ),
    query("select", Kind::SomeOf(RUN_FIELDS), "Only these fields"),
];
pub(crate) const JOIN: &[Parameter] = &[CANCEL_ON_DISCONNECT];
pub(crate) const STREAM: &[Parameter] = &[
    CANCEL_ON_DISCONNECT,
    query(
        "stream_mode",
        Kind::SomeOf(&[
            "values",
            "messages",
            "messages-tuple",
            "tasks",
            "checkpoints",
            "updates",
            "events",
            "debug",
            "custom",
            "tools",
        ]),
        "Only events of these modes",
    ),
    header(
        "Last-Event-ID",
        Kind::Text,
        "Go on after this event of a resumable run; -1 for all events",
    ),
];
pub(crate) const LOGS: &[Parameter] = &[query(
    "after",
    Kind::Whole,
    "Only lines behind the one of this id",
)];
pub(crate) const LAST_EVENT: &[Parameter] = &[header(
    "Last-Event-ID",
    Kind::Text,
    "Go on after this event",
)];
pub(crate) const THREAD_STREAM: &[Parameter] = &[
    query(
        "stream_modes",
        Kind::SomeOf(&["run_modes", "lifecycle", "state_update"]),
        "What to tell: what runs stream, that they begin and end, that a client changed the state; run_modes when absent",
    ),
    query(
        "stream_mode",
        Kind::SomeOf(&["run_modes", "lifecycle", "state_update"]),
        "The same, as the SDKs spell it",
    ),
    header(
        "Last-Event-ID",
        Kind::Text,
        "Go on after this event; -1 for all events that are kept",
    ),
];
const NAMESPACE: Parameter = required_query("namespace", Kind::Text, "The labels, joined by dots");
const ITEM_KEY: Parameter = required_query("key", Kind::Text, "The item's name there");

pub(crate) const ITEM_LIFE: &[Parameter] = &[NAMESPACE, ITEM_KEY];
pub(crate) const ITEM: &[Parameter] = &[
    NAMESPACE,
    ITEM_KEY,
    query(
        "refresh_ttl",
        Kind::Flag,
        "Let the item live for its whole time again; what langgraph.json says when absent",
    ),
];
pub(crate) const MCP: &[Parameter] = &[
    header(
        "MCP-Protocol-Version",
        Kind::Text,
        "The version of the protocol that was agreed upon",
    ),
    header(
        "Mcp-Session-Id",
        Kind::Text,
        "That of the answer to `initialize`: calls can be cancelled under it",
    ),
];
pub(crate) const CANCEL: &[Parameter] = &[
    query("wait", Kind::Flag, "Answer when the run has ended"),
    ACTION,
];
pub(crate) const CANCEL_MANY: &[Parameter] = &[ACTION];

impl Parameter {
    /// As the description of the API shows it.
    pub(crate) fn described(&self) -> Value {
        let place = match self.place {
            ParameterPlace::Query => "query",
            ParameterPlace::Header => "header",
        };
        json!({"name": self.name, "in": place, "required": self.required, "description": self.what, "schema": self.kind.schema()})
    }
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Flag => json!({"type": "boolean"}),
            Self::Text => json!({"type": "string"}),
            Self::From(least) => json!({"type": "integer", "minimum": least}),
            Self::Whole => json!({"type": "integer"}),
            Self::Depth => {
                json!({"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 1}]})
            }
            Self::OneOf(words) => json!({"type": "string", "enum": words}),
            Self::SomeOf(words) => {
                json!({"type": "array", "items": {"type": "string", "enum": words}})
            }
        }
    }
}

/// A placeholder of a path.
pub(super) fn in_path(path: &str, name: &str) -> Value {
    // The drawing of a graph can also be asked for by the graph's name.
    let by_name = name == "assistant_id" && path.ends_with("/graph");
    let (what, is_uuid) = match name {
        "thread_id" => ("The thread", true),
        "run_id" => ("The run", true),
        "cron_id" => ("The cron", true),
        "assistant_id" if by_name => (
            "The assistant, or a graph's name for its default assistant",
            false,
        ),
        "assistant_id" => ("The assistant", true),
        "checkpoint_id" => ("The checkpoint", false),
        "namespace" => ("The subgraph: names of nodes, joined by `|`", false),
        _ => ("", false),
    };
    let schema = if is_uuid {
        json!({"type": "string", "format": "uuid"})
    } else {
        json!({"type": "string", "minLength": 1})
    };
    json!({"name": name, "in": "path", "required": true, "description": what, "schema": schema})
}
