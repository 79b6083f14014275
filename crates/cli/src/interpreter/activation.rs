//! The environment variables that user code gets: as if the environment of its Python had been activated.
//!
//! Programs that the code starts (`python`, console scripts) are then those of the environment, as under `uv run`, `poetry run` and in
//! an activated shell.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::disk::Probe;
use crate::env_names;

/// What a program that has no `PATH` is looked up in.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The variables, changed as the environment's own `activate` would. A Python that belongs to no environment changes nothing.
pub(crate) fn activated(
    python: &Path,
    variables: Vec<(OsString, OsString)>,
    disk: &impl Probe,
) -> Vec<(OsString, OsString)> {
    let Some((bin, environment)) = python.parent().and_then(|bin| Some((bin, bin.parent()?)))
    else {
        return variables;
    };
    let is_conda = disk.exists(&environment.join("conda-meta"));
    if !is_conda && !disk.exists(&environment.join("pyvenv.cfg")) {
        return variables;
    }
    let path = variables
        .iter()
        .find(|(name, _)| name == env_names::PATH)
        .map_or(OsStr::new(DEFAULT_PATH), |(_, path)| path);
    let path = with_first(bin, path);
    // A virtual environment may stand on conda's Python; the other way round another one was active.
    let (set, unset) = if is_conda {
        (env_names::CONDA_PREFIX, Some(env_names::VIRTUAL_ENV))
    } else {
        (env_names::VIRTUAL_ENV, None)
    };
    let replaced = [
        Some(env_names::PATH),
        Some(env_names::PYTHONHOME),
        Some(set),
        unset,
    ];
    variables
        .into_iter()
        .filter(|(name, _)| !replaced.iter().flatten().any(|replaced| name == replaced))
        .chain([
            (env_names::PATH.into(), path),
            (set.into(), environment.into()),
        ])
        .collect()
}

/// The list of directories with this one at its beginning, and only there.
fn with_first(directory: &Path, path: &OsStr) -> OsString {
    let others = std::env::split_paths(path).filter(|other| other != directory);
    let all = std::iter::once(directory.to_owned()).chain(others);
    // Fails for a directory with a colon in its name, which no list can hold.
    std::env::join_paths(all).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn lines(python: &str, marker: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let disk = MadeUp::default().and_file(marker, "");
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let mut lines: Vec<_> = activated(Path::new(python), variables, &disk)
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_virtual_environment_comes_first_on_the_path_and_is_named() {
        assert_eq!(
            lines(
                "/p/.venv/bin/python",
                "/p/.venv/pyvenv.cfg",
                &[
                    ("PATH", "/usr/bin:/p/.venv/bin:/bin"),
                    ("PYTHONHOME", "/old"),
                    ("VIRTUAL_ENV", "/another"),
                    ("CONDA_PREFIX", "/conda"),
                    ("HOME", "/home/ada"),
                ]
            ),
            [
                "CONDA_PREFIX=/conda",
                "HOME=/home/ada",
                "PATH=/p/.venv/bin:/usr/bin:/bin",
                "VIRTUAL_ENV=/p/.venv",
            ]
        );
    }

    #[test]
    fn a_conda_environment_is_named_by_its_own_variable() {
        assert_eq!(
            lines(
                "/conda/envs/a/bin/python",
                "/conda/envs/a/conda-meta/history",
                &[("PATH", "/usr/bin"), ("VIRTUAL_ENV", "/another")]
            ),
            [
                "CONDA_PREFIX=/conda/envs/a",
                "PATH=/conda/envs/a/bin:/usr/bin"
            ]
        );
    }

    #[test]
    fn without_a_path_the_usual_one_follows() {
        assert_eq!(
            lines("/p/.venv/bin/python", "/p/.venv/pyvenv.cfg", &[]),
            [
                "PATH=/p/.venv/bin:/usr/local/bin:/usr/bin:/bin",
                "VIRTUAL_ENV=/p/.venv",
            ]
        );
    }

    #[test]
    fn a_python_of_the_system_changes_nothing() {
        let variables = [
            ("PATH", "/bin"),
            ("PYTHONHOME", "/home"),
            ("VIRTUAL_ENV", "/v"),
        ];

        assert_eq!(
            lines("/usr/bin/python3", "/p/.venv/pyvenv.cfg", &variables),
            ["PATH=/bin", "PYTHONHOME=/home", "VIRTUAL_ENV=/v"]
        );
    }
}
