//! What a command knows of the process it runs in, taken once when it starts.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use crate::disk::{Disk, Probe as _};
use crate::env_names;

/// The process a command runs in.
#[derive(Debug)]
pub(crate) struct Context {
    /// The environment variables.
    pub(crate) env: Env,
    /// The current directory.
    pub(crate) cwd: PathBuf,
    /// Which of the standard streams are a terminal.
    pub(crate) terminal: Terminal,
}

impl Context {
    /// The context of this process.
    pub(crate) fn of_process() -> Self {
        Self {
            env: std::env::vars_os().collect(),
            // A directory that was removed meanwhile: relative paths then fail one by one, each with its own message.
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            terminal: Terminal {
                stdin: io::stdin().is_terminal(),
                stdout: io::stdout().is_terminal(),
                stderr: io::stderr().is_terminal(),
            },
        }
    }

    /// Whether a person is there to answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        self.terminal.stdin && self.terminal.stderr && !self.env.is_ci()
    }

    /// Whether a person sees messages as they are written.
    pub(crate) fn is_seen(&self) -> bool {
        self.terminal.stderr && !self.env.is_ci()
    }

    /// Whether a person looks at a screen: then lines may move, and a browser may open.
    pub(crate) fn is_watched(&self) -> bool {
        self.terminal.stdout && self.terminal.stderr && !self.env.is_ci()
    }

    /// The executable that a shell would run for a command.
    pub(crate) fn find_command(&self, name: &str) -> Option<PathBuf> {
        self.env
            .search_path()
            .into_iter()
            .map(|directory| directory.join(name))
            .find(|path| Disk.is_executable(path))
    }

    /// The path seen from the current directory, without `.` parts in it.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.cwd.join(path).components().collect()
    }

    /// The path as a person in the current directory would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.cwd) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Ok(inside) => inside.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }
}

/// Which of the standard streams are a terminal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminal {
    /// Answers can be typed.
    pub(crate) stdin: bool,
    /// Data is read by a person.
    pub(crate) stdout: bool,
    /// Messages are read by a person.
    pub(crate) stderr: bool,
}

/// A snapshot of the environment variables; an empty one counts as not set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env(BTreeMap<OsString, OsString>);

impl Env {
    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable that holds a path.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        self.get(name).map(Path::new)
    }

    /// All variables, for a child process.
    pub(crate) fn all(&self) -> Vec<(OsString, OsString)> {
        self.0
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Whether a continuous integration service runs this.
    pub(crate) fn is_ci(&self) -> bool {
        self.get(env_names::CI)
            .is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// Where programs of this user keep what they can make again.
    pub(crate) fn caches(&self) -> Option<PathBuf> {
        let home = || self.path(env_names::HOME);
        if cfg!(target_os = "macos") {
            return Some(home()?.join("Library/Caches"));
        }
        let named = self.path(env_names::XDG_CACHE_HOME).map(Path::to_owned);
        named.or_else(|| Some(home()?.join(".cache")))
    }

    /// Where lgx does.
    pub(crate) fn cache_dir(&self) -> Option<PathBuf> {
        let caches = self.caches().filter(|caches| caches.is_absolute())?;
        Some(caches.join("lgx"))
    }

    /// Where lgx keeps what belongs to the user and to no project.
    pub(crate) fn data_dir(&self) -> Option<PathBuf> {
        let home = || self.path(env_names::HOME);
        let data = if cfg!(target_os = "macos") {
            Some(home()?.join("Library/Application Support"))
        } else {
            let named = self.path(env_names::XDG_DATA_HOME).map(Path::to_owned);
            named.or_else(|| Some(home()?.join(".local/share")))
        };
        let data = data.filter(|data| data.is_absolute())?;
        Some(data.join("lgx"))
    }

    /// The directories where executables are looked up.
    pub(crate) fn search_path(&self) -> Vec<PathBuf> {
        self.get(env_names::PATH)
            .map(|path| std::env::split_paths(path).collect())
            .unwrap_or_default()
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn caches_are_where_the_user_wants_them_and_a_place_that_moves_with_the_directory_is_none() {
        let of =
            |variables: &[(&str, &str)]| variables.iter().copied().collect::<Env>().cache_dir();
        let home = ("HOME", "/home/ada");

        assert_eq!(of(&[home]), Some("/home/ada/.cache/lgx".into()));
        assert_eq!(of(&[home, ("XDG_CACHE_HOME", "/c")]), Some("/c/lgx".into()));
        assert_eq!(of(&[home, ("XDG_CACHE_HOME", "c")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn ci_is_what_services_set_and_not_what_turns_it_off() {
        let ci = |value: &str| [("CI", value)].into_iter().collect::<Env>().is_ci();

        assert!(ci("true") && ci("1"));
        assert!(!ci("") && !ci("false") && !ci("0"));
        assert!(!Env::default().is_ci());
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let env: Env = [("VIRTUAL_ENV", "")].into_iter().collect();

        assert_eq!(env.get("VIRTUAL_ENV"), None);
    }
}
