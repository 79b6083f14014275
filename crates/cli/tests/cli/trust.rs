//! `lgx trust`: what it would run, what it runs, and what it leaves alone.

use crate::place::Place;

/// A place with a browser's store, and a `certutil` that notes how it is called.
fn place() -> Place {
    let place = Place::new();
    place.write("home/.pki/nssdb/cert9.db", "");
    place.install("certutil", r#"echo "$@" >> called"#);
    place
}

fn trust(place: &Place, arguments: &[&str]) -> crate::place::Ran {
    let home = place.path("home");
    let mut command = place.lgx(&["trust"]);
    command.args(arguments).env("HOME", &home);
    command.env("XDG_DATA_HOME", home.join("data"));
    place.ran(&mut command)
}

#[test]
fn without_a_person_the_commands_are_printed_and_nothing_is_run() {
    let place = place();
    let ran = trust(&place, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("certutil -d sql:"), "{ran}");
    assert!(ran.stderr.contains("Nothing was run"), "{ran}");
    assert!(!place.path("called").exists(), "{ran}");
    assert!(place.path("home/data/lgx/tls/authority.pem").exists());
}

#[test]
fn with_yes_it_is_done_and_with_remove_undone() {
    let place = place();
    for (arguments, expected) in [
        (&["--yes"][..], "-A -t C,, -n "),
        (&["--yes", "--remove"], "-D -n "),
    ] {
        let ran = trust(&place, arguments);
        assert_eq!(ran.code, Some(0), "{ran}");
        let called = fs_err::read_to_string(place.path("called")).unwrap();
        let last = called.lines().last().unwrap();
        assert!(last.contains(expected), "{last}");
        assert!(last.contains("lgx: servers on this machine"), "{last}");
    }
}

#[test]
fn a_machine_without_a_store_that_can_be_changed_hears_what_is_missing() {
    let place = Place::new();
    place.write("home/.pki/nssdb/cert9.db", "");
    let ran = trust(&place, &["--yes"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("libnss3-tools"), "{ran}");
}
