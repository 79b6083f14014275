//! Which project to serve: the one that was named, or the one around the current directory.

pub(crate) mod located;
pub(crate) mod unconfigured;

use std::path::{Path, PathBuf};

use crate::disk::Probe;

/// The file that makes a directory a project.
pub(crate) const FILE: &str = "langgraph.json";

/// Where the configuration is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Here, whether or not it exists: the one that was named, or the one in the current directory.
    Here(PathBuf),
    /// In a directory above the current one.
    Above(PathBuf),
    /// In a directory above the current one, where another user put it: nobody's code is run by accident.
    Foreign(PathBuf),
}

/// Finds the configuration. Without a name, directories above are searched up to the repository or the user's own directory.
pub(crate) fn find(
    named: Option<&Path>,
    cwd: &Path,
    home: Option<&Path>,
    disk: &impl Probe,
) -> Found {
    if let Some(named) = named {
        return Found::Here(if disk.is_directory(named) {
            named.join(FILE)
        } else {
            named.to_owned()
        });
    }
    let here = cwd.join(FILE);
    if disk.exists(&here) {
        return Found::Here(here);
    }
    for directory in cwd.ancestors() {
        let file = directory.join(FILE);
        if disk.exists(&file) {
            return if disk.is_own(&file) {
                Found::Above(file)
            } else {
                Found::Foreign(file)
            };
        }
        if disk.exists(&directory.join(".git")) || Some(directory) == home {
            break;
        }
    }
    Found::Here(here)
}

/// The project that a configuration belongs to.
pub(crate) fn directory_of(config: &Path) -> &Path {
    config.parent().unwrap_or(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn found(files: &[&str], named: Option<&str>, cwd: &str) -> Found {
        let disk = files
            .iter()
            .fold(MadeUp::default(), |disk, file| disk.and_file(file, ""));
        find(
            named.map(Path::new),
            Path::new(cwd),
            Some(Path::new("/home/ada")),
            &disk,
        )
    }

    fn here(path: &str) -> Found {
        Found::Here(path.into())
    }

    #[test]
    fn what_was_named_is_a_file_or_the_directory_that_has_it() {
        let files = ["/p/langgraph.json", "/p/other.json"];

        assert_eq!(found(&files, Some("/p"), "/"), here("/p/langgraph.json"));
        assert_eq!(
            found(&files, Some("/p/other.json"), "/p"),
            here("/p/other.json")
        );
        assert_eq!(found(&files, Some("/gone"), "/p"), here("/gone"));
    }

    #[test]
    fn without_a_name_the_nearest_one_upwards_is_meant() {
        let files = ["/home/ada/p/langgraph.json", "/home/ada/p/src/a.py"];

        assert_eq!(
            found(&files, None, "/home/ada/p"),
            here("/home/ada/p/langgraph.json")
        );
        assert_eq!(
            found(&files, None, "/home/ada/p/src"),
            Found::Above("/home/ada/p/langgraph.json".into())
        );
    }

    #[test]
    fn the_search_ends_at_the_repository_the_own_directory_and_another_users_file() {
        for (files, cwd) in [
            (
                &["/home/ada/langgraph.json", "/home/ada/p/.git"][..],
                "/home/ada/p/src",
            ),
            (&["/home/langgraph.json"], "/home/ada/p"),
            (&[], "/srv/p"),
        ] {
            let missing = format!("{cwd}/langgraph.json");
            assert_eq!(found(files, None, cwd), here(&missing), "{cwd}");
        }
        assert_eq!(
            found(&["/foreign/langgraph.json"], None, "/foreign/p"),
            Found::Foreign("/foreign/langgraph.json".into())
        );
    }
}
