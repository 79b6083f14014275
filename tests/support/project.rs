//! Throw-away copies of projects that a test may serve and edit.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{EndsInTime, lgx, node_env};

/// A project in a temporary folder of its own, removed with the value.
pub struct Project {
    _temp: TempDir,
    dir: PathBuf,
}

impl Project {
    /// A copy of `tests/projects/<name>`.
    pub fn copy_of(name: &str) -> Result<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("projects")
            .join(name);
        let temp = TempDir::new()?;
        let dir = temp.path().join(name);
        copy(&source, &dir)?;
        Ok(Self { _temp: temp, dir })
    }

    /// The same of a project in JavaScript, with the packages that its lock file names.
    pub fn with_packages(name: &str) -> Result<Self> {
        let packages = node_env(&format!("projects/{name}"))?.join("node_modules");
        let project = Self::copy_of(name)?;
        fs_err::os::unix::fs::symlink(packages, project.path("node_modules"))?;
        Ok(project)
    }

    /// What `lgx new --template=<template> <name>` makes.
    pub fn scaffold(template: &str, name: &str) -> Result<Self> {
        let temp = TempDir::new()?;
        let output = lgx()?
            .current_dir(temp.path())
            .args(["new", &format!("--template={template}"), name])
            .output_in_time()?;
        ensure!(
            output.status.success(),
            "lgx new failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let dir = temp.path().join(name);
        Ok(Self { _temp: temp, dir })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The language of its graphs, as the suites know it.
    pub fn language(&self) -> &'static str {
        if self.path("package.json").exists() {
            "javascript"
        } else {
            "python"
        }
    }

    /// A path in it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.join(relative)
    }

    /// The text of a file.
    pub fn read(&self, relative: &str) -> Result<String> {
        Ok(fs_err::read_to_string(self.path(relative))?)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, relative: &str, text: &str) -> Result<()> {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        Ok(fs_err::write(path, text)?)
    }

    /// Replaces `from`, which must be there, by `to` in a file.
    pub fn edit(&self, relative: &str, from: &str, to: &str) -> Result<()> {
        let text = self.read(relative)?;
        ensure!(text.contains(from), "{relative} does not hold {from:?}");
        self.write(relative, &text.replace(from, to))
    }
}

fn copy(source: &Path, target: &Path) -> Result<()> {
    fs_err::create_dir_all(target)?;
    for entry in fs_err::read_dir(source)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "__pycache__" || name == ".lgx" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target.join(name))?;
        } else {
            fs_err::copy(entry.path(), target.join(name))?;
        }
    }
    Ok(())
}
