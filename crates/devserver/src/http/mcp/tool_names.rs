//! The names of tools: plain enough for every client, and each there once.

use std::collections::HashSet;

use lgx_model::AssistantId;

/// The longest name that clients take.
const LONGEST: usize = 64;
/// How much of an id tells apart what is called the same.
const SHORT_ID: usize = 8;

/// What a tool is named after.
pub(super) struct Nameable<'a> {
    /// What the assistant is called.
    pub(super) name: &'a str,
    /// Its graph, in case there is nothing to take from that.
    pub(super) graph_id: &'a str,
    /// Its id.
    pub(super) assistant_id: AssistantId,
}

/// A name for each, in this order: the first of those that are called the same has the plain name, and a later one has a part of its id
/// behind it. So a name stays when others come after it.
pub(super) fn unique<'a>(all: impl IntoIterator<Item = Nameable<'a>>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut free = |name: &String| taken.insert(name.clone());
    let name_of = |one: Nameable<'_>| {
        let plain = plain(one.name)
            .or_else(|| self::plain(one.graph_id))
            .unwrap_or_else(|| "assistant".into());
        let id = one.assistant_id.uuid().simple().to_string();
        let with_id = |length: usize| format!("{}-{}", cut(&plain, length + 1), &id[..length]);
        let mut names = [
            cut(&plain, 0).to_owned(),
            with_id(SHORT_ID),
            with_id(id.len()),
        ];
        let last = names.len() - 1;
        let at = names.iter().position(&mut free).unwrap_or(last);
        std::mem::take(&mut names[at])
    };
    all.into_iter().map(name_of).collect()
}

/// The beginning that leaves so much room.
fn cut(plain: &str, room: usize) -> &str {
    // Plain names have one byte a character.
    &plain[..plain.len().min(LONGEST - room)]
}

/// Letters, digits, `-` and `_`; whatever else there is between them becomes one `_`.
fn plain(name: &str) -> Option<String> {
    let mut plain = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() || character == '-' || character == '_' {
            plain.push(character);
        } else if !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
    }
    let plain = plain.trim_end_matches('_');
    plain
        .contains(|character: char| character.is_ascii_alphanumeric())
        .then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[(&str, u128)]) -> Vec<String> {
        unique(all.iter().map(|(name, id)| Nameable {
            name,
            graph_id: "the graph",
            assistant_id: uuid::Uuid::from_u128(*id).to_string().parse().unwrap(),
        }))
    }

    #[test]
    fn names_are_plain() {
        let long = "x".repeat(100);
        for (name, tool) in [
            ("agent", "agent"),
            ("My Assistant (v2)", "My_Assistant_v2"),
            ("  a—b  ", "a_b"),
            ("_private-1", "_private-1"),
            ("日本", "the_graph"),
            ("", "the_graph"),
            ("--", "the_graph"),
            ("Größe", "Gr_e"),
            (&long, &long[..64]),
        ] {
            assert_eq!(names(&[(name, 0)]), [tool]);
        }
    }

    #[test]
    fn who_is_called_the_same_and_comes_later_has_a_part_of_its_id() {
        let (one, two) = (0xaaaa_1111_u128 << 96, 0xbbbb_2222_u128 << 96);
        let three = two + 1;
        assert_eq!(
            names(&[("Untitled", one), ("Untitled", two), ("untitled", three)]),
            ["Untitled", "Untitled-bbbb2222", "untitled"]
        );
        // Also where the short part is taken, by another of the same beginning or by a name that looks like it.
        let whole = format!("Untitled-{three:032x}");
        assert_eq!(
            names(&[("Untitled", one), ("Untitled", two), ("Untitled", three)])[2],
            whole
        );
        assert_eq!(
            names(&[
                ("Untitled-bbbb2222", one),
                ("Untitled", one),
                ("Untitled", three)
            ])[2],
            whole
        );
    }

    #[test]
    fn a_long_name_leaves_room_for_the_id() {
        let long = "x".repeat(70);
        let id = 0xabcd_ef01_u128 << 96;
        let given = names(&[(&long, 0), (&long, id), (&long, id + 1)]);
        assert!(given.iter().all(|name| name.len() == LONGEST), "{given:?}");
        assert!(given[1].ends_with("x-abcdef01"));
        assert!(given[2].ends_with(&format!("x-{:032x}", id + 1)));
    }

    #[test]
    fn a_name_stays_when_others_come_after_it() {
        let all = [("a", 1), ("a b", 2), ("a", 3), ("a_b", 4), ("a", 5)];
        for count in 1..all.len() {
            assert_eq!(names(&all[..count]), names(&all)[..count]);
        }
    }
}
