//! A body that is larger than anything that should be held in memory.

use std::io::{self, Read};

use anyhow::{Context, Result, ensure};

use super::{project, serve};

const SIZE: u64 = 1 << 30;
/// What a process may have used at most, in KiB: far more than it needs, far less than what it is sent.
const MOST: u64 = 400 * 1024;

#[test]
fn an_upload_of_a_gigabyte_passes_through_and_is_not_kept() -> Result<()> {
    let project = project()?;
    let server = serve(&project)?;
    let body = io::repeat(7).take(SIZE);
    let answer = server.client().upload("/upload", Box::new(body))?;
    assert_eq!(answer.ok()?["size"], SIZE);
    for pid in server.children()?.into_iter().chain([server.pid()]) {
        // Some end by themselves meanwhile.
        let Ok(status) = fs_err::read_to_string(format!("/proc/{pid}/status")) else {
            continue;
        };
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|line| line.trim().strip_suffix(" kB"));
        let most: u64 = most.context("the system says how much it was")?.parse()?;
        ensure!(most < MOST, "process {pid} has used {most} KiB:\n{status}");
    }
    Ok(())
}
