//! Recorded calls of models: a folder of files that are made to be read in a diff, found again by what was asked. It knows no network.
//!
//! A [`Library`] is one such folder in the hands of one run of lgx. It is asked with [`find`](Library::find) before the network is, is
//! given what came with [`keep`](Library::keep), and says what was [`nearest`](Library::nearest) when there is nothing.

mod conversation;
mod dates;
mod difference;
mod digest;
mod document;
mod error;
mod ids;
mod key;
mod layout;
mod library;
mod nearest;
mod request;
mod response;
mod rules;
mod secrets;
mod stream;
mod tokens;

pub use conversation::Turn;
pub use difference::Difference;
pub use document::Recording;
pub use error::{KeepError, LibraryError};
pub use library::{Entry, GreenRun, Kept, Library, Mode, Uses};
pub use nearest::Nearest;
pub use request::Request;
pub use response::{Body, Chunk, Response};
pub use rules::Rules;
pub use tokens::Tokens;
