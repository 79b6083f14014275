//! What waits to be printed.

use jiff::civil::DateTime;
use lgx_devserver::{Notice, Question};

use super::keyboard::TypedInput;

/// How many lines may wait for the terminal; more are counted and left out.
pub(super) const WAITING: usize = 4096;

/// What is to be printed, and what the person has to do with it.
#[derive(Debug)]
pub(super) enum Entry {
    /// The server says something, and when.
    Notice(Box<Notice>, DateTime),
    /// The command says something.
    Text(String),
    /// Somebody asks the person.
    Ask(Question),
    /// Some questions may have become idle.
    Sweep,
    /// The person has typed something.
    Typed(TypedInput),
    /// Nothing comes any more.
    End,
}
