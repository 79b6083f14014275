//! Functions that make graphs: by what they return, whether a server can call them, and whether the project does so itself.

use std::collections::BTreeSet;

use lgx_config::Runtime;

use super::graphs::{closing, has_library, is_arrow, makes_graph, value_of};
use super::statements::{is_part_of_name, name_in, statements};
use super::{CodeFile, FoundGraph};

/// What ends the making of a value, in either language.
const GIVES: [&str; 2] = ["return ", "yield "];

/// What a graph does that is returned as what it says instead.
const USES: [&str; 4] = ["invoke(", "stream(", "batch(", "get_graph("];

/// The functions at the top of any file that return a graph, whatever they take.
pub(super) fn makers(code: &[CodeFile]) -> BTreeSet<String> {
    let mut makers = BTreeSet::new();
    // A function may return what another one makes.
    loop {
        let before = makers.len();
        for file in code {
            let imports = has_library(&file.text) || makers.iter().any(|it| file.text.contains(it));
            if !imports {
                continue;
            }
            for statement in statements(&file.text, file.runtime) {
                let Some(definition) = statement.defines else {
                    continue;
                };
                let gives_graph = if definition.is_function {
                    returns_graph(&statement.text, &makers)
                } else {
                    let value = value_of(&statement.text, definition.name);
                    is_arrow(value) && arrow_gives_graph(value, &makers)
                };
                if gives_graph {
                    makers.insert(definition.name.to_owned());
                }
            }
        }
        if makers.len() == before {
            return makers;
        }
    }
}

/// Whether a function returns a graph.
pub(super) fn returns_graph(function: &str, makers: &BTreeSet<String>) -> bool {
    let ends = |line: &str| GIVES.iter().any(|word| line.starts_with(word));
    let Some((before, given)) = split_at_last_line(function, ends) else {
        return false;
    };
    let given = given.split_once(' ').map_or("", |(_, given)| given);
    if USES.iter().any(|used| given.contains(used)) {
        return false;
    }
    if makes_graph(given) || calls(given, makers) {
        return true;
    }
    let name = given.trim_matches(|it: char| it.is_whitespace() || ";})".contains(it));
    let is_name = !name.is_empty() && name.chars().all(is_part_of_name);
    is_name && is_set_to_graph(name, before, makers)
}

/// Whether a variable of a function was last set to a graph.
fn is_set_to_graph(name: &str, before: &str, makers: &BTreeSet<String>) -> bool {
    let value_in = |line: &str| {
        let mut words = ["const ", "let "].iter();
        let line = words
            .find_map(|word| line.strip_prefix(word))
            .unwrap_or(line);
        let after = line.strip_prefix(name).map(str::trim_start);
        after.is_some_and(|after| after.starts_with(['=', ':']))
    };
    let Some((_, set)) = split_at_last_line(before, value_in) else {
        return false;
    };
    let value = set.split_once('=').map_or("", |(_, value)| value);
    makes_graph(value) || calls(value, makers)
}

/// What is before the last line that is looked for, and the rest from its first word on.
fn split_at_last_line(text: &str, is_it: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let mut found = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let word = line.trim_start();
        if is_it(word) {
            found = Some(at + line.len() - word.len());
        }
        at += line.len();
    }
    found.map(|at| text.split_at(at))
}

/// Whether a function of JavaScript gives a graph that is written with an arrow: it need not say `return`.
pub(super) fn arrow_gives_graph(function: &str, makers: &BTreeSet<String>) -> bool {
    if GIVES.iter().any(|word| function.contains(word)) {
        returns_graph(function, makers)
    } else {
        makes_graph(function) && !USES.iter().any(|used| function.contains(used))
    }
}

/// Whether a value is what one of these functions gives: `make(…)`, `await module.make(…)`.
pub(super) fn calls(value: &str, makers: &BTreeSet<String>) -> bool {
    let value = value.trim_start_matches(|it: char| it.is_whitespace() || it == '(');
    let value = value.strip_prefix("await ").unwrap_or(value);
    let mut rest = value;
    while let Some((name, after)) = name_in(rest) {
        match after.strip_prefix('.') {
            Some(inside) => rest = inside,
            None => return after.starts_with('(') && makers.contains(name),
        }
    }
    false
}

/// Whether a server can call a function, with the config, the runtime or nothing.
pub(super) fn is_called_as_server_calls(function: &str, runtime: Runtime) -> bool {
    let Some(parameters) = function.find('(').and_then(|at| {
        let rest = &function[at..];
        Some(&rest[1..closing(rest)?])
    }) else {
        return false;
    };
    let mut parameters = parameters_in(parameters);
    match runtime {
        Runtime::Python => parameters.all(|parameter| {
            let name = parameter
                .split([':', '='])
                .next()
                .unwrap_or_default()
                .trim();
            ["config", "runtime", "*"].contains(&name)
                || parameter.contains("RunnableConfig")
                || parameter.contains("Runtime")
                || (parameter.contains('=') && !name.starts_with('*'))
        }),
        Runtime::Node => parameters.count() <= 2,
    }
}

/// The parameters of a list, each with its type and default.
fn parameters_in(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let parts = list.split(move |character| {
        match character {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// Whether the project calls a function itself, in its own file or in one that imports it.
pub(super) fn is_called(graph: &FoundGraph, code: &[CodeFile]) -> bool {
    code.iter().any(|file| {
        let uses = || uses(&graph.name, &file.text);
        let mut calls = uses().filter(|(before, after)| {
            let is_defined = ["def ", "function "]
                .iter()
                .any(|word| before.ends_with(word));
            after.starts_with('(') && !is_defined
        });
        let is_imported = || uses().any(|(_, after)| !after.starts_with('('));
        calls.next().is_some() && (file.path == graph.file || is_imported())
    })
}

/// Where a name stands in code: what is before it in its line, and what comes after it.
fn uses<'a>(name: &str, text: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let lines = text.lines().filter(|line| {
        let line = line.trim_start();
        !["#", "//", "*", "/*", "\"", "'"]
            .iter()
            .any(|mark| line.starts_with(mark))
    });
    lines.flat_map(move |line| {
        let places: Vec<_> = line.match_indices(name).map(|(at, _)| at).collect();
        let parts = places
            .into_iter()
            .map(|at| (&line[..at], &line[at + name.len()..]));
        let whole = parts.filter(|(before, after)| {
            !before.ends_with(is_part_of_name) && !after.starts_with(is_part_of_name)
        });
        whole.collect::<Vec<_>>()
    })
}
