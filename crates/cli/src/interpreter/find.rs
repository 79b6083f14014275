//! The order in which the places are asked that may have the project's Python.

use std::path::{Path, PathBuf};

use lgx_config::Runtime;
use thiserror::Error;

use super::poetry;
use crate::context::Env;
use crate::disk::Probe;
use crate::env_names;

/// The Python that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The executable.
    pub(crate) path: PathBuf,
    /// Why this one: completes "because of".
    pub(crate) reason: String,
    /// Places that should have had one and did not.
    pub(crate) passed_over: Vec<String>,
}

/// What decides about the interpreter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    /// The value of `--python`.
    pub(crate) asked_for: Option<&'a Path>,
    /// The directory of the configuration.
    pub(crate) project: &'a Path,
    /// The current directory.
    pub(crate) cwd: &'a Path,
    /// The environment variables.
    pub(crate) env: &'a Env,
}

/// Why there is no interpreter.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum NoInterpreter {
    /// Somebody named an interpreter that does not exist.
    #[error("there is no {runtime} at `{}`, which {asked_by} names", path.display())]
    NotThere {
        /// What was named.
        path: PathBuf,
        /// The flag or variable.
        asked_by: &'static str,
        /// What was to be there.
        runtime: Runtime,
        /// What it could name.
        what: &'static str,
    },
    /// There is none anywhere.
    #[error(
        "found no Python for this project: no virtual environment is active or near it, and there is no `python3` on the PATH"
    )]
    Nowhere,
    /// There is none anywhere.
    #[error("found no Node.js for this project: there is no `node` on the PATH")]
    NowhereNode,
}

/// Finds the Python that runs the project's code.
pub(crate) fn find(search: Search<'_>, disk: &impl Probe) -> Result<Interpreter, NoInterpreter> {
    if let Some(path) = search.asked_for {
        return named(path, "--python", search, disk);
    }
    if let Some(path) = search.env.path(env_names::LGX_PYTHON) {
        return named(path, env_names::LGX_PYTHON, search, disk);
    }
    let mut passed_over = Vec::new();
    let found = active(env_names::VIRTUAL_ENV, search, disk, &mut passed_over)
        .or_else(|| near(search, disk, &mut passed_over))
        .or_else(|| {
            active(
                env_names::UV_PROJECT_ENVIRONMENT,
                search,
                disk,
                &mut passed_over,
            )
        })
        .or_else(|| of_poetry(search, disk))
        .or_else(|| active(env_names::CONDA_PREFIX, search, disk, &mut passed_over))
        .or_else(|| on_path(search.env, disk));
    match found {
        Some((path, reason)) => Ok(Interpreter {
            path,
            reason,
            passed_over,
        }),
        None => Err(NoInterpreter::Nowhere),
    }
}

/// The interpreter of an environment directory.
pub(crate) fn python_in(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}

/// The interpreter that somebody named: by an executable, an environment, or a command.
fn named(
    path: &Path,
    asked_by: &'static str,
    search: Search<'_>,
    disk: &impl Probe,
) -> Result<Interpreter, NoInterpreter> {
    match named_executable(path, &["bin/python"], search, disk) {
        Some(path) => Ok(Interpreter {
            path,
            reason: asked_by.to_owned(),
            passed_over: Vec::new(),
        }),
        None => Err(NoInterpreter::NotThere {
            path: path.to_owned(),
            asked_by,
            runtime: Runtime::Python,
            what: "a Python executable or a virtual environment",
        }),
    }
}

/// What somebody named, by the executable itself, by a directory that has it at one of the places `inside`, or by a command.
pub(super) fn named_executable(
    path: &Path,
    inside: &[&str],
    search: Search<'_>,
    disk: &impl Probe,
) -> Option<PathBuf> {
    let is_bare_name = path.components().count() == 1 && !path.starts_with(".");
    let here = search.cwd.join(path);
    let candidates = [here.clone()].into_iter();
    let candidates = candidates.chain(inside.iter().map(|inside| here.join(inside)));
    let directories = search.env.search_path().into_iter();
    let commands = directories
        .filter(|_| is_bare_name)
        .map(|directory| directory.join(path));
    candidates
        .chain(commands)
        .find(|candidate| disk.is_executable(candidate))
}

/// The environment that a variable names.
fn active(
    variable: &str,
    search: Search<'_>,
    disk: &impl Probe,
    passed_over: &mut Vec<String>,
) -> Option<(PathBuf, String)> {
    // uv reads its variable from the project's directory; the other two are always absolute.
    let environment = search.project.join(search.env.path(variable)?);
    let python = python_in(&environment);
    if disk.is_executable(&python) {
        return Some((python, variable.to_owned()));
    }
    passed_over.push(format!(
        "{variable} names `{}`, which has no `bin/python`",
        environment.display()
    ));
    None
}

/// The environment next to the configuration, or above it. If its Python was upgraded or removed, it is passed over with a warning.
fn near(
    search: Search<'_>,
    disk: &impl Probe,
    passed_over: &mut Vec<String>,
) -> Option<(PathBuf, String)> {
    for directory in search.project.ancestors() {
        for name in [".venv", "venv"] {
            let environment = directory.join(name);
            let place = if directory == search.project {
                format!("`{name}` of the project")
            } else {
                format!("`{name}` in {}", directory.display())
            };
            let python = python_in(&environment);
            if disk.is_executable(&python) {
                return Some((python, place));
            }
            if disk.exists(&environment.join("pyvenv.cfg"))
                || (name == ".venv" && directory == search.project && disk.exists(&environment))
            {
                passed_over.push(format!(
                    "{place} has no `bin/python` that runs; make it anew"
                ));
            }
        }
    }
    None
}

/// The environment that Poetry made.
fn of_poetry(search: Search<'_>, disk: &impl Probe) -> Option<(PathBuf, String)> {
    let environment = poetry::environment(search.project, search.env, disk)?;
    let python = python_in(&environment);
    disk.is_executable(&python)
        .then(|| (python, "Poetry's environment of the project".to_owned()))
}

/// The one a shell would run.
fn on_path(env: &Env, disk: &impl Probe) -> Option<(PathBuf, String)> {
    let directories = env.search_path();
    ["python3", "python"].into_iter().find_map(|name| {
        let found = directories
            .iter()
            .map(|directory| directory.join(name))
            .find(|path| disk.is_executable(path))?;
        Some((found, format!("`{name}` on the PATH")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    const PROJECT: &str = "/home/ada/work/agent";

    fn search<'a>(env: &'a Env, asked_for: Option<&'a Path>) -> Search<'a> {
        Search {
            asked_for,
            project: Path::new(PROJECT),
            cwd: Path::new("/home/ada/work"),
            env,
        }
    }

    fn found(
        executables: &[&str],
        variables: &[(&str, &str)],
        asked_for: Option<&str>,
    ) -> Result<(String, String), NoInterpreter> {
        let env: Env = variables.iter().copied().collect();
        let disk = MadeUp::with_executables(executables);
        find(search(&env, asked_for.map(Path::new)), &disk)
            .map(|interpreter| (interpreter.path.display().to_string(), interpreter.reason))
    }

    /// A path and a reason.
    fn pair(path: &str, reason: &str) -> (String, String) {
        (path.to_owned(), reason.to_owned())
    }

    #[test]
    fn each_place_comes_before_the_next() {
        let variables = [
            ("LGX_PYTHON", "/lgx/python"),
            ("VIRTUAL_ENV", "/active"),
            ("UV_PROJECT_ENVIRONMENT", "uv-env"),
            ("CONDA_PREFIX", "/conda"),
            ("PATH", "/opt/bin:/usr/bin"),
        ];
        let places = [
            ("/lgx/python", "LGX_PYTHON", Some("LGX_PYTHON")),
            ("/active/bin/python", "VIRTUAL_ENV", Some("VIRTUAL_ENV")),
            (
                "/home/ada/work/agent/.venv/bin/python",
                "`.venv` of the project",
                None,
            ),
            (
                "/home/ada/work/agent/venv/bin/python",
                "`venv` of the project",
                None,
            ),
            ("/home/ada/.venv/bin/python", "`.venv` in /home/ada", None),
            (
                "/home/ada/work/agent/uv-env/bin/python",
                "UV_PROJECT_ENVIRONMENT",
                None,
            ),
            ("/conda/bin/python", "CONDA_PREFIX", None),
            ("/usr/bin/python3", "`python3` on the PATH", None),
            ("/opt/bin/python", "`python` on the PATH", None),
        ];

        for (position, (path, reason, _)) in places.iter().enumerate() {
            let there: Vec<_> = places[position..].iter().map(|(path, ..)| *path).collect();
            let gone: Vec<_> = places[..position]
                .iter()
                .filter_map(|(.., variable)| *variable)
                .collect();
            let variables: Vec<_> = variables
                .iter()
                .copied()
                .filter(|(name, _)| !gone.contains(name))
                .collect();

            assert_eq!(found(&there, &variables, None), Ok(pair(path, reason)));
        }
    }

    #[test]
    fn the_flag_comes_before_everything() {
        let there = ["/other/python", "/lgx/python"];

        assert_eq!(
            found(
                &there,
                &[("LGX_PYTHON", "/lgx/python")],
                Some("/other/python")
            ),
            Ok(pair("/other/python", "--python"))
        );
    }

    #[test]
    fn the_flag_takes_an_executable_an_environment_or_a_command() {
        let there = ["/home/ada/work/env/bin/python", "/usr/bin/python3.12"];
        let path = [("PATH", "/usr/bin")];

        assert_eq!(
            found(&there, &path, Some("env/bin/python")),
            Ok(pair("/home/ada/work/env/bin/python", "--python"))
        );
        assert_eq!(
            found(&there, &path, Some("env")),
            Ok(pair("/home/ada/work/env/bin/python", "--python"))
        );
        assert_eq!(
            found(&there, &path, Some("python3.12")),
            Ok(pair("/usr/bin/python3.12", "--python"))
        );
        assert_eq!(
            found(&there, &path, Some("./python3.12")),
            Err(NoInterpreter::NotThere {
                path: "./python3.12".into(),
                asked_by: "--python",
                runtime: Runtime::Python,
                what: "a Python executable or a virtual environment"
            })
        );
    }

    #[test]
    fn one_that_was_named_and_is_not_there_is_never_replaced_by_another() {
        assert_eq!(
            found(
                &["/usr/bin/python3"],
                &[("LGX_PYTHON", "/gone"), ("PATH", "/usr/bin")],
                None
            ),
            Err(NoInterpreter::NotThere {
                path: "/gone".into(),
                asked_by: "LGX_PYTHON",
                runtime: Runtime::Python,
                what: "a Python executable or a virtual environment"
            })
        );
    }

    #[test]
    fn an_active_environment_that_was_removed_is_passed_over_aloud() {
        let env: Env = [("VIRTUAL_ENV", "/removed"), ("PATH", "/usr/bin")]
            .into_iter()
            .collect();
        let interpreter = find(
            search(&env, None),
            &MadeUp::with_executables(&["/usr/bin/python3"]),
        )
        .unwrap();

        assert_eq!(interpreter.path, Path::new("/usr/bin/python3"));
        assert_eq!(
            interpreter.passed_over,
            ["VIRTUAL_ENV names `/removed`, which has no `bin/python`"]
        );
    }

    #[test]
    fn an_environment_of_the_project_whose_python_is_gone_is_passed_over_aloud() {
        let env: Env = [("PATH", "/usr/bin")].into_iter().collect();
        let disk = MadeUp::with_executables(&["/usr/bin/python3"])
            .and_file("/home/ada/work/agent/.venv/pyvenv.cfg", "")
            .and_file("/home/ada/venv/notes.txt", "");

        let interpreter = find(search(&env, None), &disk).unwrap();

        assert_eq!(interpreter.path, Path::new("/usr/bin/python3"));
        assert_eq!(
            interpreter.passed_over,
            ["`.venv` of the project has no `bin/python` that runs; make it anew"]
        );
    }

    #[test]
    fn without_any_python_that_is_said() {
        assert_eq!(
            found(&[], &[("PATH", "/usr/bin")], None),
            Err(NoInterpreter::Nowhere)
        );
    }
}
