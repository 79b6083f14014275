//! The statements at the top of a file of code, as far as a look at its lines tells them.

use lgx_config::Runtime;

/// A statement at the top of a module.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    /// What it defines.
    pub(super) defines: Option<Definition<'a>>,
    /// The line that it begins in, from 1; decorators come before it.
    pub(super) line: u32,
    /// What it is decorated with.
    pub(super) decorators: String,
    /// Its lines, without comments.
    pub(super) text: String,
}

/// A name that a statement defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Definition<'a> {
    pub(super) name: &'a str,
    pub(super) is_function: bool,
    /// Whether others see it as it is.
    pub(super) is_seen: bool,
}

/// The statements of a file.
pub(super) fn statements(text: &str, runtime: Runtime) -> Vec<Statement<'_>> {
    let mut statements = Vec::<Statement<'_>>::new();
    let mut quoted = false;
    // Whether the last statement says nothing yet but what the next one is decorated with.
    let mut is_decorator = false;
    for (index, line) in text.lines().enumerate() {
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
            Some(last) if goes_on && is_decorator => add(&mut last.decorators, code),
            Some(last) if goes_on => add(&mut last.text, code),
            // What is decorated belongs to its decorators.
            Some(last) if is_decorator => {
                is_decorator = code.starts_with('@');
                if is_decorator {
                    add(&mut last.decorators, code);
                } else {
                    last.defines = definition(code, runtime);
                    last.line = number(index);
                    add(&mut last.text, code);
                }
            }
            _ => {
                is_decorator = code.starts_with('@');
                let mut statement = Statement {
                    defines: definition(code, runtime),
                    line: number(index),
                    decorators: String::new(),
                    text: String::new(),
                };
                if is_decorator {
                    add(&mut statement.decorators, code);
                } else {
                    add(&mut statement.text, code);
                }
                statements.push(statement);
            }
        }
    }
    statements
}

fn add(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
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

/// What a line begins to define at the top of a module.
fn definition(line: &str, runtime: Runtime) -> Option<Definition<'_>> {
    match runtime {
        Runtime::Python => python(line),
        Runtime::Node => javascript(line),
    }
}

fn python(line: &str) -> Option<Definition<'_>> {
    let rest = line.strip_prefix("async ").unwrap_or(line);
    if let Some(rest) = rest.strip_prefix("def ") {
        let (name, _) = name_in(rest)?;
        return Some(Definition {
            name,
            is_function: true,
            is_seen: !name.starts_with('_'),
        });
    }
    let (name, rest) = name_in(line)?;
    rest.trim_start()
        .starts_with(['=', ':'])
        .then_some(Definition {
            name,
            is_function: false,
            is_seen: !name.starts_with('_'),
        })
}

fn javascript(line: &str) -> Option<Definition<'_>> {
    if let Some(rest) = line.strip_prefix("export default ") {
        let rest = rest.strip_prefix("async ").unwrap_or(rest);
        return Some(Definition {
            name: "default",
            is_function: rest.starts_with("function"),
            is_seen: true,
        });
    }
    let exported = line.strip_prefix("export ");
    let rest = exported.unwrap_or(line);
    let is_seen = exported.is_some();
    let function = rest.strip_prefix("async ").unwrap_or(rest);
    if let Some(rest) = function.strip_prefix("function ") {
        let (name, _) = name_in(rest)?;
        return Some(Definition {
            name,
            is_function: true,
            is_seen,
        });
    }
    let rest = ["const ", "let ", "var "]
        .iter()
        .find_map(|word| rest.strip_prefix(word))?;
    let (name, rest) = name_in(rest)?;
    rest.trim_start()
        .starts_with(['=', ':'])
        .then_some(Definition {
            name,
            is_function: false,
            is_seen,
        })
}

/// The name at the beginning, and what comes after it.
pub(super) fn name_in(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character| !is_part_of_name(character))?;
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then_some((name, rest))
}

/// Whether a character may be in the middle of a name.
pub(super) fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || "_$".contains(character)
}
