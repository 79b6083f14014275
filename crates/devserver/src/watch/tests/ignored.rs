//! What git ignores is not watched, but what code was loaded from is.

use super::*;

#[tokio::test]
async fn what_git_ignores_is_no_change_and_costs_no_watch() {
    let mut project = Project::with(&[
        (".gitignore", "generated/\n*.gen.py\n"),
        ("package/.gitignore", "local.py\n"),
        ("generated/deep/module.py", ""),
    ]);
    let before = project.size().await;
    project.write("generated/module.py", "new");
    project.write("generated/deep/module.py", "new");
    project.write("generated/more/module.py", "new");
    project.write("a.gen.py", "new");
    project.write("package/local.py", "new");
    project.settled().await;
    assert_eq!(project.size().await, before);
}

#[tokio::test]
async fn what_code_was_loaded_from_counts_even_if_it_is_ignored() {
    let mut project = Project::with(&[
        (".gitignore", "generated/\n*.gen.py\n.env\n"),
        ("generated/module.py", "one"),
        ("a.gen.py", "one"),
    ]);
    project
        .loaded_from(&["generated/module.py", "a.gen.py"], &[])
        .await;
    project.write("generated/module.py", "two");
    project.changed_at_once(&["generated/module.py"]).await;
    project.write("a.gen.py", "two");
    project.changed_at_once(&["a.gen.py"]).await;
    project.write(".env", "KEY=1");
    project.changed_at_once(&[".env"]).await;
    // A generator makes its directory anew.
    fs_err::remove_dir_all(project.path("generated")).unwrap();
    project.changed_at_once(&["generated/module.py"]).await;
    project.write("generated/other.py", "nobody imports it");
    project.write("generated/module.py", "three");
    project.changed_at_once(&["generated/module.py"]).await;
}

#[tokio::test]
async fn a_change_of_what_is_ignored_is_taken_up_and_is_no_change_itself() {
    let mut project = Project::with(&[
        (".gitignore", "first/\n"),
        ("first/module.py", "one"),
        ("second/module.py", "one"),
    ]);
    project.write("first/module.py", "two");
    project.write("second/module.py", "two");
    project.changed_at_once(&["second/module.py"]).await;

    project.write(".gitignore", "second/\n");
    project.settled().await;
    project.write("second/module.py", "three");
    project.write("first/module.py", "three");
    project.changed_at_once(&["first/module.py"]).await;

    fs_err::remove_file(project.path(".gitignore")).unwrap();
    project.settled().await;
    project.write("second/module.py", "four");
    project.changed_at_once(&["second/module.py"]).await;
}

#[tokio::test]
async fn the_rules_of_the_repository_above_are_taken_up_too() {
    let home = TempDir::new().unwrap();
    write(&home.path().join(".git/info/exclude"), "");
    write(&home.path().join(".gitignore"), "first.py\n");
    let root = home.path().join("services/agent");
    write(&root.join("agent.py"), "one");
    let (sender, mut changes) = mpsc::channel(8);
    let roots = Roots {
        root: root.clone(),
        extra_files: Vec::new(),
        state_dir: root.join("state"),
    };
    let _watcher = DiskWatcher::start(roots, sender, Arc::<Told>::default()).unwrap();
    let mut next = async || changes.recv().await.unwrap().files;
    write(&root.join("first.py"), "one");
    write(&root.join("second.py"), "one");
    assert_eq!(next().await, [root.join("second.py")]);
    write(&home.path().join(".gitignore"), "");
    write(&home.path().join(".git/info/exclude"), "second.py\n");
    write(&root.join("second.py"), "two");
    write(&root.join("agent.py"), "two");
    assert_eq!(next().await, [root.join("agent.py")]);
    write(&root.join("first.py"), "two");
    assert_eq!(next().await, [root.join("first.py")]);
}
