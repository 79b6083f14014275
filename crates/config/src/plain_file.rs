//! Reading what a user wrote: from plain files of a sensible size only, so that nothing is ever waited for.
//!
//! A named pipe would be waited on until somebody writes to it, and `/dev/zero` has no end.

use std::fmt;
use std::fs::FileType;
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// The most bytes that a langgraph.json, a `.env` or a file beside them may have: 4 MiB.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Why there is nothing to read. Displays as what comes after the file's name: "does not exist".
#[derive(Debug)]
pub enum Unreadable {
    /// Nothing is there.
    Missing,
    /// Something is there that is no plain file: what it is.
    NotPlain(&'static str),
    /// It has more than 4 MiB.
    TooLarge,
    /// The operating system refuses.
    Refused(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("does not exist"),
            Self::NotPlain("a directory") => formatter.write_str("is a directory"),
            Self::NotPlain(kind) => write!(formatter, "is {kind}, not a plain file"),
            Self::TooLarge => write!(
                formatter,
                "has more than {} MiB, which is the most that is read",
                LARGEST / (1024 * 1024)
            ),
            Self::Refused(error) => write!(formatter, "cannot be read: {error}"),
        }
    }
}

/// The bytes of a plain file.
///
/// # Errors
/// Why it cannot be read; at once, whatever is there.
pub fn read_plain_file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let metadata = fs_err::metadata(path).map_err(refused)?;
    if let Some(kind) = special_kind(metadata.file_type()) {
        return Err(Unreadable::NotPlain(kind));
    }
    let file = fs_err::File::open(path).map_err(refused)?;
    let mut bytes = Vec::new();
    // The size that the file system tells is not trusted: it is 0 for what the kernel makes up while it is read.
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(refused)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    Ok(bytes)
}

/// What a file is that is not a plain one, in words.
#[must_use]
pub fn special_kind(file_type: FileType) -> Option<&'static str> {
    if file_type.is_file() {
        None
    } else if file_type.is_dir() {
        Some("a directory")
    } else if file_type.is_fifo() {
        Some("a named pipe")
    } else if file_type.is_socket() {
        Some("a socket")
    } else if file_type.is_symlink() {
        Some("a symbolic link")
    } else {
        Some("a device")
    }
}

fn refused(error: io::Error) -> Unreadable {
    if error.kind() == io::ErrorKind::NotFound {
        Unreadable::Missing
    } else {
        Unreadable::Refused(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(path: &Path) -> String {
        read_plain_file(path).unwrap_err().to_string()
    }

    #[test]
    fn a_plain_file_is_read_up_to_its_limit() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        let largest = vec![b'x'; usize::try_from(LARGEST).unwrap()];

        fs_err::write(&path, &largest).unwrap();
        assert_eq!(read_plain_file(&path).unwrap().len(), largest.len());

        fs_err::write(&path, [&largest[..], b"x"].concat()).unwrap();
        assert_eq!(
            why(&path),
            "has more than 4 MiB, which is the most that is read"
        );
    }

    #[test]
    fn what_is_no_plain_file_is_named_and_never_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let socket = home.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();

        assert_eq!(why(&pipe), "is a named pipe, not a plain file");
        assert_eq!(why(&socket), "is a socket, not a plain file");
        assert_eq!(why(Path::new("/dev/zero")), "is a device, not a plain file");
        assert_eq!(why(home.path()), "is a directory");
        assert_eq!(why(&home.path().join("gone")), "does not exist");
    }
}
