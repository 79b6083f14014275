//! Which names of a file of code are graphs, or functions that make one.

use std::collections::BTreeSet;

use lgx_config::Runtime;

use super::factories::{arrow_gives_graph, calls, is_called_as_server_calls, returns_graph};
use super::statements::{Statement, is_part_of_name, statements};

/// What makes a graph, in either language.
const MAKERS: [&str; 8] = [
    "Pregel(",
    "createAgent(",
    "createDeepAgent(",
    "createReactAgent(",
    "create_agent(",
    "create_deep_agent(",
    "create_react_agent(",
    "entrypoint(",
];

/// What a builder makes a graph with.
const COMPILE: &str = ".compile(";

/// What compiles something else.
const COMPILERS: [&str; 5] = ["Handlebars", "WebAssembly", "ajv", "re", "regex"];

/// What the library itself is called in imports.
const LIBRARIES: [&str; 3] = ["langgraph", "langchain", "deepagents"];

/// How something is a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GraphKind {
    /// It is one.
    Compiled,
    /// It is a function that makes one.
    Factory,
}

/// A graph of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GraphInCode<'a> {
    pub(super) name: &'a str,
    pub(super) line: u32,
    pub(super) kind: GraphKind,
}

/// The graphs of a file that others see. `makers` are the functions of the project that make one.
pub(super) fn graphs_of<'a>(
    text: &'a str,
    runtime: Runtime,
    makers: &BTreeSet<String>,
) -> Vec<GraphInCode<'a>> {
    if !has_library(text) && !makers.iter().any(|maker| text.contains(maker)) {
        return Vec::new();
    }
    let statements = statements(text, runtime);
    let exports = exports(text, runtime);
    let mut found = Vec::new();
    for statement in &statements {
        let Some(definition) = statement.defines else {
            continue;
        };
        let seen = if definition.is_seen {
            Some(definition.name)
        } else {
            let exported = exports.iter().find(|(own, _)| *own == definition.name);
            exported.map(|(_, seen)| *seen)
        };
        let (Some(name), Some(kind)) = (seen, kind_of(statement, runtime, makers)) else {
            continue;
        };
        found.push(GraphInCode {
            name,
            line: statement.line,
            kind,
        });
    }
    found
}

/// Whether a file imports anything that makes graphs.
pub(super) fn has_library(text: &str) -> bool {
    LIBRARIES.iter().any(|library| text.contains(library))
}

fn kind_of(
    statement: &Statement<'_>,
    runtime: Runtime,
    makers: &BTreeSet<String>,
) -> Option<GraphKind> {
    let definition = statement.defines?;
    if statement.decorators.contains("entrypoint") {
        return definition.is_function.then_some(GraphKind::Compiled);
    }
    let is_plain =
        statement.decorators.is_empty() || statement.decorators.contains("contextmanager");
    if definition.is_function {
        let serves = is_plain
            && returns_graph(&statement.text, makers)
            && is_called_as_server_calls(&statement.text, runtime);
        return serves.then_some(GraphKind::Factory);
    }
    let value = value_of(&statement.text, definition.name);
    if is_arrow(value) {
        let serves = arrow_gives_graph(value, makers) && is_called_as_server_calls(value, runtime);
        return serves.then_some(GraphKind::Factory);
    }
    // A heap of graphs, and what makes one later, are none.
    if value.starts_with(['{', '[']) || value.starts_with("lambda") {
        return None;
    }
    (makes_graph(value) || calls(value, makers)).then_some(GraphKind::Compiled)
}

/// What a variable is set to.
pub(super) fn value_of<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = match text.strip_prefix("export default ") {
        Some(rest) if name == "default" => return rest.trim_start(),
        _ => text,
    };
    // A type may have an arrow in it, and a default.
    let at = rest.match_indices('=').find(|(at, _)| {
        let after = rest[at + 1..].chars().next();
        !matches!(after, Some('>' | '='))
    });
    at.map_or("", |(at, _)| rest[at + 1..].trim_start())
}

/// Whether a value of JavaScript is a function that is written with an arrow.
pub(super) fn is_arrow(value: &str) -> bool {
    let value = value.strip_prefix("async").map_or(value, str::trim_start);
    let after = if value.starts_with('(') {
        match closing(value) {
            Some(end) => &value[end + 1..],
            None => return false,
        }
    } else {
        value.trim_start_matches(is_part_of_name)
    };
    let after = after.trim_start();
    after.starts_with("=>") || (after.starts_with(':') && after.contains("=>"))
}

/// Where the parenthesis is closed that a text begins with.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// Whether code makes a graph.
pub(super) fn makes_graph(code: &str) -> bool {
    let mut compiled = code.match_indices(COMPILE);
    MAKERS.iter().any(|maker| code.contains(maker))
        || compiled.any(|(at, _)| {
            let before = &code[..at];
            let name = before.rsplit(|character| !is_part_of_name(character));
            !name.take(1).any(|name| COMPILERS.contains(&name))
        })
}

/// The names that a module of JavaScript exports behind their definition, each with what others see.
fn exports(text: &str, runtime: Runtime) -> Vec<(&str, &str)> {
    if runtime == Runtime::Python {
        return Vec::new();
    }
    let mut exports = Vec::new();
    for (at, opening) in text.match_indices("export {") {
        let Some((names, after)) = text[at + opening.len()..].split_once('}') else {
            continue;
        };
        // What another module has is no graph of this one.
        if after.trim_start().starts_with("from") {
            continue;
        }
        for name in names.split(',').map(str::trim) {
            let (own, seen) = name.split_once(" as ").unwrap_or((name, name));
            exports.push((own.trim(), seen.trim()));
        }
    }
    for line in text.lines() {
        if let Some(own) = line.strip_prefix("export default ") {
            exports.push((own.trim_end().trim_end_matches(';'), "default"));
        }
    }
    exports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, runtime: Runtime) -> Vec<(&str, GraphKind)> {
        let graphs = graphs_of(text, runtime, &BTreeSet::new());
        graphs
            .iter()
            .map(|graph| (graph.name, graph.kind))
            .collect()
    }

    #[test]
    fn the_statement_that_makes_a_graph_in_python_is_found_among_others() {
        for (code, expected) in [
            (
                "WORD = re.compile(\"x\")\ngraph = builder.compile()",
                Some("graph"),
            ),
            ("WORD = re.compile(\"x\")", None),
            (
                "saver = InMemorySaver()\n@entrypoint(checkpointer=saver)\ndef workflow(x):\n    return x",
                Some("workflow"),
            ),
            (
                "limit = 3\n@entrypoint(\n    checkpointer=saver,\n)\nasync def workflow(x):\n    return x",
                Some("workflow"),
            ),
            (
                "limit = 3\n@tool\ndef make():\n    return b.compile()",
                None,
            ),
            (
                "limit = 3\n@tool\ndef make():\n    return 1\ngraph = core.compile()",
                Some("graph"),
            ),
            ("limit = 3\n# then b.compile() it", None),
            ("limit = 3  # b.compile()", None),
            ("limit = 3\n\"\"\"Then\ngraph = b.compile()\n\"\"\"", None),
            ("limit = 3\nprint(b.compile())", None),
            ("_graph = b.compile()", None),
            ("agents = {\n    \"a\": create_agent(model),\n}", None),
            ("make = lambda: create_agent(model)", None),
            (
                "\"\"\"One line.\"\"\"\ngraph = (\n    builder\n    .compile()\n)",
                Some("graph"),
            ),
            (
                "graph: CompiledStateGraph = (\n    builder.compile()\n)",
                Some("graph"),
            ),
        ] {
            let text = format!("from langgraph.graph import StateGraph\n{code}\n");
            let expected = expected.map(|name| (name, GraphKind::Compiled));
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(found(&text, Runtime::Python), expected, "{code}");
        }
    }

    #[test]
    fn functions_of_python_that_a_server_can_call_are_factories() {
        for (code, expected) in [
            ("def make(config):\n    return b.compile()", true),
            (
                "async def make(config: RunnableConfig, runtime: ServerRuntime):\n    graph = b.compile()\n    return graph",
                true,
            ),
            (
                "def make(c: RunnableConfig) -> Graph:\n    return create_agent(model)",
                true,
            ),
            (
                "@asynccontextmanager\nasync def make(config):\n    async with x as y:\n        yield create_agent(model)",
                true,
            ),
            (
                "def make():\n    def node(state):\n        return model.invoke(state)\n    b.add_node(node)\n    return b.compile()",
                true,
            ),
            (
                "def make(\n    config: RunnableConfig,\n):\n    return b.compile()",
                true,
            ),
            ("def make(model):\n    return b.compile()", false),
            (
                "def node(state):\n    return create_agent(model).invoke(state)",
                false,
            ),
            (
                "def ask():\n    agent = create_agent(model)\n    return agent.invoke(1)",
                false,
            ),
            (
                "def show():\n    graph = b.compile()\n    print(graph)",
                false,
            ),
            ("@tool\ndef make(config):\n    return b.compile()", false),
            (
                "class A:\n    def make(self):\n        return b.compile()",
                false,
            ),
        ] {
            let text = format!("from langgraph.graph import StateGraph\n{code}\n");
            let kinds: Vec<_> = found(&text, Runtime::Python)
                .iter()
                .map(|it| it.1)
                .collect();
            let factories = if expected {
                vec![GraphKind::Factory]
            } else {
                vec![]
            };
            assert_eq!(kinds, factories, "{code}");
        }
    }

    #[test]
    fn the_statement_that_makes_a_graph_in_typescript_is_found_among_others() {
        for (code, expected) in [
            ("export const limit = 3;\n// then b.compile() it", None),
            ("export const limit = 3; // then b.compile() it", None),
            ("export const limit = 3;\n/**\n * b.compile()\n */", None),
            ("export const limit = 3;\n/*\nb.compile()\n*/", None),
            ("export const check = ajv.compile(schema);", None),
            ("const graph = b.compile();", None),
            (
                "/* one */\nexport const url = \"https://x\";\nexport const graph = b\n.compile();",
                Some("graph"),
            ),
            (
                "/*\n first\n*/\nexport const graph = b.compile({\n  name: \"x\",\n});",
                Some("graph"),
            ),
            (
                "const graph = b.compile();\nexport { state, graph as chat };",
                Some("chat"),
            ),
            (
                "const graph = b.compile();\n\nexport default graph;",
                Some("default"),
            ),
            (
                "const graph = b.compile();\nexport { graph } from \"./other\";",
                None,
            ),
            (
                "export const flow = entrypoint(\"flow\", async (x) => x);",
                Some("flow"),
            ),
        ] {
            let text = format!("import \"@langchain/langgraph\";\n{code}\n");
            let expected = expected.map(|name| (name, GraphKind::Compiled));
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(found(&text, Runtime::Node), expected, "{code}");
        }
    }

    #[test]
    fn functions_of_typescript_that_return_a_graph_are_factories() {
        for (code, name) in [
            (
                "export async function make(config: RunnableConfig) {\n  return b.compile();\n}",
                "make",
            ),
            (
                "export const make = async (config) => {\n  const graph = b.compile();\n  return graph;\n};",
                "make",
            ),
            ("export const make = () => createAgent({ model });", "make"),
            (
                "export default async function (config) {\n  return b.compile();\n}",
                "default",
            ),
            (
                "function make() {\n  return b.compile();\n}\nexport { make };",
                "make",
            ),
        ] {
            let text = format!("import \"@langchain/langgraph\";\n{code}\n");
            assert_eq!(
                found(&text, Runtime::Node),
                [(name, GraphKind::Factory)],
                "{code}"
            );
        }
    }

    #[test]
    fn a_file_that_has_nothing_of_langgraph_is_passed_over() {
        assert!(found("graph = b.compile()\n", Runtime::Python).is_empty());
    }
}
