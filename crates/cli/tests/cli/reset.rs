//! `lgx reset` of projects that nobody serves and where nobody can be asked; with a server and a person, live tests have it.

use insta::assert_snapshot;

use crate::place::Place;

#[test]
fn where_nothing_is_kept_nothing_is_removed() {
    let place = Place::of_project();
    assert_snapshot!(place.run(&["reset"]), @"
    exit code: 0
    --- stdout
    nothing to remove: there is no state in .lgx
    ");
    // No server has ever used this folder.
    place.write("data/state.db", "dear");
    assert_snapshot!(place.run(&["reset", "--yes", "--state-dir", "data"]), @"
    exit code: 0
    --- stdout
    nothing to remove: there is no state in data
    ");
    assert_eq!(place.tree("data"), ["state.db"]);
}

#[test]
fn without_a_terminal_it_takes_a_flag_and_what_is_no_state_stays() {
    let place = Place::of_project();
    for (file, bytes) in [
        ("state.lock", 0),
        ("state.db", 2_000_000),
        ("state.db-wal", 1_100_000),
        (".gitignore", 2),
        ("record/ca.pem", 1),
        ("runtime/imports.json", 1),
        ("notes.txt", 1),
    ] {
        place.write(&format!(".lgx/{file}"), &"x".repeat(bytes));
    }
    let before = place.tree(".lgx");

    assert_snapshot!(place.run(&["reset"]), @"
    exit code: 2
    --- stderr
    error: 3.1 MB in .lgx would be removed, and nobody can be asked
    help: add --yes if they can go
    ");
    assert_eq!(place.tree(".lgx"), before);

    assert_snapshot!(place.run(&["reset", "--yes"]), @"
    exit code: 0
    --- stdout
    removed: 3.1 MB from .lgx
    ");
    let left = [
        ".gitignore",
        "notes.txt",
        "record/ca.pem",
        "runtime/imports.json",
        "state.lock",
    ];
    assert_eq!(place.tree(".lgx"), left);
}
