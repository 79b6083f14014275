//! Packs the worker's sources in each language, so that the crate embeds them and nothing else that lies beside them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    pack("python", &["lgx_worker", "__main__.py"], "py")?;
    pack("node", &["src", "start.cjs", "lifeline.cjs"], "mjs")
}

/// Packs these files and directories of the worker in one language; of directories only what ends in `suffix`.
fn pack(language: &str, entries: &[&str], suffix: &str) -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(language);
    let mut files = Vec::new();
    for entry in entries {
        let path = root.join(entry);
        if path.is_dir() {
            sources(&path, suffix, &mut files)?;
        } else {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    files.sort();
    let named = files.into_iter().map(|file| {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        Ok((name.display().to_string(), file))
    });
    let named = named.collect::<io::Result<Vec<_>>>()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    lgx_embedded::pack(&named, &out, language)
}

fn sources(directory: &Path, suffix: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // A directory counts as changed when a file is added to it or taken away.
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if path
                .file_name()
                .is_some_and(|name| name != "__pycache__" && name != "tests")
            {
                sources(&path, suffix, files)?;
            }
        } else if path
            .extension()
            .is_some_and(|extension| extension == suffix)
        {
            files.push(path);
        }
    }
    Ok(())
}
