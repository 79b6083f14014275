//! The watcher on a real file system, waiting for what it sends.

mod editors;
mod ignored;
mod polling;
mod sources;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use lgx_engine::notice::Notice;
use tempfile::TempDir;

use super::*;

/// How often everything is looked at here where events do not tell.
const OFTEN: Duration = Duration::from_millis(10);

/// Keeps what the person is told.
#[derive(Default)]
struct Told(Mutex<Vec<PollReason>>);

impl Observer for Told {
    fn notice(&self, notice: Notice) {
        if let Notice::Polling(reason) = notice {
            let mut reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            reasons.push(reason);
        }
    }
}

/// A project with `agent.py` and a virtual environment, being watched.
struct Project {
    directory: TempDir,
    changes: mpsc::Receiver<Change>,
    watcher: DiskWatcher,
    told: Arc<Told>,
    /// How often the watcher was waited for.
    marks: u32,
}

impl Project {
    fn new() -> Self {
        Self::with(&[])
    }

    /// With these files beside the usual ones when watching begins.
    fn with(files: &[(&str, &str)]) -> Self {
        Self::over(files, |hearer| {
            Ok(Box::new(notify::recommended_watcher(hearer)?))
        })
    }

    fn over(
        files: &[(&str, &str)],
        system: impl FnOnce(Hearer) -> notify::Result<SystemWatcher>,
    ) -> Self {
        let directory = TempDir::new().unwrap();
        for (file, text) in [
            ("agent.py", "one"),
            ("venvs/one/pyvenv.cfg", ""),
            ("venvs/one/library.py", ""),
        ]
        .iter()
        .chain(files)
        {
            write(&directory.path().join(file), text);
        }
        let (sender, changes) = mpsc::channel(8);
        let roots = Roots {
            root: directory.path().to_path_buf(),
            extra_files: vec![directory.path().join(".env")],
            state_dir: directory.path().join("state"),
        };
        let told = Arc::<Told>::default();
        let observer = Arc::clone(&told);
        let watcher = DiskWatcher::start_with(roots, sender, observer, OFTEN, system).unwrap();
        Self {
            directory,
            changes,
            watcher,
            told,
            marks: 0,
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        write(&self.path(file), text);
    }

    /// Names what code was loaded from, as of now, and waits until that is known.
    async fn loaded_from(&mut self, files: &[&str], listed: &[&str]) {
        self.watcher.also(Sources {
            files: files.iter().map(|file| self.path(file)).collect(),
            listed: listed
                .iter()
                .map(|directory| self.path(directory))
                .collect(),
            since: std::time::SystemTime::now(),
        });
        self.settled().await;
    }

    /// Waits until what was asked for before has been done, and what was written before has been seen, and was no change.
    async fn settled(&mut self) {
        self.marks += 1;
        self.write("marker.py", &self.marks.to_string());
        self.changed_at_once(&["marker.py"]).await;
    }

    /// How much the watcher keeps.
    async fn size(&mut self) -> [usize; 4] {
        self.settled().await;
        let (sender, size) = tokio::sync::oneshot::channel();
        self.watcher.messages.send(Message::Size(sender)).unwrap();
        size.await.unwrap()
    }

    /// The files of the next change.
    async fn next(&mut self) -> BTreeSet<PathBuf> {
        let next = tokio::time::timeout(Duration::from_secs(20), self.changes.recv());
        next.await.unwrap().unwrap().files.into_iter().collect()
    }

    /// Waits for one change, of exactly these files; nothing before it may have been one.
    async fn changed_at_once(&mut self, expected: &[&str]) {
        let expected: BTreeSet<PathBuf> = expected.iter().map(|file| self.path(file)).collect();
        assert_eq!(self.next().await, expected);
    }

    /// Waits until exactly these files have changed.
    async fn changed(&mut self, expected: &[&str]) {
        let expected: BTreeSet<PathBuf> = expected.iter().map(|file| self.path(file)).collect();
        let mut seen = BTreeSet::new();
        while seen != expected {
            seen.extend(self.next().await);
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

    project.loaded_from(&["venvs/one/library.py"], &[]).await;
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
