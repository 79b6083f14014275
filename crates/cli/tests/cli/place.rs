//! A place of its own for each test: a home, an empty PATH, a current directory, and nothing else of this machine.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fs_err as fs;
use tempfile::TempDir;

/// Where one test runs `lgx`.
pub(crate) struct Place {
    home: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("here")).unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        Self { home }
    }

    /// One whose current directory is a project's.
    pub(crate) fn of_project() -> Self {
        let place = Self::new();
        place.write(
            "langgraph.json",
            r#"{"graphs": {"agent": "./agent.py:graph"}}"#,
        );
        place
    }

    /// A path in the current directory.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.home.path().join("here").join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Everything below a directory, in order.
    pub(crate) fn tree(&self, path: &str) -> Vec<String> {
        fn walk(directory: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    found.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
        let root = self.path(path);
        let mut found = Vec::new();
        walk(&root, &root, &mut found);
        found.sort();
        found
    }

    /// Puts a command on the PATH.
    pub(crate) fn install(&self, name: &str, script: &str) {
        let path = self.home.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `lgx` with these arguments, in this place and with nothing of the environment.
    pub(crate) fn lgx(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lgx"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", self.home.path().join("bin"))
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(&mut self.lgx(arguments))
    }

    /// A text that names no folder of this test alone.
    pub(crate) fn shown(&self, text: &str) -> String {
        // The kernel may know the temporary directory by another name, as on macOS.
        let home = self.home.path().display().to_string();
        let real_home = fs::canonicalize(self.home.path())
            .unwrap()
            .display()
            .to_string();
        text.replace(&real_home, "[HOME]").replace(&home, "[HOME]")
    }

    /// Runs a prepared command to its end.
    pub(crate) fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| self.shown(std::str::from_utf8(bytes).expect("output is UTF-8"));
        Ran {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// What `lgx` did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "exit code: {:?}", self.code.unwrap_or(-1))?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(formatter, "--- {name}\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}
