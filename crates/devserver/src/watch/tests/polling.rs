//! Where the operating system does not tell, everything is looked at from time to time, and the person is told once.

use std::io;

use notify::{Config, RecommendedWatcher, RecursiveMode, WatcherKind};

use super::*;

/// The system's watcher with fewer directories than one would like.
struct Limited {
    system: RecommendedWatcher,
    left: usize,
}

impl notify::Watcher for Limited {
    fn new<F: notify::EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Err(notify::Error::generic("it is made in another way"))
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        if self.left == 0 {
            return Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch));
        }
        self.left -= 1;
        self.system.watch(path, mode)
    }

    fn unwatch(&mut self, path: &Path) -> notify::Result<()> {
        self.system.unwatch(path)
    }

    fn kind() -> WatcherKind {
        RecommendedWatcher::kind()
    }
}

fn limited(left: usize) -> impl FnOnce(Hearer) -> notify::Result<SystemWatcher> {
    move |hearer| {
        let system = notify::recommended_watcher(hearer)?;
        Ok(Box::new(Limited { system, left }))
    }
}

fn out_of_instances(_: Hearer) -> notify::Result<SystemWatcher> {
    Err(notify::Error::io(io::Error::from_raw_os_error(EMFILE)))
}

impl Project {
    fn reasons(&self) -> Vec<PollReason> {
        self.told.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn without_any_events_every_kind_of_change_is_noticed() {
    let files = [
        (".gitignore", "ignored/\n"),
        ("package/module.py", "one"),
        ("prompts/a.md", "one"),
    ];
    let mut project = Project::over(&files, out_of_instances);
    assert_eq!(project.reasons(), [PollReason::TooManyWatchers]);
    project
        .loaded_from(&["prompts/a.md", "venvs/one/library.py"], &["prompts"])
        .await;

    project.write("package/module.py", "two");
    project.changed_at_once(&["package/module.py"]).await;
    fs_err::write(project.path("package/module.py"), "six").unwrap();
    project.changed_at_once(&["package/module.py"]).await;
    project.write("new/deep/module.py", "one");
    project.changed_at_once(&["new/deep/module.py"]).await;
    project.write("new/deep/module.py", "two");
    project.changed_at_once(&["new/deep/module.py"]).await;
    fs_err::remove_dir_all(project.path("new")).unwrap();
    project.changed_at_once(&["new/deep/module.py"]).await;
    project.write(".env", "KEY=1");
    project.changed_at_once(&[".env"]).await;
    project.write("venvs/one/library.py", "edited");
    project.changed_at_once(&["venvs/one/library.py"]).await;
    project.write("prompts/a.md", "two");
    project.changed_at_once(&["prompts/a.md"]).await;
    project.write("prompts/b.md", "new");
    project.changed_at_once(&["prompts"]).await;

    project.write("ignored/module.py", "nobody's");
    project.write("package/module.py", "six");
    project.write("state/module.py", "the server's");
    project.settled().await;
    project.write(".gitignore", "package/\n");
    project.settled().await;
    project.write("package/module.py", "ignored now");
    project.settled().await;
    project.write("ignored/module.py", "not any more");
    project.changed_at_once(&["ignored/module.py"]).await;
    assert_eq!(project.reasons().len(), 1, "it is told once");
}

#[tokio::test]
async fn too_few_watches_at_the_start_or_later_are_made_up_for() {
    let files = [
        ("a/module.py", "one"),
        ("b/module.py", "one"),
        ("c/module.py", "one"),
    ];
    for left in 0..6 {
        let mut project = Project::over(&files, limited(left));
        project.write("d/module.py", "new");
        project.changed_at_once(&["d/module.py"]).await;
        for directory in ["a", "b", "c", "d"] {
            project.write(&format!("{directory}/module.py"), "two");
            project
                .changed_at_once(&[&format!("{directory}/module.py")])
                .await;
        }
        assert_eq!(
            project.reasons(),
            [PollReason::TooManyDirectories],
            "{left} watches"
        );
    }
}

#[tokio::test]
async fn enough_watches_are_nothing_to_talk_about() {
    let mut project = Project::over(&[("a/module.py", "one")], limited(50));
    project.settled().await;
    assert_eq!(project.reasons(), []);
}

#[tokio::test]
async fn while_the_code_does_not_load_a_save_of_the_same_is_a_change_without_events_too() {
    let mut project = Project::over(&[], out_of_instances);
    project.watcher.failing(true);
    project.settled().await;
    project.write("agent.py", "one");
    project.changed_at_once(&["agent.py"]).await;
    let packages = project.path("venvs/one");
    project.watcher.packages(vec![packages.clone()]);
    project.settled().await;
    fs_err::create_dir(packages.join("humanize")).unwrap();
    project.changed_at_once(&["venvs/one"]).await;
    project.watcher.failing(false);
    project.settled().await;
    fs_err::create_dir(packages.join("other")).unwrap();
    project.write("agent.py", "one");
    project.settled().await;
}
