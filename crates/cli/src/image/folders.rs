//! Which folders go into an image, and where they lie in it: as they lie to each other on disk, below `/app`.

use std::path::{Component, Path, PathBuf};

use crate::ui::error::Advised;

/// What is below `/app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folders {
    /// The folder that a build is given: it holds all others.
    pub(crate) context: PathBuf,
    /// What of it is copied, seen from there; the whole of it where that is empty.
    pub(crate) copied: Vec<PathBuf>,
    /// The project, absolute.
    project: PathBuf,
}

impl Folders {
    /// The folders that are needed, absolute; the first is the project's.
    pub(super) fn holding(needed: &[PathBuf], home: Option<&Path>) -> Result<Self, Advised> {
        let needed: Vec<PathBuf> = needed.iter().map(|folder| plain(folder)).collect();
        let project = needed.first().cloned().unwrap_or_default();
        let mut context = project.clone();
        for folder in &needed {
            while !folder.starts_with(&context) {
                context.pop();
            }
            if is_too_wide(&context, &project, home) {
                return Err(Advised::new(
                    format!(
                        "the project needs {}, and what holds both is {}: too much for an image",
                        folder.display(),
                        context.display()
                    ),
                    "move that folder into the repository of the project",
                ));
            }
        }
        let mut copied: Vec<PathBuf> = Vec::new();
        for folder in &needed {
            let is_inside = |outer: &PathBuf| folder.starts_with(outer);
            if !needed
                .iter()
                .any(|outer| outer != folder && is_inside(outer))
                && !copied.iter().any(|copied| context.join(copied) == *folder)
            {
                copied.push(folder.strip_prefix(&context).unwrap_or(folder).to_owned());
            }
        }
        copied.retain(|folder| !folder.as_os_str().is_empty());
        Ok(Self {
            context,
            copied,
            project,
        })
    }

    /// A path in the image.
    pub(crate) fn inside(&self, path: &Path) -> String {
        match self.seen_in_context(path).as_str() {
            "." => "/app".to_owned(),
            below => format!("/app/{below}"),
        }
    }

    /// Where the project lies in the image.
    pub(crate) fn of_project(&self) -> String {
        self.inside(&self.project)
    }

    /// A path seen from the context; `.` for the context itself.
    pub(crate) fn seen_in_context(&self, path: &Path) -> String {
        let path = plain(path);
        let below = path.strip_prefix(&self.context).unwrap_or(&path);
        match below.display().to_string() {
            empty if empty.is_empty() => ".".to_owned(),
            below => below,
        }
    }
}

/// The path without `.` and `..` in it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Whether a folder is one that holds more than anybody would send to a build, unless it is the project's own.
fn is_too_wide(folder: &Path, project: &Path, home: Option<&Path>) -> bool {
    folder != project && (folder.parent().is_none() || Some(folder) == home)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(needed: &[&str]) -> Result<Folders, Advised> {
        let needed: Vec<_> = needed.iter().map(PathBuf::from).collect();
        Folders::holding(&needed, Some(Path::new("/home/ada")))
    }

    #[test]
    fn a_project_that_holds_all_it_needs_is_copied_as_it_is() {
        let folders = of(&["/home/ada/p", "/home/ada/p", "/home/ada/p/libs/x"]).unwrap();

        assert_eq!(folders.context, Path::new("/home/ada/p"));
        assert!(folders.copied.is_empty());
        assert_eq!(folders.of_project(), "/app");
        assert_eq!(
            folders.inside(Path::new("/home/ada/p/libs/x")),
            "/app/libs/x"
        );
    }

    #[test]
    fn what_lies_beside_it_keeps_its_place() {
        let folders = of(&["/home/ada/r/apps/a", "/home/ada/r/apps/a/../../libs/x"]).unwrap();

        assert_eq!(folders.context, Path::new("/home/ada/r"));
        assert_eq!(
            folders.copied,
            [PathBuf::from("apps/a"), PathBuf::from("libs/x")]
        );
        assert_eq!(folders.of_project(), "/app/apps/a");
    }

    #[test]
    fn nobody_sends_a_home_to_a_build() {
        let refused = of(&["/home/ada/p", "/home/ada/x"]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the project needs /home/ada/x, and what holds both is /home/ada: too much for an image"
        );
        assert!(of(&["/srv/p", "/opt/x"]).is_err());
        // Whoever has a project there has it there.
        assert!(of(&["/home/ada"]).is_ok());
    }
}
