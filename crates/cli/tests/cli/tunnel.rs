//! `lgx dev --tunnel` where nothing is to be opened.

use crate::place::Place;

#[test]
fn without_auth_nothing_is_opened_unless_that_is_said() {
    let place = Place::new();
    place.write("agent.py", "");
    place.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.py:graph"}}"#,
    );

    let ran = place.run(&["dev", "--tunnel"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    insta::assert_snapshot!(ran.stderr, @"
    error: --tunnel needs `auth` in langgraph.json: without it, everybody who has the URL can run the project's code and read its threads
    help: add `auth`, or let everybody in with --tunnel --tunnel-open
    ");

    let ran = place.run(&["dev", "--tunnel", "--tunnel-open"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    insta::assert_snapshot!(ran.stderr, @"
    error: --tunnel needs the program `cloudflared`, and there is none on the PATH
    help: install it: `brew install cloudflared`, or a package of https://github.com/cloudflare/cloudflared/releases; it needs no account
    ");
}
