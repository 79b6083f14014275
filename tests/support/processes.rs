//! The processes a server started, as the operating system sees them.

use crate::EndsInTime;
use std::process::Command;

use anyhow::{Context, Result};

/// All descendants of a process, nearest first.
pub fn descendants(root: u32) -> Result<Vec<u32>> {
    let pairs = parents()?;
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(
            pairs
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(pid, _)| *pid),
        );
        next += 1;
    }
    Ok(found.split_off(1))
}

/// The parent of a process that is there.
#[cfg(target_os = "linux")]
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    parent_from_proc(pid)
}

/// The processes that work in a folder or below it.
#[cfg(target_os = "linux")]
pub(crate) fn working_in(folder: &std::path::Path) -> Result<Vec<u32>> {
    let folder = folder.canonicalize()?;
    let entries = fs_err::read_dir("/proc")?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_there = |pid: &u32| {
        let at = std::fs::read_link(format!("/proc/{pid}/cwd"));
        at.is_ok_and(|at| at.starts_with(&folder))
    };
    Ok(pids.filter(is_there).collect())
}

/// Every process with its parent.
fn parents() -> Result<Vec<(u32, u32)>> {
    let Ok(entries) = fs_err::read_dir("/proc") else {
        return parents_from_ps();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids
        .filter_map(|pid| Some((pid, parent_from_proc(pid)?)))
        .collect())
}

fn parent_from_proc(pid: u32) -> Option<u32> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; state and parent follow it.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

fn parents_from_ps() -> Result<Vec<(u32, u32)>> {
    let output = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid="])
        .output_in_time()
        .context("could not run ps")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text
        .lines()
        .filter_map(|line| {
            let (pid, parent) = line.trim().split_once(char::is_whitespace)?;
            Some((pid.parse().ok()?, parent.trim().parse().ok()?))
        })
        .collect())
}
