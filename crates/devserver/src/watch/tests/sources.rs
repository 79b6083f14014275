//! Data beside the code counts if it was read while code was loaded.

use std::time::SystemTime;

use super::*;

#[tokio::test]
async fn data_that_was_read_is_part_of_the_code_and_other_data_is_not() {
    let mut project = Project::with(&[
        ("prompts/read.md", "one"),
        ("prompts/unread.md", "one"),
        ("settings.yaml", "one"),
    ]);
    project
        .loaded_from(&["prompts/read.md", "settings.yaml"], &[])
        .await;
    project.write("prompts/unread.md", "two");
    project.write("prompts/new.md", "one");
    project.write("prompts/read.md", "two");
    project.changed_at_once(&["prompts/read.md"]).await;
    fs_err::write(project.path("settings.yaml"), "two").unwrap();
    project.changed_at_once(&["settings.yaml"]).await;
}

#[tokio::test]
async fn data_that_was_looked_for_is_a_change_when_it_appears() {
    let mut project = Project::new();
    project
        .loaded_from(&["missing.md", "nowhere/missing.md"], &[])
        .await;
    project.write("missing.md", "here");
    project.changed_at_once(&["missing.md"]).await;
    project.write("nowhere/missing.md", "here");
    project.changed_at_once(&["nowhere/missing.md"]).await;
}

#[tokio::test]
async fn one_more_or_less_in_a_directory_that_was_listed_is_a_change() {
    let mut project = Project::with(&[("prompts/a.md", "one"), ("prompts/deep/b.md", "one")]);
    project.loaded_from(&["prompts/a.md"], &["prompts"]).await;
    project.write("prompts/new.md", "one");
    project.changed_at_once(&["prompts"]).await;
    project.write("prompts/.new.md.swp", "an editor's");
    project.write("prompts/output.csv", "no suffix of code's data");
    project.write("prompts/deep/c.md", "that directory was not listed");
    project.write("prompts/new.md", "nobody has read it yet");
    project.settled().await;
    fs_err::remove_file(project.path("prompts/a.md")).unwrap();
    project.changed_at_once(&["prompts", "prompts/a.md"]).await;
    fs_err::remove_dir_all(project.path("prompts")).unwrap();
    project.changed_at_once(&["prompts"]).await;
    project.write("prompts/a.md", "back");
    project.changed_at_once(&["prompts", "prompts/a.md"]).await;
}

#[tokio::test]
async fn what_is_written_while_it_is_being_read_is_not_missed() {
    let mut project = Project::with(&[("prompts/a.md", "one"), ("b.md", "one")]);
    let since = SystemTime::now();
    // The kernel's clock for files is coarse, and may be behind ours.
    while project.written_at("b.md") <= since {
        project.write("b.md", "written after it was read");
    }
    project.watcher.also(Sources {
        files: vec![project.path("prompts/a.md"), project.path("b.md")],
        listed: Vec::new(),
        since,
    });
    project.changed_at_once(&["b.md"]).await;
    project.settled().await;
}

impl Project {
    fn written_at(&self, file: &str) -> SystemTime {
        let metadata = fs_err::metadata(self.path(file)).unwrap();
        metadata.modified().unwrap()
    }
}
