//! Collects the problems of one text, turning byte ranges into lines, columns and excerpts.

use std::path::Path;

use jsonc_parser::common::Ranged;

use crate::problem::{Excerpt, Problem, Severity};

/// Lines longer than this many characters are shown in part: with the line's number before them they fit 80 columns, and the carets
/// stand under what they mean.
const SHOWN_LINE: usize = 72;
/// How many characters of a long line are shown before the part that it is about.
const SHOWN_BEFORE: usize = 28;

/// The problems found so far in one file.
pub(crate) struct Report<'t> {
    file: &'t Path,
    text: &'t str,
    problems: Vec<Problem>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(file: &'t Path, text: &'t str) -> Self {
        Self {
            file,
            text,
            problems: Vec::new(),
        }
    }

    /// The file, as the caller named it.
    pub(crate) fn file(&self) -> &'t Path {
        self.file
    }

    /// Notes what stops the project from being served; the result takes a hint.
    pub(crate) fn error(&mut self, at: &impl Ranged, message: impl Into<String>) -> &mut Problem {
        self.add(Severity::Error, at, message.into())
    }

    /// Notes what the user should know; the result takes a hint.
    pub(crate) fn warning(&mut self, at: &impl Ranged, message: impl Into<String>) -> &mut Problem {
        self.add(Severity::Warning, at, message.into())
    }

    /// Notes problems of another file that this one led to.
    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems);
    }

    /// All problems, in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        self.problems
            .sort_by_key(|problem| (problem.file != self.file, problem.line, problem.column));
        self.problems
    }

    /// Notes a problem whose severity depends; the result takes a hint.
    pub(crate) fn add(
        &mut self,
        severity: Severity,
        at: &impl Ranged,
        message: String,
    ) -> &mut Problem {
        let (line, column, excerpt) = locate(self.text, at.start(), at.end());
        let problem = Problem {
            severity,
            file: self.file.to_path_buf(),
            line: Some(line),
            column: Some(column),
            excerpt: Some(excerpt),
            message,
            hint: None,
            lack: None,
        };
        let index = self.problems.len();
        self.problems.push(problem);
        &mut self.problems[index]
    }
}

/// The line and column (from 1) of the byte range, and the line around it.
fn locate(text: &str, start: usize, end: usize) -> (u32, u32, Excerpt) {
    let start = boundary(text, start);
    let end = boundary(text, end).max(start);
    let line_start = text[..start].rfind('\n').map_or(0, |index| index + 1);
    let line_end = text[start..]
        .find('\n')
        .map_or(text.len(), |index| start + index);
    let line = text[..start].matches('\n').count() + 1;
    let before = text[line_start..start].chars().count();
    let len = text[start..end.min(line_end)]
        .trim_end_matches('\r')
        .chars()
        .count()
        .max(1);
    let excerpt = shorten(
        text[line_start..line_end].trim_end_matches('\r'),
        before,
        len,
    );
    (number(line), number(before + 1), excerpt)
}

/// Keeps a minified file from filling the screen.
fn shorten(line: &str, start: usize, len: usize) -> Excerpt {
    if line.chars().count() <= SHOWN_LINE {
        return Excerpt {
            line_text: line.to_owned(),
            start,
            len,
        };
    }
    let skipped = start.saturating_sub(SHOWN_BEFORE);
    let mut line_text = String::new();
    if skipped > 0 {
        line_text.push('…');
    }
    let start = start - skipped + usize::from(skipped > 0);
    let mut rest = line.chars().skip(skipped);
    line_text.extend(rest.by_ref().take(SHOWN_LINE));
    if rest.next().is_some() {
        line_text.push('…');
    }
    let len = len
        .min(line_text.chars().count().saturating_sub(start))
        .max(1);
    Excerpt {
        line_text,
        start,
        len,
    }
}

/// The start of the character at this byte.
fn boundary(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len()))
        .rev()
        .find(|&byte| text.is_char_boundary(byte))
        .unwrap_or(0)
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
