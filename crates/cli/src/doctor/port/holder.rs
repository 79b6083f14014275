//! Which process listens on a port, as Linux says in `/proc`; elsewhere nobody is asked.

use std::path::{Path, PathBuf};

use crate::disk::{Disk, Probe as _};

/// Who listens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PortHolder {
    pub(super) pid: u32,
    /// The program, and the script that it runs. Other arguments may be secrets.
    pub(super) command: String,
}

/// The process that listens on a port of this machine; none where that cannot be found out, such as for processes of other users.
pub(super) fn holder_of(port: u16) -> Option<PortHolder> {
    let proc = Path::new("/proc");
    let tables = ["net/tcp", "net/tcp6"].map(|table| Disk.read(&proc.join(table)));
    let sockets: Vec<String> = tables
        .iter()
        .flatten()
        .flat_map(|table| listening(table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let mut pids = Disk
        .names(proc)
        .into_iter()
        .filter_map(|name| name.parse().ok());
    let pid: u32 = pids.find(|pid| {
        let descriptors = proc.join(format!("{pid}/fd"));
        links(&descriptors).any(|link| sockets.iter().any(|socket| link == Path::new(socket)))
    })?;
    let arguments = fs_err::read(proc.join(format!("{pid}/cmdline"))).unwrap_or_default();
    let arguments = String::from_utf8_lossy(&arguments);
    Some(PortHolder {
        pid,
        command: command(arguments.split_terminator('\0')),
    })
}

/// What the descriptors of a process lead to.
fn links(descriptors: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs_err::read_dir(descriptors).into_iter().flatten();
    entries.filter_map(|entry| fs_err::read_link(entry.ok()?.path()).ok())
}

/// The sockets that listen on a port, by their numbers, of a table of the kernel's.
fn listening(table: &str, port: u16) -> Vec<&str> {
    const LISTENS: &str = "0A";
    let port = format!(":{port:04X}");
    let rows = table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, state) = (columns.get(1)?, columns.get(3)?);
        (local.ends_with(&port) && *state == LISTENS).then_some(*columns.get(9)?)
    });
    rows.collect()
}

/// The program's name, and that of the script that an interpreter runs.
fn command<'a>(mut arguments: impl Iterator<Item = &'a str>) -> String {
    let name = |path: &str| {
        let name = Path::new(path).file_name()?;
        Some(name.to_string_lossy().into_owned())
    };
    let program = arguments.next().and_then(name);
    let program = program.unwrap_or_else(|| "another program".to_owned());
    let script = arguments
        .next()
        .filter(|argument| argument.starts_with('/') && Disk.exists(Path::new(argument)));
    match script.and_then(name) {
        Some(script) => format!("{program} {script}"),
        None => program,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:07E8 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
";

    #[test]
    fn sockets_that_listen_are_told_from_connections_and_other_ports() {
        assert_eq!(listening(TABLE, 2024), ["4711"]);
        assert_eq!(listening(TABLE, 22), ["4713"]);
        assert!(listening(TABLE, 80).is_empty());
    }

    #[test]
    fn a_command_is_told_without_arguments_that_may_be_secrets() {
        let told = |arguments: &[&str]| command(arguments.iter().copied());
        assert_eq!(
            told(&["/usr/bin/python3", "/bin/sh", "--key=s3cret"]),
            "python3 sh"
        );
        assert_eq!(told(&["node", "s3cret"]), "node");
        assert_eq!(told(&[]), "another program");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found_by_its_port() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = holder_of(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert!(!holder.command.is_empty());
    }
}
