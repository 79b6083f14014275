//! Gathers the templates to embed, without what running them in place leaves behind.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Names that are never part of a template: they appear beside it when somebody runs it where it lies.
const LEFT_BEHIND: [&str; 10] = [
    ".env",
    ".git",
    ".langgraph_api",
    ".lgx",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "uv.lock",
];

fn main() -> io::Result<()> {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    println!("cargo::rerun-if-changed={}", templates.display());
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(io::ErrorKind::NotFound)?;
    let embedded = out.join("templates");
    if embedded.exists() {
        fs::remove_dir_all(&embedded)?;
    }
    copy(&templates, &embedded)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_BEHIND.iter().any(|left| name == *left)
            || name.to_string_lossy().ends_with(".egg-info")
        {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
