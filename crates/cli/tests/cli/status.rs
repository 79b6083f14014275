//! `lgx status` of projects that nobody serves; with a server, live tests have it.

use insta::assert_snapshot;

use crate::place::Place;

#[test]
fn a_project_that_nobody_serves_is_told_with_what_it_keeps_and_exit_code_1() {
    let place = Place::of_project();
    assert_snapshot!(place.run(&["status"]), @"
    exit code: 1
    --- stdout
    not running: langgraph.json is not served; start with `lgx dev`
      state    none yet; it will be in .lgx
    ");
    place.write(".lgx/state.db", &"x".repeat(2_500_000));
    place.write(".lgx/record/ca.pem", &"x".repeat(600_000));
    assert_snapshot!(place.run(&["status"]), @"
    exit code: 1
    --- stdout
    not running: langgraph.json is not served; start with `lgx dev`
      state    .lgx, 3.1 MB
    ");
}

#[test]
fn a_program_gets_it_as_json() {
    assert_snapshot!(Place::of_project().run(&["status", "--json", "--state-dir", "kept"]), @r#"
    exit code: 1
    --- stdout
    {"project":"[HOME]/here/langgraph.json","running":false,"state":{"path":"[HOME]/here/kept","bytes":null},"threads":null}
    "#);
}
