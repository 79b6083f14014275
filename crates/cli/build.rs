//! Packs the templates to embed, without what running them in place leaves behind, and has the linker pack relocations.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Names that are never part of a template: they appear beside it when somebody runs it where it lies.
const LEFT_BEHIND: [&str; 13] = [
    ".env",
    ".git",
    ".langgraph_api",
    ".lgx",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "build",
    "node_modules",
    "package-lock.json",
    "uv.lock",
];

/// The first glibc that reads packed relocations.
const READS_PACKED: (u32, u32) = (2, 36);

/// Set where the binary is to start on older systems than the one that builds it.
const PORTABLE: &str = "LGX_PORTABLE";

fn main() -> io::Result<()> {
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "windows") {
        return Err(io::Error::other(
            "lgx does not run on Windows by itself; build and run it in WSL",
        ));
    }
    println!("cargo::rerun-if-env-changed={PORTABLE}");
    if may_pack_relocations() {
        // A megabyte of addresses to be moved when it starts comes to some 50 kB.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    println!("cargo::rerun-if-changed={}", templates.display());
    let out = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(io::ErrorKind::NotFound)?;
    let mut files = Vec::new();
    list(&templates, "", &mut files)?;
    files.sort();
    lgx_embedded::pack(&files, &out, "templates")
}

/// The files of a folder and of those in it, by their paths from the outermost.
fn list(folder: &Path, within: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if LEFT_BEHIND.contains(&name.as_str()) || name.ends_with(".egg-info") {
            continue;
        }
        let path = format!("{within}{name}");
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}

/// Whether the system that this is built on, and for, starts such a binary. Nothing else can be known to.
fn may_pack_relocations() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    env::var_os(PORTABLE).is_none()
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && env::var("HOST") == env::var("TARGET")
        && glibc().is_some_and(|version| version >= READS_PACKED)
}

/// The version of the system's glibc, as in `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let told = String::from_utf8(told.ok()?.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = minor.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
