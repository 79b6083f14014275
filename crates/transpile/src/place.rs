//! Where something stands in a source, and what is told of what is wrong there.

use std::path::Path;

use lgx_model::Diagnostic;
use oxc_diagnostics::OxcDiagnostic;

/// A line and a column, both from 1; columns count as Node does, in units of UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column in it.
    pub column: u32,
}

/// Where the lines of a source begin.
pub(crate) struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(source: &'a str) -> Self {
        let mut starts = vec![0];
        let mut rest = source.bytes().enumerate().peekable();
        while let Some((at, byte)) = rest.next() {
            let ends = match byte {
                b'\n' => true,
                b'\r' => rest.peek().is_none_or(|(_, next)| *next != b'\n'),
                // U+2028 and U+2029 end lines too.
                0xE2 => matches!(
                    source.as_bytes().get(at..at + 3),
                    Some([_, 0x80, 0xA8 | 0xA9])
                ),
                _ => false,
            };
            if ends {
                starts.push(if byte == 0xE2 { at + 3 } else { at + 1 });
            }
        }
        Self { source, starts }
    }

    /// The place of a byte of the source; of its end for one that lies behind it.
    pub(crate) fn place(&self, offset: u32) -> Place {
        let mut offset = (offset as usize).min(self.source.len());
        while !self.source.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let before = self.source.get(start..offset).unwrap_or_default();
        Place {
            line: number(line),
            column: number(before.encode_utf16().count() + 1),
        }
    }

    /// What stands on a line.
    pub(crate) fn text(&self, line: u32) -> &'a str {
        let start = (line as usize).saturating_sub(1);
        let begin = self.starts.get(start).copied();
        let end = self
            .starts
            .get(start + 1)
            .copied()
            .unwrap_or(self.source.len());
        let text = begin.and_then(|begin| self.source.get(begin..end));
        text.unwrap_or_default()
            .trim_end_matches(['\n', '\r', '\u{2028}', '\u{2029}'])
    }

    /// The diagnostic of what is wrong at a byte of the source of `file`.
    pub(crate) fn diagnostic(&self, file: &Path, offset: u32, told: Told) -> Box<Diagnostic> {
        let place = self.place(offset);
        let column = place.column as usize;
        self.diagnostic_on_line(file, place.line as usize, column, told)
    }

    /// The same where somebody else has counted the lines and columns.
    pub(crate) fn diagnostic_on_line(
        &self,
        file: &Path,
        line: usize,
        column: usize,
        told: Told,
    ) -> Box<Diagnostic> {
        let line = number(line);
        let mut diagnostic = without_place(file, told);
        diagnostic.line = Some(line);
        diagnostic.column = Some(number(column));
        diagnostic.source = Some(self.text(line).to_owned());
        diagnostic
    }

    /// The diagnostic of the first thing that the compiler found.
    pub(crate) fn first<'d>(
        &self,
        file: &Path,
        found: impl Iterator<Item = &'d OxcDiagnostic>,
    ) -> Option<Box<Diagnostic>> {
        let first = found.min_by_key(|one| offset_of(one))?;
        let told = Told {
            kind: "SyntaxError",
            message: first.message.to_string(),
            hint: hint_of(first),
        };
        Some(self.diagnostic(file, offset_of(first).unwrap_or(0), told))
    }
}

/// What is wrong, and what to do about it.
pub(crate) struct Told {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// The diagnostic of a file that is wrong as a whole.
pub(crate) fn without_place(file: &Path, told: Told) -> Box<Diagnostic> {
    Box::new(Diagnostic {
        kind: told.kind.to_owned(),
        message: told.message,
        file: Some(file.display().to_string()),
        line: None,
        column: None,
        source: None,
        function: None,
        traceback: String::new(),
        hint: told.hint,
    })
}

fn offset_of(found: &OxcDiagnostic) -> Option<u32> {
    Some(found.labels.first()?.offset())
}

fn hint_of(found: &OxcDiagnostic) -> Option<String> {
    if found.message.starts_with("Namespaces exporting non-const") {
        return Some(
            "export a `const` from the namespace, or a function that reads the variable".to_owned(),
        );
    }
    found.help.as_ref().map(ToString::to_string)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_node_counts_them() {
        let source = "one\r\ntwo\n\u{1F600}é x\u{2028}last";
        let lines = Lines::of(source);
        let at = |text: &str| {
            let offset = source.find(text).unwrap();
            let place = lines.place(u32::try_from(offset).unwrap());
            (place.line, place.column)
        };
        assert_eq!(at("one"), (1, 1));
        assert_eq!(at("two"), (2, 1));
        assert_eq!(at("é"), (3, 3), "an emoji is two units");
        assert_eq!(at("x"), (3, 5));
        assert_eq!(at("last"), (4, 1));
        assert_eq!(lines.place(u32::MAX), Place { line: 4, column: 5 });
        assert_eq!(lines.text(1), "one");
        assert_eq!(lines.text(3), "\u{1F600}é x");
        assert_eq!(lines.text(9), "");
    }
}
