//! What waits to be printed.

use jiff::Zoned;
use lgx_devserver::{Notice, Question};

use super::keyboard::TypedInput;
use super::log_record::LogRecord;

/// How many lines may wait for the terminal; more are counted and left out.
pub(super) const WAITING: usize = 4096;

/// What is to be printed, and what the person has to do with it.
#[derive(Debug)]
pub(super) enum Entry {
    /// The server says something, and when.
    Notice(Box<Notice>, Zoned),
    /// The command says something that programs read too, and when.
    Record(Box<LogRecord>, Zoned),
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
