//! What became of a request to make something under an id.

/// The thing that was made, or what is there under its id.
#[derive(Debug, Clone, PartialEq)]
pub enum Creation<T> {
    /// It was made.
    Created(Box<T>),
    /// There was one of this id, unchanged.
    Existing(Box<T>),
    /// There is one of this id that the caller may not see.
    Hidden,
}
