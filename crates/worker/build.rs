//! Lists the worker's sources in each language, so that the crate embeds them and nothing else that lies beside them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("python");
    let mut files = Vec::new();
    python_files(&root.join("lgx_worker"), &mut files)?;
    files.push(root.join("__main__.py"));
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let _ = writeln!(
            list,
            "    ({:?}, include_str!({:?})),",
            name.display().to_string(),
            file.display().to_string()
        );
    }
    list.push(']');
    fs::write(
        PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("python.rs"),
        list,
    )
}

fn python_files(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // A directory counts as changed when a file is added to it or taken away.
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if path
                .file_name()
                .is_some_and(|name| name != "__pycache__" && name != "tests")
            {
                python_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
    Ok(())
}
