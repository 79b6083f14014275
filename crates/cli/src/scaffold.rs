//! Makes a project from a template: what to write is decided first, then it is written whole or not at all.

pub(crate) mod catalog;
pub(crate) mod language;
pub(crate) mod names;
pub(crate) mod render;
mod repository;
pub(crate) mod write;
