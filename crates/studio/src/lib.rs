//! The page of the local Studio as it was built, in the binary.

use include_dir::{Dir, include_dir};

static DIST: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/dist");

/// The bytes of a file of the page, by its path in the build: `index.html`, `app.js`.
pub fn asset(path: &str) -> Option<&'static [u8]> {
    DIST.get_file(path).map(include_dir::File::contents)
}
