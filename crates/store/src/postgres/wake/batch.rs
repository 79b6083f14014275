//! Hints as they go over the channel: who tells, the number of the batch, and a word for each hint.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use uuid::Uuid;

use crate::instances::Hint;

/// The channel. A channel belongs to its database, so servers of other databases do not hear of it.
pub(super) const CHANNEL: &str = "lgx";
/// How long a text is at most. Postgres refuses those of 8,000 bytes.
const LONGEST: usize = 7_000;

/// What somebody told at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HintBatch {
    /// Who.
    pub(super) sender: Uuid,
    /// Which one of theirs it is.
    pub(super) number: u64,
    /// What.
    pub(super) hints: Vec<Hint>,
}

/// The statement that tells hints, in as many texts as it takes; a text without hints if there are none.
///
/// The texts are of letters, digits and spaces, so they are in the statement as they are: it can be sent without being prepared, which not
/// every pooler between here and the database allows.
pub(super) fn statement(sender: Uuid, number: u64, hints: &BTreeSet<Hint>) -> String {
    let head = format!("{} {number}", sender.simple());
    let mut texts = vec![head.clone()];
    for hint in hints {
        let word = word(*hint);
        match texts.last_mut() {
            Some(last) if last.len() + 1 + word.len() <= LONGEST => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => texts.push(format!("{head} {word}")),
        }
    }
    let mut statement = String::from("SELECT ");
    for (place, text) in texts.iter().enumerate() {
        let separator = if place == 0 { "" } else { ", " };
        let _ = write!(statement, "{separator}pg_notify('{CHANNEL}', '{text}')");
    }
    statement
}

/// What a text tells; nothing when it is not of a server of lgx.
pub(super) fn read(text: &str) -> Option<HintBatch> {
    let mut words = text.split(' ');
    Some(HintBatch {
        sender: Uuid::try_parse(words.next()?).ok()?,
        number: words.next()?.parse().ok()?,
        hints: words.map(hint).collect(),
    })
}

fn word(hint: Hint) -> String {
    let (letter, id) = match hint {
        Hint::LookAgain => ('a', None),
        Hint::Work => ('w', None),
        Hint::Ended(run_id) => ('e', Some(run_id.uuid())),
        Hint::Stop(run_id) => ('s', Some(run_id.uuid())),
        Hint::Kept(thread_id) => ('k', Some(thread_id.uuid())),
        Hint::Gone(thread_id) => ('g', Some(thread_id.uuid())),
    };
    match id {
        Some(id) => format!("{letter}{}", id.simple()),
        None => letter.to_string(),
    }
}

/// What a word means. One that is not known here is a newer server's; who hears it looks at everything.
fn hint(word: &str) -> Hint {
    let mut rest = word.chars();
    let letter = rest.next();
    let id = Uuid::try_parse(rest.as_str()).ok();
    match (letter, id) {
        (Some('w'), None) => Hint::Work,
        (Some('e'), Some(id)) => Hint::Ended(id.into()),
        (Some('s'), Some(id)) => Hint::Stop(id.into()),
        (Some('k'), Some(id)) => Hint::Kept(id.into()),
        (Some('g'), Some(id)) => Hint::Gone(id.into()),
        _ => Hint::LookAgain,
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::{RunId, ThreadId};

    use super::*;

    /// The texts of a statement.
    fn texts(statement: &str) -> Vec<&str> {
        statement.split('\'').skip(3).step_by(4).collect()
    }

    #[test]
    fn what_is_told_is_what_is_read() {
        let hints = BTreeSet::from([
            Hint::LookAgain,
            Hint::Work,
            Hint::Ended(RunId::fresh()),
            Hint::Stop(RunId::fresh()),
            Hint::Kept(ThreadId::fresh()),
            Hint::Gone(ThreadId::fresh()),
        ]);
        let sender = Uuid::now_v7();
        let statement = statement(sender, 7, &hints);
        let read: Vec<_> = texts(&statement).into_iter().filter_map(read).collect();
        let hints = hints.into_iter().collect();
        let number = 7;
        assert_eq!(
            read,
            [HintBatch {
                sender,
                number,
                hints
            }]
        );
    }

    #[test]
    fn a_batch_is_told_in_as_many_texts_as_it_takes() {
        let hints: BTreeSet<_> = (0..1000).map(|_| Hint::Ended(RunId::fresh())).collect();
        let statement = statement(Uuid::now_v7(), u64::MAX, &hints);
        let texts = texts(&statement);
        assert_eq!(texts.len(), 5);
        assert!(texts.iter().all(|text| text.len() <= LONGEST));
        let told = texts.into_iter().filter_map(read);
        assert!(told.flat_map(|batch| batch.hints).eq(hints));
    }

    #[test]
    fn a_batch_without_hints_is_a_text_all_the_same() {
        let statement = statement(Uuid::nil(), 1, &BTreeSet::new());
        let expected = "SELECT pg_notify('lgx', '00000000000000000000000000000000 1')";
        assert_eq!(statement, expected);
    }

    #[test]
    fn what_is_not_known_here_is_a_look_at_everything() {
        let sender = Uuid::nil().simple();
        for word in ["q", "e", "e12", "w00000000000000000000000000000000", ""] {
            let batch = read(&format!("{sender} 3 {word}")).unwrap();
            assert_eq!(batch.hints, [Hint::LookAgain], "{word}");
        }
        for text in ["", "hello", "hello 3 w", "00000000000000000000000000000000"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
