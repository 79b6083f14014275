//! The watcher on a real file system, waiting for what it sends.

use std::collections::BTreeSet;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// A project with `agent.py` and a virtual environment, being watched.
struct Project {
    directory: TempDir,
    changes: mpsc::Receiver<Change>,
    watcher: DiskWatcher,
}

impl Project {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        write(&directory.path().join("agent.py"), "one");
        write(&directory.path().join("venvs/one/pyvenv.cfg"), "");
        write(&directory.path().join("venvs/one/library.py"), "");
        let (sender, changes) = mpsc::channel(8);
        let roots = Roots {
            root: directory.path().to_path_buf(),
            extra_files: vec![directory.path().join(".env")],
            state_dir: directory.path().join("state"),
        };
        let watcher = DiskWatcher::start(roots, sender).unwrap();
        Self {
            directory,
            changes,
            watcher,
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        write(&self.path(file), text);
    }

    /// Waits until exactly these files have changed.
    async fn changed(&mut self, expected: &[&str]) {
        let expected: BTreeSet<PathBuf> = expected.iter().map(|file| self.path(file)).collect();
        let mut seen = BTreeSet::new();
        while seen != expected {
            let next = tokio::time::timeout(Duration::from_secs(20), self.changes.recv());
            seen.extend(next.await.unwrap().unwrap().files);
            assert!(seen.is_subset(&expected), "{seen:?}");
        }
    }
}

/// Writes a file in one step, so that it is never seen half written.
fn write(path: &Path, text: &str) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let unfinished = path.with_extension("unfinished");
    fs_err::write(&unfinished, text).unwrap();
    fs_err::rename(unfinished, path).unwrap();
}

#[tokio::test]
async fn an_edit_is_a_change_and_writing_the_same_again_is_none() {
    let mut project = Project::new();
    project.write("agent.py", "one");
    project.write("notes.md", "not code");
    project.write("venvs/one/library.py", "not the project's");
    project.write("state/runtime.py", "not the project's either");
    project.write("new.py", "");
    project.changed(&["new.py"]).await;
    fs_err::remove_file(project.path("new.py")).unwrap();
    project.changed(&["new.py"]).await;
    fs_err::write(project.path("agent.py"), "two").unwrap();
    project.changed(&["agent.py"]).await;
}

#[tokio::test]
async fn a_save_by_renaming_is_a_change_of_the_file_that_was_saved() {
    let mut project = Project::new();
    fs_err::write(project.path("agent.py~"), "two").unwrap();
    fs_err::rename(project.path("agent.py~"), project.path("agent.py")).unwrap();
    project.changed(&["agent.py"]).await;
    project.write(".env", "KEY=1");
    project.changed(&[".env"]).await;
}

#[tokio::test]
async fn new_directories_are_watched_and_so_are_files_that_are_named_later() {
    let mut project = Project::new();
    project.write("package/inner/module.py", "one");
    project.changed(&["package/inner/module.py"]).await;
    project.write("package/inner/module.py", "two");
    project.changed(&["package/inner/module.py"]).await;
    fs_err::rename(project.path("package"), project.path("renamed")).unwrap();
    project
        .changed(&["package/inner/module.py", "renamed/inner/module.py"])
        .await;
    project.write("renamed/inner/module.py", "three");
    project.changed(&["renamed/inner/module.py"]).await;
    fs_err::remove_dir_all(project.path("renamed")).unwrap();
    project.changed(&["renamed/inner/module.py"]).await;

    project
        .watcher
        .also(&[project.path("venvs/one/library.py")]);
    // Once this is seen, what was asked for before it has been done.
    project.write("agent.py", "two");
    project.changed(&["agent.py"]).await;
    project.write("venvs/one/library.py", "installed to be edited");
    project.changed(&["venvs/one/library.py"]).await;
}

#[tokio::test]
async fn while_the_code_does_not_load_every_save_is_a_change_and_so_is_every_package() {
    let mut project = Project::new();
    let packages = project.path("venvs/one");
    project.watcher.packages(vec![packages.clone()]);
    project.write("venvs/one/early.py", "nobody looks yet");
    project.watcher.failing(true);
    // Once this is seen, what was asked for before it has been done.
    project.write("agent.py", "one");
    project.changed(&["agent.py"]).await;
    fs_err::create_dir(packages.join("humanize")).unwrap();
    project.changed(&["venvs/one/humanize"]).await;
    let agent = fs_err::File::options()
        .write(true)
        .open(project.path("agent.py"))
        .unwrap();
    agent.set_modified(std::time::SystemTime::now()).unwrap();
    project.changed(&["agent.py"]).await;

    project.watcher.failing(false);
    project.write("agent.py", "one");
    fs_err::create_dir(packages.join("other")).unwrap();
    project.write("agent.py", "two");
    project.changed(&["agent.py"]).await;
}
