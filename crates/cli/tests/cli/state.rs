//! `lgx state` of folders: what is carried, and what is refused; databases have tests of their own.

use insta::assert_snapshot;

use crate::place::Place;

/// A state with nothing in it but one item.
const ITEM: &str = concat!(
    "{\"lgx_state\":1}\n",
    r#"{"item":{"namespace":["memories"],"key":"tea","value":{"green": true},"created_at":1,"updated_at":2}}"#,
    "\n",
    r#"{"end":{"rows":1,"sha256":"554b73005caa1ae6c1098a1835f0bd0c7bdca65aa339744b128436e6630b53d1"}}"#,
    "\n",
);

#[test]
fn what_was_imported_is_exported_again_packed_or_not() {
    let place = Place::of_project();
    place.write("state.jsonl", ITEM);
    assert_snapshot!(place.run(&["state", "import", "state.jsonl"]), @"
    exit code: 0
    --- stderr
    imported: 0 threads, 1 row in all, from state.jsonl into .lgx
    ");
    assert_snapshot!(place.run(&["state", "export", "-"]), @r#"
    exit code: 0
    --- stdout
    {"lgx_state":1}
    {"item":{"namespace":["memories"],"key":"tea","value":{"green": true},"created_at":1,"updated_at":2}}
    {"end":{"rows":1,"sha256":"554b73005caa1ae6c1098a1835f0bd0c7bdca65aa339744b128436e6630b53d1"}}
    --- stderr
    exported: 0 threads, 1 row in all, from .lgx to stdout
    "#);
    assert_snapshot!(place.run(&["state", "export", "copy.jsonl.zst"]), @"
    exit code: 0
    --- stderr
    exported: 0 threads, 1 row in all, from .lgx to copy.jsonl.zst
    ");
    assert_snapshot!(place.run(&["state", "export", "copy.jsonl.zst"]), @"
    exit code: 1
    --- stderr
    error: copy.jsonl.zst exists already; nothing was exported
    help: choose another name, or remove it first
    ");
    assert_snapshot!(place.run(&["state", "import", "copy.jsonl.zst", "--state-dir", "other"]), @"
    exit code: 0
    --- stderr
    imported: 0 threads, 1 row in all, from copy.jsonl.zst into other
    ");
    assert_snapshot!(place.run(&["state", "import", "copy.jsonl.zst", "--state-dir", "other"]), @"
    exit code: 1
    --- stderr
    error: there is state in other already; nothing was imported
    help: import it where there is none: into another database, or a folder named by --state-dir
    ");
}

#[test]
fn what_is_no_whole_state_is_refused_and_leaves_nothing() {
    let place = Place::of_project();
    place.write("cut.jsonl", &ITEM[..ITEM.len() - 5]);
    assert_snapshot!(place.run(&["state", "import", "cut.jsonl"]), @"
    exit code: 1
    --- stderr
    error: cut.jsonl, line 3: it is cut off here: what `lgx state export` has written ends otherwise; nothing was imported
    help: export it once more, and carry the file as it is
    ");
    assert_snapshot!(place.run(&["state", "import", "langgraph.json"]), @"
    exit code: 1
    --- stderr
    error: langgraph.json, line 1: it is cut off here: what `lgx state export` has written ends otherwise; nothing was imported
    help: export it once more, and carry the file as it is
    ");
    assert_snapshot!(place.run(&["state", "export", "state.jsonl"]), @"
    exit code: 1
    --- stderr
    error: there is no state in .lgx; nothing was exported
    ");
    assert!(!place.path("state.jsonl").exists());
}
