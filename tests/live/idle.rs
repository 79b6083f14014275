//! What a server takes while nobody asks it for anything: memory, and turns of the processor; and what it gives back after a crowd.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lgx_tests::{DevServer, Project};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde_json::json;

/// How long is counted at a time.
const WINDOW: Duration = Duration::from_secs(5);
/// How many such times it has to come to rest: what a start leaves to do, and what another program on the machine makes it wait for.
const WINDOWS: usize = 12;
/// What may take how many KiB. Without optimizations most of what is resident is code, which grows with every feature: there it is what the
/// server has taken for itself.
const IDLE: (&str, u64) = if cfg!(debug_assertions) {
    ("RssAnon:", 8 * 1024)
} else {
    ("VmRSS:", 16 * 1024)
};
const CROWD: usize = 800;

#[test]
fn an_idle_server_hardly_wakes_the_processor_and_neither_do_its_workers() -> Result<()> {
    let project = Project::copy_of("bench")?;
    let server = started(&project)?;
    let mut restless = Vec::new();
    for _ in 0..WINDOWS {
        let before = wakes(&server)?;
        passes(&server, WINDOW)?;
        restless = wakes(&server)?;
        restless.retain_mut(|(process, count)| {
            let then = before.iter().find(|(known, _)| known == process);
            // A thread that has ended took its count along: what was counted meanwhile says nothing.
            let turns = count.checked_sub(then.map_or(0, |(_, then)| *then));
            turns.is_none_or(|turns| turns >= WINDOW.as_secs())
        });
        if restless.is_empty() {
            return Ok(());
        }
    }
    bail!(
        "of {}, these woke up once a second or more: {restless:?}",
        server.pid()
    )
}

#[test]
fn an_idle_server_takes_little_memory() -> Result<()> {
    let project = Project::copy_of("bench")?;
    let server = started(&project)?;
    passes(&server, WINDOW)?;
    let (what, most) = IDLE;
    let resident = field(format!("/proc/{}/status", server.pid()).as_ref(), what)?;
    ensure!(
        resident <= most,
        "{what} {resident} KiB, and may take {most}"
    );
    Ok(())
}

#[test]
fn memory_that_many_clients_needed_goes_back_to_the_system_when_they_have_gone() -> Result<()> {
    let project = Project::copy_of("bench")?;
    let server = started(&project)?;
    let thread = server.client().new_thread()?;
    let before = resident_kib(&server)?;
    for round in 1..=3 {
        let clients = (0..CROWD).map(|_| streaming(&server, &thread));
        let clients = clients.collect::<Result<Vec<_>>>()?;
        let with_all = resident_kib(&server)?;
        drop(clients);
        let most = before + (with_all - before) / 2;
        ensure!(
            with_all > before + CROWD as u64,
            "{with_all} after {before} KiB: nobody came"
        );
        let mut after = with_all;
        for _ in 0..WINDOWS * 4 {
            passes(&server, WINDOW / 4)?;
            after = resident_kib(&server)?;
            if after <= most {
                break;
            }
        }
        ensure!(
            after <= most,
            "round {round}: {before} KiB before, {with_all} with all of them, {after} after"
        );
    }
    Ok(())
}

/// A server that has loaded its graphs and executed a run.
fn started(project: &Project) -> Result<DevServer> {
    let server = DevServer::start(project, &[])?;
    let run =
        json!({"assistant_id": "echo", "input": {"messages": [{"role": "user", "content": "hi"}]}});
    server.client().post("/runs/wait", &run)?.ok()?;
    Ok(server)
}

/// A client that watches a thread, from the head of its answer on.
fn streaming(server: &DevServer, thread: &str) -> Result<TcpStream> {
    let address = server
        .url()
        .strip_prefix("http://")
        .context("its address")?;
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /threads/{thread}/stream HTTP/1.1\r\nHost: {address}\r\n\r\n"
    )?;
    let mut head = String::new();
    BufReader::new(&stream).read_line(&mut head)?;
    ensure!(head.contains(" 200 "), "{head}");
    Ok(stream)
}

/// Lets so much time pass, which is all that there is to wait for, unless the server ends.
fn passes(server: &DevServer, time: Duration) -> Result<()> {
    let process = pidfd_open(process(server.pid())?, PidfdFlags::empty())?;
    let mut ended = [PollFd::new(&process, PollFlags::IN)];
    let time = Timespec::try_from(time)?;
    ensure!(poll(&mut ended, Some(&time))? == 0, "the server has ended");
    Ok(())
}

fn process(id: u32) -> Result<Pid> {
    Pid::from_raw(id.try_into()?).context("a process")
}

/// How often each process has gone back to sleep so far, all of its threads together.
fn wakes(server: &DevServer) -> Result<Vec<(u32, u64)>> {
    let mut all = vec![(server.pid(), 0)];
    all.extend(server.children()?.into_iter().map(|child| (child, 0)));
    for (process, count) in &mut all {
        let Ok(threads) = fs_err::read_dir(format!("/proc/{process}/task")) else {
            continue; // it has ended
        };
        for thread in threads.flatten() {
            *count += field(&thread.path().join("status"), "voluntary_ctxt_switches:").unwrap_or(0);
        }
    }
    Ok(all)
}

fn resident_kib(server: &DevServer) -> Result<u64> {
    field(format!("/proc/{}/status", server.pid()).as_ref(), "VmRSS:")
}

fn field(file: &std::path::Path, name: &str) -> Result<u64> {
    let text = fs_err::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number
        .with_context(|| format!("{name} in {}", file.display()))?
        .parse()?)
}
