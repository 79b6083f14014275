//! What lgx-transpile makes of TypeScript, told by what a real Node prints when it runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod arbitrary;
mod commonjs;
mod decorators;
mod errors;
mod imports;
mod interop;
mod jsx;
mod language;
mod project;
mod resolution;
mod serve;
mod source_maps;
mod types;
