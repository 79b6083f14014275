//! What goes wrong with recordings, told so that it can be put right.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why an answer was not kept.
#[derive(Debug, Error)]
pub enum KeepError {
    /// Something in it must not lie in a file that goes into git.
    #[error(
        "the answer to {request} is not recorded: {place} holds what looks like {what}; take it out of what the model is told or tells, \
         and record again{}",
        allowing(digest.as_deref())
    )]
    Secret {
        /// The request.
        request: String,
        /// Where in the file it would have been, as a JSON path.
        place: String,
        /// What it looks like.
        what: &'static str,
        /// What allows it, if it is no secret; the very key of the request is one.
        digest: Option<String>,
    },
    /// The provider did not accept the key: this says something about the account, and nothing about the project.
    #[error(
        "the answer to {request} is not recorded: status {status} says that the key was not accepted; set the right one and record again"
    )]
    NotAllowed {
        /// The request.
        request: String,
        /// 401, 403 or 407.
        status: u16,
    },
    /// It cannot be written.
    #[error("the answer to {request} is not recorded: {source}")]
    Write {
        /// The request.
        request: String,
        /// Why not, with the path.
        source: io::Error,
    },
}

/// What to do about a text that is no secret.
fn allowing(digest: Option<&str>) -> String {
    digest.map_or(String::new(), |digest| {
        format!("\n  hint: if it is no secret, \"record\": {{\"allow\": [\"{digest}\"]}} in langgraph.json lets it be recorded")
    })
}

/// Why recordings cannot be read, or what is remembered about them cannot be written.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// The operating system says so.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The file is not what it should be.
    #[error("{}{place}: {reason}; remove the file or record it again", .path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
        /// The line, as `:3`, or nothing if it is not about one.
        place: String,
        /// What is the matter.
        reason: String,
    },
}
