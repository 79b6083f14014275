//! `lgx man`: the pages, and what a reader finds in them.

use crate::place::Place;

#[test]
fn there_is_a_page_for_each_command_with_all_its_flags() {
    let place = Place::new();
    let ran = place.run(&["man", "share/man1"]).to_string();
    assert!(ran.starts_with("exit code: 0"), "{ran}");

    let pages = place.tree("share/man1");
    let help = place.run(&[]).to_string();
    let commands = help.lines().skip_while(|line| !line.ends_with("Commands:"));
    let commands = commands.skip(1).take_while(|line| !line.trim().is_empty());
    let mut count = 0;
    for name in commands.filter_map(|line| line.split_whitespace().next()) {
        if name == "help" {
            continue;
        }
        count += 1;
        let page = format!("lgx-{name}.1");
        assert!(pages.contains(&page), "{page} is not in {pages:?}");
        let text = fs_err::read_to_string(place.path("share/man1").join(page)).unwrap();
        let text = text.replace('\\', "");
        let help = place.run(&[name, "--help"]).to_string();
        let is_part = |it: char| it.is_ascii_alphanumeric() || it == '-';
        let words = help.split_whitespace();
        let words = words.filter(|word| word.starts_with("--") && !word.starts_with("---"));
        for flag in words.map(|word| word.split(|it| !is_part(it)).next().unwrap()) {
            assert!(text.contains(flag), "{flag} is not in the page of {name}");
        }
    }
    assert!(count > 8, "{help}");
    assert!(pages.contains(&"lgx.1".to_owned()), "{pages:?}");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let place = Place::new();
    place.write("share", "a file");
    let ran = place.run(&["man", "share"]).to_string();
    assert!(
        ran.starts_with("exit code: 1") && ran.contains("share"),
        "{ran}"
    );
}
