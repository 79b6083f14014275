//! `.env` files, read as python-dotenv reads them, because that is what the same file meets elsewhere.
//!
//! Unlike other readers it takes unquoted values with spaces, leaves `$` alone (only `${NAME}` and `${NAME:-default}` are replaced), and
//! carries on after a line it does not understand.

use std::collections::HashMap;

/// What a `.env` file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// The variables in the order they were first set, with their last values.
    pub(crate) variables: Vec<(String, String)>,
    /// Where each of them was first set, from 1.
    pub(crate) lines: Vec<u32>,
    /// What was passed over.
    pub(crate) bad_lines: Vec<BadLine>,
}

/// A line that was passed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// From 1.
    pub(crate) line: u32,
    /// What is wrong with it, without its text.
    pub(crate) reason: Reason,
}

/// Why a line was passed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is not understood; python-dotenv passes over it too.
    Unclear(&'static str),
    /// It is understood, and asks for a variable that no process can be given.
    Impossible(String),
}

/// The longest value of a variable, in bytes: a little less than what Linux passes on to a process.
const LONGEST_VALUE: usize = 128 * 1024 - 256;

/// The variables set so far, in the order in which they were first set.
#[derive(Default)]
struct Variables {
    list: Vec<(String, String)>,
    lines: Vec<u32>,
    places: HashMap<String, usize>,
}

impl Variables {
    /// Sets a variable on a line; a second setting replaces the first.
    fn set(&mut self, name: &str, value: String, line: u32) {
        if let Some(&place) = self.places.get(name) {
            self.list[place].1 = value;
        } else {
            self.places.insert(name.to_owned(), self.list.len());
            self.list.push((name.to_owned(), value));
            self.lines.push(line);
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let &place = self.places.get(name)?;
        Some(&self.list[place].1)
    }
}

/// Why no process can be given this variable. The value is not shown: it may be a secret.
pub(crate) fn impossible(name: &str, value: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Some(format!("{name:?} cannot be the name of a variable"));
    }
    if value.contains('\0') {
        return Some(format!("the value of variable {name} has a NUL character"));
    }
    (value.len() > LONGEST_VALUE)
        .then(|| format!("the value of variable {name} is longer than a process can be given"))
}

/// Reads the text of a `.env` file. `${NAME}` refers to a variable set above it, or else to `lookup`.
pub(crate) fn parse(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Parsed {
    let mut variables = Variables::default();
    let mut bad_lines = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = text.trim_start();
    let (mut line, mut counted) = (1, 0);
    while !rest.is_empty() {
        let here = text.len() - rest.len();
        line += text[counted..here].matches('\n').count();
        counted = here;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let mut bad = |reason| {
            bad_lines.push(BadLine { line, reason });
        };
        match statement(rest) {
            Ok((binding, after)) => {
                if let Some((name, value)) = binding {
                    let value = expand(&value, &variables, lookup);
                    match impossible(name, &value) {
                        Some(reason) => bad(Reason::Impossible(reason)),
                        None => variables.set(name, value, line),
                    }
                }
                rest = after.trim_start();
            }
            Err(reason) => {
                bad(Reason::Unclear(reason));
                rest = rest
                    .split_once('\n')
                    .map_or("", |(_, after)| after)
                    .trim_start();
            }
        }
    }
    Parsed {
        variables: variables.list,
        lines: variables.lines,
        bad_lines,
    }
}

/// What was read from the start of a text and the text after it, or why nothing could be.
type Read<'t, T> = Result<(T, &'t str), &'static str>;

/// One statement: what it sets, if anything.
fn statement(text: &str) -> Read<'_, Option<(&str, String)>> {
    if text.starts_with('#') {
        return Ok((None, end_of_line(text)?));
    }
    let text = match text.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start_matches([' ', '\t']),
        _ => text,
    };
    let (name, after) = name(text)?;
    let after = after.trim_start_matches([' ', '\t']);
    let Some(after) = after.strip_prefix('=') else {
        // `NAME` alone sets nothing.
        return match end_of_line(after) {
            Ok(rest) => Ok((None, rest)),
            Err(_) => Err("there is no '=' after the name"),
        };
    };
    let (value, after) = value(after)?;
    Ok((Some((name, value)), end_of_line(after)?))
}

fn name(text: &str) -> Read<'_, &str> {
    if let Some(quoted) = text.strip_prefix('\'') {
        return quoted
            .split_once('\'')
            .filter(|(name, _)| !name.is_empty())
            .ok_or("the quote around the name is not closed");
    }
    let end = text
        .find(|c: char| c == '=' || c == '#' || c.is_whitespace())
        .unwrap_or(text.len());
    if end == 0 {
        Err("there is no name before the '='")
    } else {
        Ok(text.split_at(end))
    }
}

fn value(text: &str) -> Read<'_, String> {
    let trimmed = text.trim_start_matches([' ', '\t']);
    match trimmed.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            quoted(&trimmed[1..], quote).ok_or("the quote around the value is not closed")
        }
        Some('#') if trimmed.len() < text.len() => Ok((String::new(), trimmed)),
        _ => {
            let end = trimmed.find(['\r', '\n']).unwrap_or(trimmed.len());
            let (value, after) = trimmed.split_at(end);
            Ok((without_comment(value).trim_end().to_owned(), after))
        }
    }
}

/// The text up to the closing quote, with its escapes undone, and what follows the quote.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        if character == quote {
            return Some((value, &text[index + 1..]));
        }
        if character != '\\' {
            value.push(character);
            continue;
        }
        let (_, escaped) = characters.next()?;
        match (escaped, quote) {
            ('\\' | '\'', _) | ('"', '"') => value.push(escaped),
            ('n', '"') => value.push('\n'),
            ('r', '"') => value.push('\r'),
            ('t', '"') => value.push('\t'),
            ('a', '"') => value.push('\u{7}'),
            ('b', '"') => value.push('\u{8}'),
            ('f', '"') => value.push('\u{c}'),
            ('v', '"') => value.push('\u{b}'),
            _ => value.extend(['\\', escaped]),
        }
    }
    None
}

/// A comment in an unquoted value starts with a `#` after a space.
fn without_comment(value: &str) -> &str {
    let hash = value
        .char_indices()
        .find(|&(index, c)| c == '#' && value[..index].ends_with(char::is_whitespace));
    hash.map_or(value, |(index, _)| &value[..index])
}

/// The text after this line, when nothing but a comment is left of it.
fn end_of_line(text: &str) -> Result<&str, &'static str> {
    let (line, after) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        Ok(after)
    } else {
        Err("there is text after the closing quote")
    }
}

/// Replaces `${NAME}` and `${NAME:-default}`, until the value is too long in any case.
fn expand(value: &str, variables: &Variables, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, after)) = after.split_once('}') else {
            break;
        };
        let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
        expanded.push_str(before);
        match variables.get(name) {
            Some(value) => expanded.push_str(value),
            None => expanded.push_str(&lookup(name).unwrap_or_else(|| default.to_owned())),
        }
        rest = after;
        if expanded.len() > LONGEST_VALUE {
            break;
        }
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::{Reason, parse};

    #[test]
    fn values_are_read_as_python_dotenv_reads_them() {
        // Each case was checked against python-dotenv 1.x.
        for (text, expected) in [
            ("A=1", "1"),
            ("  A = 1  ", "1"),
            ("export A=1", "1"),
            ("\u{feff}A=1\r\n", "1"),
            ("A=hello world", "hello world"),
            ("A=pa$$word$HOME", "pa$$word$HOME"),
            ("A=a#b", "a#b"),
            ("A=a # b", "a"),
            ("A=a\t# b", "a"),
            ("A= # b", ""),
            ("A=#b", "#b"),
            ("A=", ""),
            ("A=x=y", "x=y"),
            ("A='it\\'s $x'", "it's $x"),
            ("A='a\\nb'", "a\\nb"),
            ("A=\"a\\nb\\t\\\"c\\\"\"", "a\nb\t\"c\""),
            ("A=\"one\ntwo\" # three", "one\ntwo"),
            ("A=\"\\d\"", "\\d"),
            ("A=it's", "it's"),
            ("A=é ü", "é ü"),
            ("'A'=1", "1"),
            ("B=2\nA=${B}-${B}", "2-2"),
            ("A=${NONE:-fallback}!", "fallback!"),
            ("A=${NONE}!", "!"),
            ("A=${OUTSIDE}", "from outside"),
            ("OUTSIDE=inside\nA=${OUTSIDE}", "inside"),
            ("A=${open", "${open"),
            ("A=1\nA=2", "2"),
        ] {
            let parsed = parse(text, &|name| {
                (name == "OUTSIDE").then(|| "from outside".to_owned())
            });
            let value = parsed
                .variables
                .iter()
                .find(|(name, _)| name == "A")
                .map(|(_, value)| &**value);
            assert_eq!(
                (value, &*parsed.bad_lines),
                (Some(expected), &[][..]),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_line_that_is_not_understood_costs_only_itself() {
        let parsed = parse("# c\n\nA=1\nB 2\n=3\nC='x' y\n'D=4\nE\n\nF=6", &|_| None);
        let names: Vec<_> = parsed.variables.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["A", "F"]);
        let lines: Vec<_> = parsed
            .bad_lines
            .iter()
            .map(|bad| match bad.reason {
                Reason::Unclear(what) => (bad.line, what),
                Reason::Impossible(_) => panic!("{bad:?}"),
            })
            .collect();
        assert_eq!(
            lines,
            [
                (4, "there is no '=' after the name"),
                (5, "there is no name before the '='"),
                (6, "there is text after the closing quote"),
                (7, "the quote around the name is not closed"),
            ]
        );
    }

    #[test]
    fn what_no_process_can_be_given_names_the_line_and_the_variable() {
        let doubled = "A=xxxxxxxx\n".to_owned() + &"A=${A}${A}\n".repeat(60);
        for (text, line, said) in [
            ("A=1\nB=x\0y", 2, "the value of variable B has a NUL"),
            ("C=\"x\0\"", 1, "the value of variable C has a NUL"),
            ("\0D=1", 1, r#""\0D" cannot be the name"#),
            ("'E=F'=1", 1, r#""E=F" cannot be the name"#),
            (&doubled, 15, "the value of variable A is longer than"),
        ] {
            let parsed = parse(text, &|_| None);
            let bad = &parsed.bad_lines[0];
            assert_eq!(bad.line, line, "{text:.40}");
            assert!(
                matches!(&bad.reason, Reason::Impossible(reason) if reason.starts_with(said)),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_file_of_very_many_lines_is_read_in_one_pass() {
        use std::fmt::Write as _;
        let mut text = String::new();
        for number in 0..100_000 {
            writeln!(text, "V{number}={number}").unwrap();
        }

        let parsed = parse(&text, &|_| None);

        assert_eq!(parsed.variables.len(), 100_000);
    }
}
