//! Packs the schemas of the description of the API, which tests make of its types.

use std::path::{Path, PathBuf};
use std::{env, io};

fn main() -> io::Result<()> {
    let file = "src/http/openapi/schemas.json";
    println!("cargo::rerun-if-changed={file}");
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(io::ErrorKind::NotFound)?;
    lgx_embedded::pack(&[(file.to_owned(), place)], &out, "schemas")
}
