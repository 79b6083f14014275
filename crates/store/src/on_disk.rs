//! The state in a folder, for commands that do not serve it: how much there is, whether it is sound, and clearing it.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::{Result, sqlite};

/// How much is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// How many threads; none where the database cannot be read.
    pub threads: Option<u64>,
    /// What the files of the database take.
    pub bytes: u64,
}

/// Whether a database can be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soundness {
    /// All of it was looked at, and nothing is wrong.
    Sound,
    /// Nothing is wrong in what could be looked at in the time.
    Unfinished,
    /// This is wrong, as far as it was looked for.
    Damaged(Vec<String>),
}

/// Makes `dir` as a folder that keeps state is made, if it is not there: for the user alone, and hidden from git.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(dir: &Path) -> io::Result<()> {
    sqlite::on_disk::make_folder(dir)
}

/// How much is kept in `dir`; none where no state is. A server may be using it.
pub fn amount(dir: &Path) -> Result<Option<Amount>> {
    sqlite::on_disk::amount(dir)
}

/// Looks for damage in the state in `dir`, for so long; none where no state is. A server may be using it, and goes on meanwhile.
pub fn check(dir: &Path, patience: Duration) -> Result<Option<Soundness>> {
    sqlite::on_disk::check(dir, patience)
}

/// Removes the database in `dir`, damaged or not, and says how much that was; none where no state is.
/// Whatever else is in the folder stays. It is refused while another process holds the state, and for what is not of this program.
pub fn clear(dir: &Path) -> Result<Option<Amount>> {
    sqlite::on_disk::clear(dir)
}

/// Moves the database in `dir` to the folder `to`, which is made and can be served as it is, and says how much that was; none where no
/// state is. It is refused as by [`clear`].
pub fn set_aside(dir: &Path, to: &Path) -> Result<Option<Amount>> {
    sqlite::on_disk::set_aside(dir, to)
}
