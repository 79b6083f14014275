//! The project's state: how much there is, and whether its database is sound.

use std::path::Path;
use std::time::Duration;

use lgx_devserver::on_disk::{self, Soundness};

use super::examined::Examined;
use crate::ui::style;

/// How long damage is looked for: a gigabyte takes some seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How it is. It only reads, and a server that uses the state goes on.
pub(super) fn look(folder: &Path, shown: &str) -> Examined {
    let (amount, soundness) = match (on_disk::amount(folder), on_disk::check(folder, PATIENCE)) {
        (Ok(Some(amount)), Ok(Some(soundness))) => (amount, soundness),
        (Ok(None), _) | (_, Ok(None)) => {
            return Examined::ok("state", format!("none yet; it will be in {shown}"));
        }
        (Err(error), _) | (_, Err(error)) => return Examined::fail("state", error.to_string()),
    };
    let amount = style::amount(amount.threads, amount.bytes);
    match soundness {
        Soundness::Sound => Examined::ok("state", format!("{shown}: {amount}, nothing damaged")),
        Soundness::Unfinished => Examined::warn(
            "state",
            format!(
                "{shown}: {amount}; nothing damaged as far as it was read in {} s",
                PATIENCE.as_secs()
            ),
        ),
        Soundness::Damaged(found) => {
            let first = found
                .first()
                .map(|first| first.lines().collect::<Vec<_>>().join("; "));
            Examined::fail(
                "state",
                format!(
                    "{shown}: the database is damaged: {}",
                    first.unwrap_or_default()
                ),
            )
            .hint("restore state.db from a copy, or `lgx reset` to begin with no state")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::examined::Condition;
    use super::*;

    #[test]
    fn a_database_that_is_none_fails_and_a_folder_without_one_does_not() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(look(home.path(), ".lgx").condition, Condition::Ok);
        for file in ["state.lock", "state.db"] {
            fs_err::write(home.path().join(file), "dear").unwrap();
        }
        let row = look(home.path(), ".lgx");
        assert_eq!(row.condition, Condition::Fail);
        assert_eq!(
            row.message,
            ".lgx: the database is damaged: it is no database"
        );
        assert!(row.hint.unwrap().contains("lgx reset"));
    }
}
