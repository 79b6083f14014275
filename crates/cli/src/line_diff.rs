//! What is other in a text, line by line, in the form that patches have.

use std::fmt::Write as _;

/// So many lines that are the same are shown around those that are not.
const AROUND: usize = 3;
/// Texts that differ in more pairs of lines are not compared one by one.
const MOST_PAIRS: usize = 4_000_000;

/// A line, and whether it is in both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// What is other; nothing if all is the same.
pub(crate) fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let rows = rows(&old, &new);
    let mut text = String::new();
    let mut begin = 0;
    while let Some(first) = next_change(&rows, begin) {
        let from = first.saturating_sub(AROUND).max(begin);
        let mut end = first + 1;
        while let Some(next) = next_change(&rows, end) {
            if next - end > 2 * AROUND {
                break;
            }
            end = next + 1;
        }
        let to = (end + AROUND).min(rows.len());
        put_hunk(&mut text, &rows, from, to);
        begin = to;
    }
    text
}

fn next_change(rows: &[Row<'_>], from: usize) -> Option<usize> {
    let later = rows.iter().enumerate().skip(from);
    let mut changed = later.filter(|(_, row)| !matches!(row, Row::Same(_)));
    changed.next().map(|(at, _)| at)
}

fn put_hunk(text: &mut String, rows: &[Row<'_>], from: usize, to: usize) {
    let lines_of = |rows: &[Row<'_>]| {
        let old = rows.iter().filter(|row| !matches!(row, Row::New(_)));
        let new = rows.iter().filter(|row| !matches!(row, Row::Gone(_)));
        (old.count(), new.count())
    };
    let (old_before, new_before) = lines_of(&rows[..from]);
    let (old, new) = lines_of(&rows[from..to]);
    let start = |before: usize, count: usize| before + usize::from(count > 0);
    let (old_start, new_start) = (start(old_before, old), start(new_before, new));
    // Writing to a text cannot fail.
    let _ = writeln!(text, "@@ -{old_start},{old} +{new_start},{new} @@");
    for row in &rows[from..to] {
        let _ = match row {
            Row::Same(line) => writeln!(text, " {line}"),
            Row::Gone(line) => writeln!(text, "-{line}"),
            Row::New(line) => writeln!(text, "+{line}"),
        };
    }
}

/// The lines of both texts in one order, with as many as possible that are in both.
fn rows<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Row<'a>> {
    let pairs = || old.iter().zip(new);
    let head = pairs().take_while(|(old, new)| old == new).count();
    let rest = (old.len() - head).min(new.len() - head);
    let backwards = old.iter().rev().zip(new.iter().rev()).take(rest);
    let tail = backwards.take_while(|(old, new)| old == new).count();
    let mut rows: Vec<_> = old[..head].iter().map(|line| Row::Same(line)).collect();
    rows.extend(between(
        &old[head..old.len() - tail],
        &new[head..new.len() - tail],
    ));
    rows.extend(old[old.len() - tail..].iter().map(|line| Row::Same(line)));
    rows
}

fn between<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Row<'a>> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        let gone = old.iter().map(|line| Row::Gone(line));
        return gone.chain(new.iter().map(|line| Row::New(line))).collect();
    }
    // How many lines are in both from here on, at most.
    let width = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * width];
    for at in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            common[at * width + other] = if old[at] == new[other] {
                common[(at + 1) * width + other + 1] + 1
            } else {
                common[(at + 1) * width + other].max(common[at * width + other + 1])
            };
        }
    }
    let mut rows = Vec::new();
    let (mut at, mut other) = (0, 0);
    while at < old.len() || other < new.len() {
        match (old.get(at), new.get(other)) {
            (Some(line), Some(same)) if line == same => {
                rows.push(Row::Same(line));
                (at, other) = (at + 1, other + 1);
            }
            (Some(line), Some(_))
                if common[(at + 1) * width + other] >= common[at * width + other + 1] =>
            {
                rows.push(Row::Gone(line));
                at += 1;
            }
            (Some(line), None) => {
                rows.push(Row::Gone(line));
                at += 1;
            }
            (_, Some(line)) => {
                rows.push(Row::New(line));
                other += 1;
            }
            (None, None) => break,
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_the_same_have_no_difference() {
        assert_eq!(unified("a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn what_is_other_is_shown_with_the_lines_around() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        assert_eq!(
            unified(old, new),
            "@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n+9\n"
        );
    }

    #[test]
    fn changes_far_apart_are_shown_apart() {
        let old: Vec<_> = (0..30).map(|line| line.to_string()).collect();
        let mut new = old.clone();
        new[2] = "two".to_owned();
        new.remove(25);
        let shown = unified(&old.join("\n"), &new.join("\n"));
        let heads: Vec<_> = shown
            .lines()
            .filter(|line| line.starts_with("@@"))
            .collect();
        assert_eq!(heads, ["@@ -1,6 +1,6 @@", "@@ -23,7 +23,6 @@"]);
    }

    #[test]
    fn all_of_a_new_text_is_new() {
        assert_eq!(unified("", "a\n"), "@@ -0,0 +1,1 @@\n+a\n");
    }
}
