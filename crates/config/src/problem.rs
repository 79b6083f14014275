//! Something wrong in a file the user wrote: what, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

/// Whether the project can be served regardless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, though perhaps not as the user expects.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One finding. Displays as `file:line:column: message` with the line it is about and a hint, without colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the project can be served regardless.
    pub severity: Severity,
    /// The file, as the caller named it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column in characters, from 1.
    pub column: Option<u32>,
    /// The text it is about.
    pub excerpt: Option<Excerpt>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What is missing that the project asks for, if that is what is wrong: a warning as a rule, and an error where nothing may be missing.
    pub lack: Option<Lack>,
}

/// Something that a project asks for and does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The file of variables.
    EnvFile,
    /// A line of that file that could be understood.
    EnvLine,
}

/// A line of the file and the part that it is about, in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line without its end; of a very long line the neighbourhood, with `…` where text was left out.
    pub line_text: String,
    /// Where in `line_text` the part starts.
    pub start: usize,
    /// How many characters it has; at least 1.
    pub len: usize,
}

impl Problem {
    /// A problem with a file as a whole.
    pub(crate) fn of_file(
        severity: Severity,
        file: impl Into<PathBuf>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            file: file.into(),
            line: None,
            column: None,
            excerpt: None,
            message: message.into(),
            hint: None,
            lack: None,
        }
    }

    /// Says what to do about it.
    pub(crate) fn hint(&mut self, text: impl Into<String>) {
        self.hint = Some(text.into());
    }

    /// Says that something is missing that the project asks for.
    pub(crate) fn lacks(&mut self, lack: Lack) -> &mut Self {
        self.lack = Some(lack);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
            if let Some(column) = self.column {
                write!(formatter, ":{column}")?;
            }
        }
        write!(formatter, ": {}", self.message)?;
        if let (Some(line), Some(excerpt)) = (self.line, &self.excerpt) {
            write!(formatter, "\n{}", excerpt.marked(line))?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl Excerpt {
    /// The line behind its number, and below it carets under the part that it is about.
    fn marked(&self, line: u32) -> String {
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        // Tabs are kept so that the carets stand under what they mean, whatever width a tab has.
        let indent: String = self
            .line_text
            .chars()
            .take(self.start)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let carets = "^".repeat(self.len);
        format!(
            "  {number} | {}\n  {gutter} | {indent}{carets}",
            self.line_text
        )
    }
}
