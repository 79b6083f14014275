//! One save is one change, whatever an editor does to the file: the operations are those that such editors are known to make.

use super::*;

/// A step of a save, under the project's directory.
enum Step {
    /// Opens for writing and truncates, and writes in a second step.
    Rewrite(&'static str, &'static str),
    Rename(&'static str, &'static str),
    Delete(&'static str),
    Link(&'static str),
}

use Step::{Delete, Link, Rename, Rewrite};

const TWO: &str = "two";

/// By editor: how a file that holds something comes to hold something else.
const SAVES: [(&str, &[Step]); 9] = [
    (
        "vim, backupcopy=no",
        &[
            Rewrite(".agent.py.swp", "b0VIM"),
            Rewrite("4913", ""),
            Delete("4913"),
            Rename("agent.py", "agent.py~"),
            Rewrite("agent.py", TWO),
            Delete("agent.py~"),
            Delete(".agent.py.swp"),
        ],
    ),
    (
        "vim, backupcopy=yes",
        &[
            Rewrite("agent.py~", "one"),
            Rewrite("agent.py", TWO),
            Delete("agent.py~"),
        ],
    ),
    ("VS Code", &[Rewrite("agent.py", TWO)]),
    (
        "PyCharm",
        &[
            Rewrite("agent.py___jb_tmp___", TWO),
            Rename("agent.py", "agent.py___jb_old___"),
            Rename("agent.py___jb_tmp___", "agent.py"),
            Delete("agent.py___jb_old___"),
        ],
    ),
    (
        "Emacs",
        &[
            Link(".#agent.py"),
            Rewrite("#agent.py#", "tw"),
            Rename("agent.py", "agent.py~"),
            Rewrite("agent.py", TWO),
            Delete("#agent.py#"),
            Delete(".#agent.py"),
        ],
    ),
    (
        "sed -i",
        &[Rewrite("sedfenb5Q", TWO), Rename("sedfenb5Q", "agent.py")],
    ),
    (
        "gedit",
        &[
            Rewrite(".goutputstream-AB12C3", TWO),
            Rename(".goutputstream-AB12C3", "agent.py"),
        ],
    ),
    ("git", &[Delete("agent.py"), Rewrite("agent.py", TWO)]),
    (
        "an agent",
        &[
            Rewrite("agent.py.tmp.4711", TWO),
            Rename("agent.py.tmp.4711", "agent.py"),
        ],
    ),
];

fn play(project: &Project, steps: &[Step]) {
    for step in steps {
        match step {
            Rewrite(file, text) => fs_err::write(project.path(file), text).unwrap(),
            Rename(from, to) => fs_err::rename(project.path(from), project.path(to)).unwrap(),
            Delete(file) => fs_err::remove_file(project.path(file)).unwrap(),
            Link(file) => {
                let nobody = "somebody@machine.4711:1795737600";
                fs_err::os::unix::fs::symlink(nobody, project.path(file)).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_save_is_one_change_in_every_editor() {
    for (editor, steps) in SAVES {
        let mut project = Project::new();
        play(&project, steps);
        assert_eq!(
            project.next().await,
            BTreeSet::from([project.path("agent.py")]),
            "{editor}"
        );
        project.settled().await;
    }
}

#[tokio::test]
async fn a_save_is_one_change_also_while_the_code_does_not_load() {
    for (editor, steps) in SAVES {
        let mut project = Project::new();
        project.watcher.failing(true);
        project.settled().await;
        play(&project, steps);
        assert_eq!(
            project.next().await,
            BTreeSet::from([project.path("agent.py")]),
            "{editor}"
        );
        project.settled().await;
    }
}

#[tokio::test]
async fn beginning_to_edit_is_no_change_even_while_the_code_does_not_load() {
    let mut project = Project::new();
    project.watcher.failing(true);
    project.settled().await;
    play(
        &project,
        &[
            Link(".#agent.py"),
            Rewrite("#agent.py#", "t"),
            Rewrite(".agent.py.swp", "b0VIM"),
        ],
    );
    project.settled().await;
}

#[tokio::test]
async fn a_file_that_stays_empty_or_away_is_a_change() {
    let mut project = Project::new();
    fs_err::write(project.path("agent.py"), "").unwrap();
    project.changed_at_once(&["agent.py"]).await;
    fs_err::remove_file(project.path("agent.py")).unwrap();
    project.changed_at_once(&["agent.py"]).await;
}

#[tokio::test]
async fn a_checkout_of_five_hundred_files_is_one_change() {
    let name = |number: u32| format!("package{}/module{number}.py", number % 10);
    let mut project = Project::new();
    for number in 0..500 {
        project.write(&name(number), "before");
    }
    let all: BTreeSet<PathBuf> = (0..500).map(|number| project.path(&name(number))).collect();
    let mut seen = BTreeSet::new();
    while seen != all {
        seen.extend(project.next().await);
    }
    // As git does it: each file is deleted and written anew.
    for number in 0..500 {
        let file = project.path(&name(number));
        fs_err::remove_file(&file).unwrap();
        fs_err::write(&file, "after").unwrap();
    }
    assert_eq!(project.next().await, all);
    project.settled().await;
}

#[tokio::test]
async fn a_thousand_saves_leave_nothing_behind() {
    let mut project = Project::with(&[("package/module.py", ""), ("last.py", "")]);
    project.loaded_from(&["agent.py"], &["package"]).await;
    let before = project.size().await;
    let root = project.path("");
    let saving = std::thread::spawn(move || {
        for number in 0..1000 {
            let text = format!("save {number}");
            write(&root.join("agent.py"), &text);
            write(&root.join(".gitignore"), &format!("{number}/\n"));
            write(&root.join("branch/package/module.py"), &text);
            fs_err::remove_dir_all(root.join("branch")).unwrap();
            fs_err::rename(root.join("package"), root.join("other")).unwrap();
            fs_err::rename(root.join("other"), root.join("package")).unwrap();
        }
        fs_err::remove_file(root.join(".gitignore")).unwrap();
        write(&root.join("last.py"), "done");
    });
    while !project.next().await.contains(&project.path("last.py")) {}
    saving.join().unwrap();
    assert_eq!(project.size().await, before);
}
