//! Which variable of a file of code holds a graph, by a look at its statements: nothing is run.

use lgx_config::Runtime;

/// What makes a graph, in either language.
const MAKERS: [&str; 7] = [
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

/// A statement at the top of a module.
struct Statement<'a> {
    /// The variable that it defines, if others see it.
    variable: Option<&'a str>,
    /// Whether it says nothing yet but what the next one is decorated with.
    is_decorator: bool,
    text: String,
}

/// The variable of a file that holds a graph, if it has one that others see.
pub(super) fn graph_of(text: &str, runtime: Runtime) -> Option<&str> {
    if !text.contains("langgraph") && !text.contains("langchain") && !text.contains("deepagents") {
        return None;
    }
    statements(text, runtime)
        .into_iter()
        .find_map(|statement| statement.variable.filter(|_| makes_graph(&statement.text)))
}

fn makes_graph(statement: &str) -> bool {
    let mut compiled = statement.match_indices(COMPILE);
    MAKERS.iter().any(|maker| statement.contains(maker))
        || compiled.any(|(at, _)| {
            let before = &statement[..at];
            let name = before.rsplit(|character| !is_part_of_name(character));
            !name.take(1).any(|name| COMPILERS.contains(&name))
        })
}

fn statements(text: &str, runtime: Runtime) -> Vec<Statement<'_>> {
    let mut statements = Vec::<Statement<'_>>::new();
    let mut quoted = false;
    for line in text.lines() {
        // What is quoted over several lines, or commented out, is no code.
        let (opens, closes) = match runtime {
            Runtime::Python => (line.matches("\"\"\"").count() % 2 == 1, "\"\"\""),
            Runtime::Node => (line.starts_with("/*") && !line.contains("*/"), "*/"),
        };
        if quoted {
            quoted = !line.contains(closes);
            continue;
        }
        quoted = opens;
        let code = without_comment(line, runtime);
        let goes_on = code.starts_with([' ', '\t', ')', ']', '}', '.']) || code.is_empty();
        match statements.last_mut() {
            Some(last) if goes_on => last.text.push_str(code),
            // What is decorated belongs to its decorators.
            Some(last) if last.is_decorator => {
                if last.text.contains("entrypoint(") {
                    last.variable = function(code);
                }
                last.is_decorator = code.starts_with('@');
                last.text.push_str(code);
            }
            _ => statements.push(Statement {
                variable: variable(code, runtime),
                is_decorator: code.starts_with('@'),
                text: code.to_owned(),
            }),
        }
    }
    statements
}

/// The code of a line; what is cut off a text that looks like a comment makes no graph.
fn without_comment(line: &str, runtime: Runtime) -> &str {
    let mark = match runtime {
        Runtime::Python => "#",
        Runtime::Node => "//",
    };
    let begins = |(at, _): &(usize, &str)| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    };
    let comment = line.match_indices(mark).find(begins);
    comment.map_or(line, |(at, _)| &line[..at])
}

/// The variable that a line begins to define at the top of a module.
fn variable(line: &str, runtime: Runtime) -> Option<&str> {
    let rest = match runtime {
        Runtime::Python => line,
        Runtime::Node if line.starts_with("export default ") => return Some("default"),
        Runtime::Node => line.strip_prefix("export const ")?,
    };
    let (name, rest) = name_in(rest)?;
    rest.trim_start().starts_with(['=', ':']).then_some(name)
}

/// The name of the function that a line of Python begins to define.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line);
    let (name, _) = name_in(rest.strip_prefix("def ")?)?;
    Some(name)
}

/// The name at the beginning, and what comes after it.
fn name_in(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character| !is_part_of_name(character))?;
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then_some((name, rest))
}

fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || "_$".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_that_makes_a_graph_in_python_is_found_among_others() {
        for (code, found) in [
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
            (
                "\"\"\"One line.\"\"\"\ngraph = (\n    builder\n    .compile()\n)",
                Some("graph"),
            ),
        ] {
            let text = format!("from langgraph.graph import StateGraph\n{code}\n");
            assert_eq!(graph_of(&text, Runtime::Python), found, "{code}");
        }
    }

    #[test]
    fn the_statement_that_makes_a_graph_in_typescript_is_found_among_others() {
        for (code, found) in [
            ("export const limit = 3;\n// then b.compile() it", None),
            ("export const limit = 3; // then b.compile() it", None),
            ("export const limit = 3;\n/**\n * b.compile()\n */", None),
            ("export const limit = 3;\n/*\nb.compile()\n*/", None),
            ("export const check = ajv.compile(schema);", None),
            (
                "/* one */\nexport const url = \"https://x\";\nexport const graph = b\n.compile();",
                Some("graph"),
            ),
            (
                "/*\n first\n*/\nexport const graph = b.compile({\n  name: \"x\",\n});",
                Some("graph"),
            ),
        ] {
            let text = format!("import \"@langchain/langgraph\";\n{code}\n");
            assert_eq!(graph_of(&text, Runtime::Node), found, "{code}");
        }
    }

    #[test]
    fn a_file_that_has_nothing_of_langgraph_is_passed_over() {
        assert_eq!(graph_of("graph = b.compile()\n", Runtime::Python), None);
    }
}
