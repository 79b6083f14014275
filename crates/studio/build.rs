//! Packs the page as it was built, which is committed in `dist`, for the binary. What builds it is not needed here, nor is a network.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;

/// What lies in `dist` and is no part of the page: what it was built from.
const SEAL: &str = "sources.sha256";

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if !dist.join("index.html").is_file() {
        println!(
            "cargo::error=the page of Studio is not there: {} has no index.html. It is part of the repository: get it back with \
             `git checkout crates/studio/dist`, or build it with `just studio`",
            dist.display()
        );
        return Ok(());
    }
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(io::ErrorKind::NotFound)?;
    let mut names = Vec::new();
    list(&dist, "", &mut names)?;
    names.sort();
    let mut table = String::from("&[\n");
    for (number, name) in names.iter().enumerate() {
        let content = fs::read(dist.join(name))?;
        let packed = format!("{number}.gz");
        fs::write(out.join(&packed), pack(&content)?)?;
        let etag = etag(&content);
        writeln!(
            table,
            "    Packed {{ name: {name:?}, etag: {etag:?}, gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{packed}\")) }},"
        )
        .map_err(io::Error::other)?;
    }
    table.push(']');
    fs::write(out.join("dist.rs"), table)
}

/// The files of a folder and of those in it, by their paths from the outermost.
fn list(folder: &Path, within: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), names)?;
        } else if name != SEAL {
            names.push(name);
        }
    }
    Ok(())
}

fn pack(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(content)?;
    packer.finish()
}

/// Weak, as the same content goes out packed and unpacked.
fn etag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}
