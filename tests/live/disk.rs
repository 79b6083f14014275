//! A disk that is full for a while, and a state directory that is deleted, as the person at the terminal meets them.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err::OpenOptions;
use lgx_tests::{DevServer, EndsInTime, Project};
use serde_json::json;
use tempfile::TempDir;

#[test]
fn runs_come_to_their_end_once_a_full_disk_has_room_again() -> Result<()> {
    let disk = match SmallDisk::mount()? {
        Ok(disk) => disk,
        Err(reason) => {
            writeln!(
                std::io::stderr(),
                "SKIPPED: a full disk is not tested, as none can be mounted: {reason}"
            )?;
            return Ok(());
        }
    };
    let project = Project::copy_of("fixtures")?;
    let state = disk.path().join("state");
    let state = state.to_str().context("temporary paths are text")?;
    let server = DevServer::start(&project, &["--no-reload", "--state-dir", state])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let runs = format!("/threads/{thread}/runs");
    let ask = |delay: u32| json!({"assistant_id": "multi", "input": {"log": ["in"], "delay": delay}, "stream_mode": "updates"});
    let mut events = client.events(&format!("{runs}/stream"), &ask(5))?;
    let begun = events.find(|event| {
        event
            .as_ref()
            .is_ok_and(|event| event.data.get("a").is_some())
    });
    begun.context("the run ended before its slow node began")??;

    disk.fill()?;
    let refused = client.post("/threads", &json!({}))?;
    ensure!(
        refused.status == 507,
        "{}: {}",
        refused.status,
        refused.body
    );
    ensure!(
        refused.body.contains("the disk is full"),
        "{}",
        refused.body
    );
    server.wait_for_stderr(
        0,
        &["the end of run", "could not be saved: the disk is full"],
    )?;
    let running = client.get(&runs)?.ok()?;
    assert_eq!(running[0]["status"], "running");
    let run = running[0]["run_id"].as_str().context("a run has an id")?;
    let cancelled = client.post(&format!("{runs}/{run}/cancel"), &json!({}))?;
    assert_eq!(cancelled.status, 202, "{}", cancelled.body);

    disk.make_room()?;
    server.wait_for_stderr(0, &["Saved: the end of run"])?;
    // Whether its last checkpoints found room or not is a matter of bytes.
    let ended = client.get(&format!("{runs}/{run}"))?.ok()?;
    ensure!(
        ended["status"] == "error" || ended["status"] == "success",
        "{ended}"
    );
    let values = client.post(&format!("{runs}/wait"), &ask(0))?.ok()?;
    ensure!(values.get("__error__").is_none(), "{values}");
    let told = server.stderr().text();
    let times = told
        .matches("nothing can be saved: the disk is full")
        .count();
    assert_eq!(times, 1, "{told}");
    Ok(())
}

#[test]
fn a_state_that_is_deleted_is_missed_before_anything_is_acknowledged() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let client = server.client();
    client.new_thread()?;
    fs_err::remove_dir_all(project.path(".lgx"))?;
    for _ in 0..2 {
        let refused = client.post("/threads", &json!({}))?;
        ensure!(
            refused.status == 503,
            "{}: {}",
            refused.status,
            refused.body
        );
        ensure!(refused.body.contains("was deleted"), "{}", refused.body);
    }
    server.wait_for_stderr(0, &["nothing can be saved", "state.db was deleted"])?;
    Ok(())
}

/// A disk of a few megabytes in memory. Unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one; the inner error says why that is not allowed here.
    fn mount() -> Result<Result<Self, String>> {
        let dir = TempDir::new()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(dir.path())
            .output_in_time();
        Ok(match mounted {
            Ok(output) if output.status.success() => Ok(Self(dir)),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        })
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is.
    fn fill(&self) -> Result<()> {
        let mut filler = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path().join("filler"))?;
        let mut size = 1 << 20;
        while size > 0 {
            // What fits of a block that does not is written all the same.
            if filler.write_all(&vec![0; size]).is_err() {
                size /= 2;
            }
        }
        Ok(())
    }

    fn make_room(&self) -> Result<()> {
        Ok(fs_err::remove_file(self.path().join("filler"))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, as the server may still be about to end.
        drop(
            Command::new("umount")
                .arg("-l")
                .arg(self.path())
                .status_in_time(),
        );
    }
}
