//! Writes a project to its directory, whole or not at all.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use tempfile::TempDir;
use thiserror::Error;

use super::render::Plan;
use super::repository;

/// Why a project cannot be written.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// There is a file at its path.
    #[error("`{}` is a file, not a directory", .0.display())]
    IsAFile(PathBuf),
    /// There is something in its directory that is not to be mixed with a project.
    #[error("`{}` is not empty: `{found}` is in it", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
        /// The first thing in it.
        found: String,
    },
    /// The operating system refused.
    #[error("cannot write the project to `{}`", .0.display())]
    Io(PathBuf, #[source] io::Error),
}

/// Where a project would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing is there yet.
    Free,
    /// A directory is there: empty, or with what a new repository has in it.
    Directory,
}

/// Whether a project could be written there, as far as can be known without writing.
pub(crate) fn check(target: &Path) -> Result<(), WriteError> {
    look(target).map(|_| ())
}

/// Writes the project.
pub(crate) fn write(plan: &Plan, target: &Path) -> Result<(), WriteError> {
    let failed = |error| WriteError::Io(target.to_owned(), error);
    match look(target)? {
        Place::Free => write_new(plan, target).map_err(failed),
        Place::Directory => write_into(plan, target).map_err(failed),
    }
}

fn look(target: &Path) -> Result<Place, WriteError> {
    let failed = |error| WriteError::Io(target.to_owned(), error);
    match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::Free),
        // A file in the place of one of its parents: name that file.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let file = target
                .ancestors()
                .find(|parent| parent.is_file())
                .unwrap_or(target);
            Err(WriteError::IsAFile(file.to_owned()))
        }
        Err(error) => Err(failed(error)),
        Ok(found) if !found.is_dir() => Err(WriteError::IsAFile(target.to_owned())),
        Ok(_) => {
            let names = names_in(target).map_err(failed)?;
            match names.into_iter().find(|name| !repository::may_stay(name)) {
                None => Ok(Place::Directory),
                Some(found) => Err(WriteError::NotEmpty {
                    path: target.to_owned(),
                    found,
                }),
            }
        }
    }
}

/// The names in a directory, in order.
fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    let names: io::Result<Vec<_>> = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect();
    let mut names = names?;
    names.sort();
    Ok(names)
}

/// Stages beside the target, then moves the whole directory into place. Parents made on the way go again if that fails.
fn write_new(plan: &Plan, target: &Path) -> io::Result<()> {
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let made = parent
        .ancestors()
        .take_while(|ancestor| !ancestor.exists())
        .last()
        .map(Path::to_owned);
    fs::create_dir_all(parent)?;
    let written = (|| {
        let stage = stage(plan, parent)?;
        fs::rename(project_in(&stage), target)
    })();
    if let (Err(_), Some(made)) = (&written, made) {
        // Only directories that are still empty: nobody else's files can be in the way of this.
        let _ = remove_empty(parent, &made);
    }
    written
}

/// Stages inside the directory, then moves the entries up: the directory itself may be somebody's current one, or a mount.
fn write_into(plan: &Plan, target: &Path) -> io::Result<()> {
    let mut there = BTreeMap::new();
    for name in names_in(target)? {
        let path = target.join(&name);
        if path.is_file() {
            there.insert(PathBuf::from(name), fs::read(path)?);
        }
    }
    let stage = stage(&repository::around(plan, &there), target)?;
    let mut moved: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(project_in(&stage))? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        let destination = target.join(&name);
        if let Err(error) = take_place(&entry.path(), &destination, there.contains_key(&name)) {
            for name in moved {
                // It was as it was.
                let _ = put_back(&target.join(&name), there.get(&name));
            }
            return Err(error);
        }
        moved.push(name);
    }
    Ok(())
}

/// Moves what was staged to where nothing is, unless it was made of what is there.
fn take_place(staged: &Path, destination: &Path, extends: bool) -> io::Result<()> {
    if !extends && fs::symlink_metadata(destination).is_ok() {
        let path = destination.display();
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("`{path}` has appeared meanwhile"),
        ));
    }
    fs::rename(staged, destination)
}

fn put_back(path: &Path, before: Option<&Vec<u8>>) -> io::Result<()> {
    match before {
        Some(content) => fs::write(path, content),
        None if path.is_dir() => fs::remove_dir_all(path),
        None => fs::remove_file(path),
    }
}

/// Writes the files into a new directory that is removed when dropped.
fn stage(plan: &Plan, beside: &Path) -> io::Result<TempDir> {
    let stage = tempfile::Builder::new()
        .prefix(".lgx-new-")
        .tempdir_in(beside)?;
    // The temporary directory itself is private to the user; the project's is not.
    let project = project_in(&stage);
    fs::create_dir(&project)?;
    for (path, content) in plan {
        let path = project.join(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(path, content)?;
    }
    Ok(stage)
}

fn project_in(stage: &TempDir) -> PathBuf {
    stage.path().join("project")
}

/// Removes the directory and those above it, up to and including `last`, as long as they are empty.
fn remove_empty(directory: &Path, last: &Path) -> io::Result<()> {
    for directory in directory.ancestors() {
        fs::remove_dir(directory)?;
        if directory == last {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        [("README.md", "hello"), ("src/agent/graph.py", "graph = 1")]
            .into_iter()
            .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
            .collect()
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_project_goes_to_a_new_directory_and_nothing_else_is_left() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("deep/er/project");

        write(&plan(), &target).unwrap();

        assert_eq!(
            fs::read_to_string(target.join("src/agent/graph.py")).unwrap(),
            "graph = 1"
        );
        assert_eq!(names(target.parent().unwrap()), ["project"]);
    }

    #[test]
    fn a_project_goes_into_an_empty_directory_that_stays_the_same_directory() {
        let home = tempfile::tempdir().unwrap();

        write(&plan(), home.path()).unwrap();

        assert_eq!(names(home.path()), ["README.md", "src"]);
    }

    #[test]
    fn a_directory_with_something_in_it_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".hidden"), "").unwrap();

        assert!(matches!(
            write(&plan(), home.path()),
            Err(WriteError::NotEmpty { found, .. }) if found == ".hidden"
        ));
        assert_eq!(names(home.path()), [".hidden"]);
    }

    #[test]
    fn a_fresh_clone_keeps_what_is_in_it() {
        let home = tempfile::tempdir().unwrap();
        let write_there = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
        fs::create_dir(home.path().join(".git")).unwrap();
        write_there(".git/HEAD", "ref: refs/heads/main");
        write_there("README.md", "mine");
        write_there("LICENSE", "mine");
        write_there(".gitignore", "*.log\n");
        let mut plan = plan();
        plan.insert(".gitignore".into(), b".env\n".to_vec());

        super::write(&plan, home.path()).unwrap();

        let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!(
            names(home.path()),
            [".git", ".gitignore", "LICENSE", "README.md", "src"]
        );
        assert_eq!(
            (read("README.md").as_str(), read("LICENSE").as_str()),
            ("mine", "mine")
        );
        assert_eq!(read(".gitignore"), "*.log\n\n.env\n");
        assert_eq!(read("src/agent/graph.py"), "graph = 1");
    }

    #[test]
    fn a_clone_in_which_something_fails_is_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".gitignore"), "*.log\n").unwrap();
        let mut plan = plan();
        plan.insert(".gitignore".into(), b".env\n".to_vec());
        // Something that is no file lies where one is to go.
        fs::create_dir(home.path().join("README.md")).unwrap();

        assert!(matches!(
            super::write(&plan, home.path()),
            Err(WriteError::Io(..))
        ));

        assert_eq!(names(home.path()), [".gitignore", "README.md"]);
        let ignored = fs::read_to_string(home.path().join(".gitignore")).unwrap();
        assert_eq!(ignored, "*.log\n");
    }

    #[test]
    fn a_file_is_no_place_for_a_project_nor_for_the_parent_of_one() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();

        for target in [file.clone(), file.join("project")] {
            assert!(
                matches!(write(&plan(), &target), Err(WriteError::IsAFile(named)) if named == file)
            );
        }
    }

    #[test]
    fn what_fails_halfway_leaves_no_trace() {
        let home = tempfile::tempdir().unwrap();
        let mut plan = plan();
        // A file in the place of a directory: the second one cannot be written.
        plan.insert("src".into(), Vec::new());

        assert!(matches!(
            write(&plan, &home.path().join("deep/project")),
            Err(WriteError::Io(..))
        ));
        assert!(matches!(write(&plan, home.path()), Err(WriteError::Io(..))));

        assert_eq!(names(home.path()), Vec::<String>::new());
    }
}
