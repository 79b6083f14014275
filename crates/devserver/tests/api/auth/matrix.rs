//! The table of `tests/auth-matrix.json`: what each endpoint asks the project's handlers, and how it is called. The live tests hold real
//! handlers to the same table, and `docs/auth.md` shows it.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use crate::steps::NOBODY;

#[derive(Deserialize)]
struct Table {
    /// What handlers see of a noun, by the name that rows use for it.
    values: HashMap<String, Value>,
    rows: Vec<Row>,
}

/// One way to call an endpoint.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a mark that a row of the table may have"
)]
pub(super) struct Row {
    /// Its method and its path with placeholders.
    request: String,
    #[serde(default)]
    query: Option<String>,
    /// What it calls, of an endpoint that has several things to call.
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    /// Whether its path names a graph that is there, so that it gets beyond that.
    #[serde(default)]
    agent: bool,
    /// Whether the last that it asks about is asked of each thing that it shows.
    #[serde(default)]
    pub(super) of_each: bool,
    /// Whether it tells if the name is free that it gives to something.
    #[serde(default)]
    pub(super) taken: bool,
    /// Whether its answer goes on until the client leaves.
    #[serde(default)]
    pub(super) endless: bool,
    /// Whether it is a WebSocket.
    #[serde(default)]
    pub(super) socket: bool,
    /// Which resource and action it asks about, with the keys and types of the value, or their name in the table.
    pub(super) asks: Vec<(String, Value)>,
    /// What the official server does otherwise.
    #[serde(default)]
    official: Option<String>,
}

/// What there is to be named in a request.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) thread: String,
    pub(super) run: String,
    pub(super) assistant: String,
    pub(super) cron: String,
    pub(super) checkpoint: String,
    pub(super) interrupt: String,
}

impl Named {
    /// Nothing that is there.
    pub(super) fn nothing() -> Self {
        let id = || NOBODY.to_owned();
        Self {
            thread: id(),
            run: id(),
            assistant: id(),
            cron: id(),
            checkpoint: id(),
            interrupt: "0123456789abcdef".repeat(2),
        }
    }

    fn all(&self) -> [(&'static str, &str); 6] {
        [
            ("thread", &*self.thread),
            ("run", &*self.run),
            ("assistant", &*self.assistant),
            ("cron", &*self.cron),
            ("checkpoint", &*self.checkpoint),
            ("interrupt", &*self.interrupt),
        ]
    }
}

impl Row {
    pub(super) fn method(&self) -> &str {
        self.request.split_once(' ').unwrap().0
    }

    pub(super) fn template(&self) -> &str {
        self.request.split_once(' ').unwrap().1
    }

    /// The path and query.
    pub(super) fn path(&self, named: &Named) -> String {
        let mut path = self
            .template()
            .replace("{namespace}", "some:subgraph")
            .replace("{graph_id}", "agent")
            .replace("_id}", "}");
        if self.agent {
            path = path.replace("{assistant}", "agent");
        }
        for (name, id) in named.all() {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        assert!(!path.contains('{'), "{path}: say what to put there");
        match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        }
    }

    /// The body; empty if it takes none.
    pub(super) fn body(&self, named: &Named) -> String {
        let mut body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        for (name, id) in named.all() {
            body = body.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        let task = format!("\"{}:{}\"", named.thread, named.run);
        body.replace("\"$task\"", &task)
    }

    fn documented(&self) -> String {
        let request = &self.request;
        match (&self.query, &self.method) {
            (Some(query), _) => format!("{request}?{query}"),
            (None, Some(method)) => format!("{request} {method}"),
            (None, None) => request.clone(),
        }
    }

    /// Whether it names anything that may be somebody's.
    pub(super) fn names_something(&self) -> bool {
        let body = self.body.as_ref().map(Value::to_string);
        self.template().contains('{') || body.is_some_and(|body| body.contains("\"$"))
    }

    /// Whether it makes something.
    pub(super) fn makes_something(&self) -> bool {
        let actions = ["create", "create_run", "put"];
        let first = self.asks.first().map(|(asked, _)| asked.as_str());
        let action = first.and_then(|asked| asked.split_once('.'));
        action.is_some_and(|(_, action)| actions.contains(&action))
    }
}

fn table() -> Table {
    let table = include_str!("../../../../../tests/auth-matrix.json");
    let mut table: Table = serde_json::from_str(table).unwrap();
    for row in &mut table.rows {
        for (_, shape) in &mut row.asks {
            if let Value::String(name) = shape {
                *shape = table.values[name.as_str()].clone();
            }
        }
    }
    table
}

/// All rows, which have to be about the endpoints that are described, each of them.
pub(super) fn rows_of(description: &Value) -> Vec<Row> {
    let rows = table().rows;
    let mut described = HashSet::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["security"] != serde_json::json!([]) {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    for request in &described {
        assert!(
            rows.iter().any(|row| row.request == *request),
            "`{request}` has no row in tests/auth-matrix.json: add one with what it asks the project's handlers, in order (nothing: \
             `[]`), and a body that it takes. With that it is tested whether two users can see anything of each other there."
        );
    }
    for row in &rows {
        assert!(
            described.contains(&row.request),
            "tests/auth-matrix.json has a row for `{}`, which no route is for",
            row.request
        );
    }
    rows
}

/// What the worker adds to the values before handlers see them, as the user is found out in the same trip.
const ADDED_BY_WORKERS: [&str; 3] = [
    "langgraph_auth_user",
    "langgraph_auth_user_id",
    "langgraph_auth_permissions",
];

/// Checks that a value has the keys of the table, and no others.
#[track_caller]
pub(super) fn check_keys(what: &str, value: &Value, shape: &Value) {
    let Value::Object(shape) = shape else { return };
    let value = value
        .as_object()
        .unwrap_or_else(|| panic!("{what}: {value} is no object"));
    for key in value.keys() {
        let known = shape.contains_key(key) || shape.contains_key(&format!("{key}?"));
        assert!(
            known,
            "{what}: handlers see `{key}`, which is not in tests/auth-matrix.json"
        );
    }
    for (key, shape) in shape {
        if key.ends_with('?') || ADDED_BY_WORKERS.contains(&key.as_str()) {
            continue;
        }
        let Some(value) = value.get(key) else {
            panic!("{what}: handlers do not see `{key}`");
        };
        check_keys(&format!("{what}, {key}"), value, shape);
    }
}

const BEGIN: &str = "<!-- matrix: LGX_WRITE_DOCS=1 cargo test -p lgx-devserver --test api docs_say writes this table -->\n";
const END: &str = "<!-- end of matrix -->";

/// The table as users read it, one line for each way to ask.
fn as_documented() -> String {
    let mut text = String::from("\n| Request | Handlers asked | `value` |\n|---|---|---|\n");
    let mut before = String::new();
    for row in table().rows {
        let asks = |(asked, _): &(String, Value)| format!("`{asked}`");
        let asked: Vec<String> = row.asks.iter().map(asks).collect();
        let shapes = row.asks.iter().map(|(_, shape)| documented(shape));
        let shapes: Vec<String> = shapes.collect();
        let shown = row.documented();
        let line = format!(
            "| `{shown}` | {} | {} |\n",
            match asked.as_slice() {
                [] => "none".to_owned(),
                asked if row.of_each => format!("{} of each", asked.join(", then ")),
                asked => asked.join(", then "),
            },
            if shapes.is_empty() {
                "none".to_owned()
            } else {
                shapes.join("; ")
            },
        );
        if line != before {
            text.push_str(&line);
        }
        before = line;
    }
    text.push_str(
        "\nWhere the official server differs:\n\n| Request | The official server |\n|---|---|\n",
    );
    for row in table().rows {
        if let Some(official) = &row.official {
            writeln!(text, "| `{}` | {official} |", row.documented()).unwrap();
        }
    }
    text.push('\n');
    text
}

/// The keys of a value with their types; that of a run has a list of its own.
fn documented(shape: &Value) -> String {
    let Some(shape) = shape.as_object().filter(|shape| !shape.is_empty()) else {
        return "`{}`".to_owned();
    };
    if shape.contains_key("kwargs") {
        return "a run, see below".to_owned();
    }
    let keys = shape.iter().map(|(key, kind)| match kind {
        Value::String(kind) => format!("`{key}` {}", kind.replace(" | ", " or ")),
        inner => format!("`{key}` dict of {}", documented(inner)),
    });
    keys.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_docs_say_what_handlers_are_asked() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/auth.md");
    let page = std::fs::read_to_string(file).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    let table = as_documented();
    if std::env::var_os("LGX_WRITE_DOCS").is_some() {
        std::fs::write(file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(
            present == table,
            "docs/auth.md does not show tests/auth-matrix.json as it is; write the table with\n\
             LGX_WRITE_DOCS=1 cargo test -p lgx-devserver --test api docs_say"
        );
    }
}
