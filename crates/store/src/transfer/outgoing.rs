//! The stream of a state on its way out.

use std::io::{BufWriter, Write};

use sha2::{Digest as _, Sha256};

use super::compression::FrameWriter;
use super::tables::Table;
use super::{Carried, FORMAT, Field, fields};
use crate::Result;

/// A stream that is being written.
pub(crate) struct Outgoing<W: Write> {
    to: Target<W>,
    digest: Sha256,
    line: Vec<u8>,
    carried: Carried,
}

enum Target<W: Write> {
    Plain(BufWriter<W>),
    Packed(FrameWriter<BufWriter<W>>),
}

impl<W: Write> Outgoing<W> {
    /// Begins it, packed or not.
    pub(super) fn to(to: W, packed: bool) -> Result<Self> {
        let to = BufWriter::new(to);
        let mut outgoing = Self {
            to: if packed {
                Target::Packed(FrameWriter::of(to)?)
            } else {
                Target::Plain(to)
            },
            digest: Sha256::new(),
            line: Vec::new(),
            carried: Carried::default(),
        };
        outgoing.line = format!("{{\"lgx_state\":{FORMAT}}}\n").into_bytes();
        outgoing.put()?;
        Ok(outgoing)
    }

    /// Writes one row.
    pub(crate) fn row(&mut self, table: &Table, of_row: &[Field]) -> Result<()> {
        fields::write(table, of_row, &mut self.line)?;
        self.carried.count(table);
        self.put()
    }

    /// Writes the end.
    pub(super) fn end(mut self) -> Result<(W, Carried)> {
        let rows = self.carried.rows;
        let digest = self.digest.clone().finalize();
        self.line = format!("{{\"end\":{{\"rows\":{rows},\"sha256\":\"{digest:x}\"}}}}\n").into();
        self.put()?;
        let to = match self.to {
            Target::Plain(to) => to,
            Target::Packed(frame) => frame.end()?,
        };
        let to = to.into_inner().map_err(std::io::IntoInnerError::into_error);
        let mut to = to?;
        to.flush()?;
        Ok((to, self.carried))
    }

    fn put(&mut self) -> Result<()> {
        self.digest.update(&self.line);
        match &mut self.to {
            Target::Plain(to) => to.write_all(&self.line)?,
            Target::Packed(to) => to.write_all(&self.line)?,
        }
        self.line.clear();
        Ok(())
    }
}

impl Carried {
    /// Counts a row of this table.
    pub(super) fn count(&mut self, table: &Table) {
        self.rows += 1;
        self.threads += u64::from(table.noun == "thread");
    }
}
