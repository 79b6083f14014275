//! The stream of a state on its way in, checked line by line.

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind};

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::tables::{TABLES, Table};
use super::{Carried, FORMAT, Field, fields};
use crate::{Result, StoreError};

/// What is said of what no state begins like.
const FOREIGN: &str = "this is no state that `lgx state export` has written";
/// What is said of what ends too early.
const CUT_OFF: &str = "it is cut off here: what `lgx state export` has written ends otherwise";

/// A stream that is being read.
pub(crate) struct Incoming<R> {
    from: R,
    /// Of the line that was read last, counted from 1.
    number: u64,
    line: String,
    digest: Sha256,
    /// Of the row that was read last.
    table: usize,
    carried: Carried,
}

/// A row that was read.
#[derive(Debug)]
pub(crate) struct IncomingRow {
    pub(crate) table: &'static Table,
    pub(crate) fields: Vec<Field>,
    /// The line that it stood on.
    pub(crate) line: u64,
}

#[derive(Deserialize)]
struct Header {
    lgx_state: u64,
}

#[derive(Deserialize)]
struct End {
    rows: u64,
    sha256: String,
}

impl<R: BufRead> Incoming<R> {
    /// Begins it, if it is one.
    pub(super) fn begin(from: R) -> Result<Self> {
        let mut incoming = Self {
            from,
            number: 0,
            line: String::new(),
            digest: Sha256::new(),
            table: 0,
            carried: Carried::default(),
        };
        if !incoming.advance(FOREIGN)? {
            return Err(incoming.wrong(FOREIGN));
        }
        let Ok(header) = serde_json::from_str::<Header>(&incoming.line) else {
            return Err(incoming.wrong(FOREIGN));
        };
        if header.lgx_state != FORMAT {
            let found = header.lgx_state;
            return Err(incoming.wrong(format!(
                "it has format {found}, and this version of lgx knows {FORMAT}; update lgx"
            )));
        }
        Ok(incoming)
    }

    /// The next row; none after the last, if all were read as they were written.
    pub(crate) fn next(&mut self) -> Result<Option<IncomingRow>> {
        let before = self.digest.clone();
        if !self.advance(CUT_OFF)? {
            return Err(self.wrong(CUT_OFF));
        }
        let parsed = serde_json::from_str::<HashMap<&str, &RawValue>>(&self.line);
        let entry = parsed.ok().filter(|entries| entries.len() == 1);
        let Some((noun, row)) = entry.and_then(|entries| entries.into_iter().next()) else {
            return Err(self.wrong("this is no line of a state"));
        };
        if noun == "end" {
            let end = serde_json::from_str::<End>(row.get());
            return self.end(end.ok().as_ref(), before).map(|()| None);
        }
        let found = TABLES.iter().position(|table| table.noun == noun);
        let Some((place, table)) = found.and_then(|place| Some((place, TABLES.get(place)?))) else {
            let unknown = format!("this version of lgx does not know `{noun}`");
            return Err(self.wrong(unknown));
        };
        if place < self.table {
            let misplaced = format!("`{noun}` stands behind what belongs to it");
            return Err(self.wrong(misplaced));
        }
        let fields = fields::read(table, row).map_err(|wrong| self.wrong(wrong))?;
        self.table = place;
        self.carried.count(table);
        Ok(Some(IncomingRow {
            table,
            fields,
            line: self.number,
        }))
    }

    /// How much was read so far.
    pub(crate) const fn carried(&self) -> Carried {
        self.carried
    }

    /// Checks the last line, and that there is no other.
    fn end(&mut self, end: Option<&End>, before: Sha256) -> Result<()> {
        let digest = format!("{:x}", before.finalize());
        let is_whole =
            |end: &End| end.rows == self.carried.rows && end.sha256.eq_ignore_ascii_case(&digest);
        if !end.is_some_and(is_whole) {
            return Err(self.wrong("lines before this one were changed or are missing"));
        }
        if self.advance("this cannot be read")? {
            return Err(self.wrong("something follows the end of the state"));
        }
        Ok(())
    }

    /// Reads the next line, if there is one, and else leaves its number as that of the place where it is missing.
    fn advance(&mut self, unreadable: &'static str) -> Result<bool> {
        self.number += 1;
        self.line.clear();
        match self.from.read_line(&mut self.line) {
            Ok(0) => return Ok(false),
            Ok(_) if !self.line.ends_with('\n') => return Err(self.wrong(CUT_OFF)),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(self.wrong(unreadable));
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(self.wrong(CUT_OFF));
            }
            Err(error) => return Err(error.into()),
        }
        self.digest.update(self.line.as_bytes());
        Ok(true)
    }

    fn wrong(&self, reason: impl Into<String>) -> StoreError {
        StoreError::NotImported {
            line: self.number,
            reason: reason.into(),
        }
    }
}

impl IncomingRow {
    /// That this row cannot be taken.
    pub(crate) fn refused(&self, error: &StoreError) -> StoreError {
        StoreError::NotImported {
            line: self.line,
            reason: format!("this `{}` cannot be taken: {error}", self.table.noun),
        }
    }

    /// That this row cannot be taken, or one of those that were sent with it.
    #[cfg(feature = "postgres")]
    pub(crate) fn refused_with_others(&self, sent: usize, error: &StoreError) -> StoreError {
        if sent <= 1 {
            return self.refused(error);
        }
        StoreError::NotImported {
            line: self.line,
            reason: format!(
                "this line or one of the {} behind it cannot be taken: {error}",
                sent - 1
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outgoing;
    use super::*;

    /// A state with one row.
    fn written() -> String {
        let mut outgoing = Outgoing::to(Vec::new(), false).unwrap();
        let mark = TABLES
            .iter()
            .find(|table| table.noun == "event_mark")
            .unwrap();
        let thread = "0190a000-0000-7000-8000-000000000001".parse().unwrap();
        outgoing
            .row(mark, &[Field::Id(thread), Field::Number(7)])
            .unwrap();
        String::from_utf8(outgoing.end().unwrap().0).unwrap()
    }

    /// How many rows there are, or what is wrong.
    fn rows(text: &[u8]) -> Result<u64, String> {
        let mut incoming = Incoming::begin(text).map_err(|error| error.to_string())?;
        while incoming
            .next()
            .map_err(|error| error.to_string())?
            .is_some()
        {}
        Ok(incoming.carried().rows)
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(rows(written().as_bytes()), Ok(1));
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_refused_with_its_line() {
        let whole = written();
        for length in 0..whole.len() {
            let refused = rows(&whole.as_bytes()[..length]).unwrap_err();
            let line = whole[..length].matches('\n').count() + 1;
            assert!(
                refused.starts_with(&format!("line {line}: ")),
                "{length}: {refused}"
            );
        }
        for (changed, expected) in [
            (
                whole.replace(":7}", ":8}"),
                "line 3: lines before this one were changed or are missing",
            ),
            (
                whole.replace(":7}", ":\"7\"}"),
                "line 2: `seq` of `event_mark` cannot be read",
            ),
            (
                whole.replace("seq", "sequel"),
                "line 2: `event_mark` has no `seq`",
            ),
            (
                whole.replace("event_mark", "even"),
                "line 2: this version of lgx does not know `even`",
            ),
            (
                whole.replace("state\":1", "state\":2"),
                "line 1: it has format 2, and this version of lgx knows 1; update lgx",
            ),
            (
                format!("{whole}\n"),
                "line 4: something follows the end of the state",
            ),
            (
                "{\"graphs\":{}}\n".to_owned(),
                "line 1: this is no state that `lgx state export` has written",
            ),
        ] {
            assert_eq!(rows(changed.as_bytes()).unwrap_err(), expected);
        }
    }
}
