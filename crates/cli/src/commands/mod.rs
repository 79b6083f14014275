//! What each command does.

pub(crate) mod dev;
pub(crate) mod new;
