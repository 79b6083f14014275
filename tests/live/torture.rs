//! The short versions of what `just torture` and `just torture-reload` do for minutes.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use lgx_tests::{Editing, Torture};

/// Another one each time; a failure names it.
fn seed() -> Result<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(now.subsec_nanos().into())
}

#[test]
fn nothing_that_was_acknowledged_is_lost_when_servers_and_workers_are_killed_under_load()
-> Result<()> {
    let torture = Torture {
        seed: seed()?,
        kills: 6,
        round: 6,
        clients: 5,
        instances: 1,
    };
    let mut told = Vec::new();
    let summary = torture.run(&mut |line| told.push(line.to_owned()))?;
    ensure!(summary.kills() == 6, "{summary}");
    for what in [
        "threads created",
        "ended: success",
        "items put",
        "assistants created",
    ] {
        ensure!(
            summary.count(what) > 0,
            "nothing of: {what}\n{summary}\n{}",
            told.join("\n")
        );
    }
    Ok(())
}

#[test]
fn no_client_notices_edits_of_the_project_good_ones_and_broken_ones() -> Result<()> {
    let editing = Editing {
        seed: seed()?,
        edits: 15,
        clients: 10,
    };
    let summary = editing.run(&mut |_| ())?;
    ensure!(summary.answered().streams > 10, "{summary}");
    Ok(())
}
