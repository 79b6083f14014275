//! What the command of `lgx exec` is, and the variables it gets: the programs of the project's environment come first.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::disk::Probe;
use crate::env_names;
use crate::interpreter::Interpreters;

/// The variables of the project's code, with the programs of its packages in JavaScript on the `PATH` as well.
pub(crate) fn variables(
    activated: Vec<(OsString, OsString)>,
    project: &Path,
    interpreters: &Interpreters,
    disk: &impl Probe,
) -> Vec<(OsString, OsString)> {
    let node = interpreters.node.as_ref().ok();
    let added = programs_of_packages(project, node.map(|node| node.path.as_path()), disk);
    if added.is_empty() {
        return activated;
    }
    let path = search_path(&activated);
    // Those of a virtual environment are before them, so that `python` is still its own.
    let environment = activated
        .iter()
        .find(|(name, _)| name == env_names::VIRTUAL_ENV || name == env_names::CONDA_PREFIX)
        .map(|(_, folder)| Path::new(folder).join("bin"));
    let (first, rest): (Vec<_>, Vec<_>) = path
        .into_iter()
        .partition(|directory| Some(directory) == environment.as_ref());
    let all = first.into_iter().chain(added).chain(rest);
    // Fails for a directory with a colon in its name, which no list can hold.
    let Ok(path) = std::env::join_paths(all) else {
        return activated;
    };
    let others = activated
        .into_iter()
        .filter(|(name, _)| name != env_names::PATH);
    others.chain([(env_names::PATH.into(), path)]).collect()
}

/// `node_modules/.bin` of the project and of the workspace above it, and the folder of Node.js, if the project has packages.
fn programs_of_packages(project: &Path, node: Option<&Path>, disk: &impl Probe) -> Vec<PathBuf> {
    let folders = project.ancestors().map(|at| at.join("node_modules/.bin"));
    let mut found: Vec<_> = folders.filter(|at| disk.is_directory(at)).collect();
    if !found.is_empty() || disk.exists(&project.join("package.json")) {
        found.extend(node.and_then(Path::parent).map(Path::to_owned));
    }
    found
}

fn search_path(variables: &[(OsString, OsString)]) -> Vec<PathBuf> {
    variables
        .iter()
        .find(|(name, _)| name == env_names::PATH)
        .map(|(_, path)| std::env::split_paths(path).collect())
        .unwrap_or_default()
}

/// Why a command cannot be run, as shells tell it apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoProgram {
    /// There is none of this name.
    NotFound,
    /// This file is no program.
    NotExecutable(PathBuf),
}

/// The program that a shell with these variables would run.
pub(super) fn program(
    name: &OsStr,
    variables: &[(OsString, OsString)],
    context: &Context,
    disk: &impl Probe,
) -> Result<PathBuf, NoProgram> {
    let candidates = if name.as_encoded_bytes().contains(&b'/') {
        vec![context.absolute(Path::new(name))]
    } else {
        let path = search_path(variables).into_iter();
        path.map(|directory| context.absolute(&directory.join(name)))
            .collect()
    };
    let found = candidates.iter().find(|path| disk.is_executable(path));
    if let Some(found) = found {
        return Ok(found.clone());
    }
    let there = candidates.into_iter().find(|path| disk.exists(path));
    Err(there.map_or(NoProgram::NotFound, NoProgram::NotExecutable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;
    use crate::interpreter::{Interpreter, NoInterpreter};

    fn path_with(files: &[&str], variables: &[(&str, &str)]) -> String {
        let disk = files
            .iter()
            .fold(MadeUp::default(), |disk, file| disk.and_file(file, ""));
        let interpreters = Interpreters {
            python: Err(NoInterpreter::Nowhere),
            node: Ok(Interpreter {
                path: "/node/bin/node".into(),
                reason: String::new(),
                passed_over: Vec::new(),
            }),
        };
        let activated = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let found = self::variables(activated, Path::new("/w/p"), &interpreters, &disk);
        let path = found.iter().find(|(name, _)| name == env_names::PATH);
        path.unwrap().1.to_str().unwrap().to_owned()
    }

    #[test]
    fn programs_of_packages_come_first_but_behind_those_of_a_virtual_environment() {
        let packages = ["/w/p/node_modules/.bin/vitest", "/w/node_modules/.bin/tsc"];

        assert_eq!(
            path_with(&packages, &[("PATH", "/bin")]),
            "/w/p/node_modules/.bin:/w/node_modules/.bin:/node/bin:/bin"
        );
        assert_eq!(
            path_with(
                &packages[..1],
                &[("PATH", "/v/bin:/bin"), ("VIRTUAL_ENV", "/v")]
            ),
            "/v/bin:/w/p/node_modules/.bin:/node/bin:/bin"
        );
    }

    #[test]
    fn a_project_without_packages_gets_none() {
        assert_eq!(path_with(&[], &[("PATH", "/bin")]), "/bin");
        assert_eq!(
            path_with(&["/w/p/package.json"], &[("PATH", "/bin")]),
            "/node/bin:/bin"
        );
    }
}
