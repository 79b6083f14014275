//! Commands without a network: in a namespace of the kernel that has nothing but the loopback device.

use crate::EndsInTime;
use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::Result;

/// Brings the loopback device up, which is down in a new namespace, and becomes the command of its arguments.
const BECOME: &str = r#"
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", IFF_UP | IFF_RUNNING, b""))
os.execvp(sys.argv[1], sys.argv[1:])
"#;

/// This program without a network; where the kernel does not allow that, a line says so, and it has one.
pub fn offline(program: impl AsRef<OsStr>) -> Result<Command> {
    if cut_off("true")
        .stderr(Stdio::null())
        .status_in_time()
        .is_ok_and(|status| status.success())
    {
        return Ok(cut_off(program));
    }
    writeln!(
        std::io::stderr(),
        "SKIPPED: the network is not cut off, as `unshare --net` does not work here"
    )?;
    Ok(Command::new(program))
}

fn cut_off(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--net", "python3", "-c", BECOME])
        .arg(program);
    command
}
