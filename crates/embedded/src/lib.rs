//! Files that travel in the binary as one packed piece: how a build script packs them, and how they come out when they are wanted.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Files in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    files: &'static [(&'static str, usize)],
    packed: &'static [u8],
}

impl Embedded {
    /// Files of these paths and lengths, whose contents were packed one behind the other. [`pack`] writes such a call.
    pub const fn new(files: &'static [(&'static str, usize)], packed: &'static [u8]) -> Self {
        Self { files, packed }
    }

    /// The path and the length of each file.
    pub const fn files(&self) -> &'static [(&'static str, usize)] {
        self.files
    }

    /// The contents of all files as they lie in the binary. They differ wherever the contents do.
    pub const fn packed(&self) -> &'static [u8] {
        self.packed
    }

    /// The path and the content of each file.
    ///
    /// # Errors
    /// When what lies in the binary is damaged.
    pub fn unpack(&self) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
        let mut contents = GzDecoder::new(self.packed);
        let mut unpacked = Vec::with_capacity(self.files.len());
        for &(path, length) in self.files {
            let mut content = vec![0; length];
            contents.read_exact(&mut content)?;
            unpacked.push((path, content));
        }
        // The checksum is behind the last byte.
        if contents.read(&mut [0])? != 0 {
            return Err(io::Error::other("more is packed than the files hold"));
        }
        Ok(unpacked)
    }
}

/// Packs files into `out`, for a build script: `NAME.rs` there is an [`Embedded`] of them, to be included. Each comes with its path
/// among the others and the place where it is read.
///
/// # Errors
/// When a file cannot be read, or what it becomes cannot be written.
pub fn pack(files: &[(String, PathBuf)], out: &Path, name: &str) -> io::Result<()> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let mut list = String::new();
    for (path, place) in files {
        let content = fs::read(place)?;
        packer.write_all(&content)?;
        let length = content.len();
        writeln!(list, "    ({path:?}, {length}),").map_err(io::Error::other)?;
    }
    fs::write(out.join(name).with_extension("gz"), packer.finish()?)?;
    // Nobody reads the lengths.
    let embedded = format!(
        "{{\n#[allow(clippy::unreadable_literal)]\nconst FILES: &[(&str, usize)] = &[\n{list}];\n\
         lgx_embedded::Embedded::new(FILES, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")))\n}}\n"
    );
    fs::write(out.join(name).with_extension("rs"), embedded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These files, packed by [`pack`]: what the text of it says, and the packed bytes.
    fn packed(files: &[(&str, &[u8])]) -> (String, &'static [u8]) {
        let folder = tempfile::tempdir().unwrap();
        let mut places = Vec::new();
        for (number, (path, content)) in files.iter().enumerate() {
            let place = folder.path().join(number.to_string());
            fs::write(&place, content).unwrap();
            places.push(((*path).to_owned(), place));
        }
        pack(&places, folder.path(), "files").unwrap();
        let text = fs::read_to_string(folder.path().join("files.rs")).unwrap();
        let bytes = fs::read(folder.path().join("files.gz")).unwrap();
        (text, bytes.leak())
    }

    #[test]
    fn files_come_out_as_they_went_in() {
        let long = b"as long as a window of it, and longer ".repeat(2_000);
        let files: [(&str, &[u8]); 4] = [
            ("a.py", b"print()\n"),
            ("empty", b""),
            ("b/long", &long),
            ("b/bytes", &[0, 255, 0]),
        ];
        let (text, bytes) = packed(&files);

        let lengths: &[_] = &[
            ("a.py", 8),
            ("empty", 0),
            ("b/long", 76_000),
            ("b/bytes", 3),
        ];
        for (path, length) in lengths {
            assert!(text.contains(&format!("({path:?}, {length})")), "{text}");
        }
        assert!(bytes.len() < 1_000, "{} bytes", bytes.len());
        let unpacked = Embedded::new(lengths, bytes).unpack().unwrap();
        let unpacked: Vec<_> = unpacked.iter().map(|(p, c)| (*p, c.as_slice())).collect();
        assert_eq!(unpacked, files);
    }

    #[test]
    fn what_is_damaged_is_not_given_out() {
        let (_, bytes) = packed(&[("a", b"some text")]);
        let unpacked = |lengths, bytes| Embedded::new(lengths, bytes).unpack();

        assert!(unpacked(&[("a", 9)], bytes).is_ok());
        assert!(unpacked(&[("a", 8)], bytes).is_err());
        assert!(unpacked(&[("a", 10)], bytes).is_err());
        assert!(unpacked(&[("a", 9)], &bytes[..bytes.len() - 1]).is_err());
        let mut other = bytes.to_vec();
        other[bytes.len() - 8] ^= 1;
        assert!(unpacked(&[("a", 9)], other.leak()).is_err());
    }
}
