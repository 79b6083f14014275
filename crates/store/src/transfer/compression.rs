//! A stream as a frame of zstd, written and read a piece at a time.

use std::io::{self, BufRead, BufReader, Read, Write};

use zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd_safe::{CCtx, CParameter, DCtx, InBuffer, OutBuffer, get_error_name};

use crate::packing::LEVEL;

/// What each frame begins with.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Packs what is written to it.
pub(super) struct FrameWriter<W> {
    to: W,
    context: CCtx<'static>,
    piece: Vec<u8>,
}

impl<W: Write> FrameWriter<W> {
    /// Packs into `to`.
    pub(super) fn of(to: W) -> io::Result<Self> {
        let mut context = CCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
        for parameter in [
            CParameter::CompressionLevel(LEVEL),
            CParameter::ChecksumFlag(true),
        ] {
            context.set_parameter(parameter).map_err(failure)?;
        }
        Ok(Self {
            to,
            context,
            piece: Vec::with_capacity(CCtx::out_size()),
        })
    }

    /// Ends the frame.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.put(&[], ZSTD_EndDirective::ZSTD_e_end)?;
        Ok(self.to)
    }

    fn put(&mut self, bytes: &[u8], how: ZSTD_EndDirective) -> io::Result<()> {
        let mut input = InBuffer::around(bytes);
        loop {
            self.piece.clear();
            let mut output = OutBuffer::around(&mut self.piece);
            let left = self.context.compress_stream2(&mut output, &mut input, how);
            let left = left.map_err(failure)?;
            self.to.write_all(&self.piece)?;
            let is_done = match how {
                ZSTD_EndDirective::ZSTD_e_end => left == 0,
                _ => input.pos == bytes.len(),
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

impl<W: Write> Write for FrameWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes, ZSTD_EndDirective::ZSTD_e_continue)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// What is in `from`, packed or not.
pub(super) fn unpacked<'a>(from: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut from = BufReader::new(from);
    // A file can be shorter than what frames begin with, and a pipe may have less for now.
    let mut beginning = Vec::new();
    (&mut from)
        .take(MAGIC.len().try_into().unwrap_or_default())
        .read_to_end(&mut beginning)?;
    let is_packed = beginning == MAGIC;
    let whole = BufReader::new(io::Cursor::new(beginning).chain(from));
    if !is_packed {
        return Ok(Box::new(whole));
    }
    Ok(Box::new(FrameReader {
        from: whole,
        context: DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?,
        is_over: false,
    }))
}

struct FrameReader<R> {
    from: R,
    context: DCtx<'static>,
    /// The frame has ended.
    is_over: bool,
}

impl<R: BufRead> Read for FrameReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.is_over && !into.is_empty() {
            let bytes = self.from.fill_buf()?;
            let is_all = bytes.is_empty();
            let mut input = InBuffer::around(bytes);
            let mut output = OutBuffer::around(&mut *into);
            let left = self.context.decompress_stream(&mut output, &mut input);
            let left = left.map_err(failure)?;
            let (taken, given) = (input.pos, output.pos());
            self.from.consume(taken);
            self.is_over = left == 0;
            if given > 0 {
                return Ok(given);
            }
            if is_all && !self.is_over {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        // What follows the frame is for the reader to see.
        if self.is_over {
            return self.from.read(into);
        }
        Ok(0)
    }
}

/// Why zstd cannot go on.
fn failure(code: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, get_error_name(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        unpacked(bytes)?.read_to_end(&mut text)?;
        Ok(text)
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packing = FrameWriter::of(Vec::new()).unwrap();
        for piece in text.chunks(1 << 10) {
            packing.write_all(piece).unwrap();
        }
        packing.end().unwrap()
    }

    #[test]
    fn what_was_packed_is_read_and_so_is_what_was_not() {
        let text: Vec<u8> = (0..400_000_u32)
            .flat_map(|n| (n / 7).to_le_bytes())
            .collect();
        let packed = packed(&text);
        assert!(packed.len() < text.len() / 2, "{}", packed.len());
        assert_eq!(read(&packed).unwrap(), text);
        for plain in [&b""[..], b"{", b"{\"lgx_state\":1}\n"] {
            assert_eq!(read(plain).unwrap(), plain);
        }
    }

    #[test]
    fn a_frame_that_is_cut_off_or_changed_is_noticed() {
        let whole = packed(b"one line\nanother line\n");
        for length in MAGIC.len()..whole.len() {
            let error = read(&whole[..length]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(
            read(&changed).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert_eq!(
            read(&[whole, b"more".to_vec()].concat()).unwrap(),
            b"one line\nanother line\nmore"
        );
    }
}
