//! Whether a file system tells of all changes, or only of those that are made on this machine.
//!
//! A folder that is shared with a virtual machine, a container's host or another computer is changed over there, and the kernel here
//! learns of it when it next looks. It accepts watches all the same.

use std::path::Path;

/// What such a file system is called, if the path is on one.
#[cfg(target_os = "linux")]
pub(super) fn shared_kind(path: &Path) -> Option<&'static str> {
    let found = rustix::fs::statfs(path).ok()?;
    // The kernel's numbers have 32 bits; some machines show them with a sign.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the type is another one on each architecture"
    )]
    kind_of(found.f_type as u32)
}

/// What such a file system is called, if the path is on one.
#[cfg(not(target_os = "linux"))]
pub(super) fn shared_kind(_path: &Path) -> Option<&'static str> {
    None
}

/// By the numbers of `statfs(2)`, and those that drivers outside the kernel have chosen.
#[cfg(target_os = "linux")]
const fn kind_of(number: u32) -> Option<&'static str> {
    Some(match number {
        0x6969 => "nfs",
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "smb",
        0x0102_1997 => "9p",
        // virtiofs, sshfs and the folders of Docker Desktop are among these.
        0x6573_5546 => "fuse",
        0x786F_4256 => "vboxsf",
        0xBACB_ACBC => "vmhgfs",
        0x7C7C_6673 => "prl_fs",
        0x5346_4846 => "drvfs",
        0x5346_414F => "afs",
        0x00C3_6400 => "ceph",
        0x7375_7245 => "coda",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn shared_folders_are_told_from_disks() {
        for (number, expected) in [
            (0xEF53, None),              // ext4
            (0x9123_683E, None),         // btrfs
            (0x5846_5342, None),         // xfs
            (0x0102_1994, None),         // tmpfs
            (0x794C_7630, None),         // overlayfs
            (0x0102_1997, Some("9p")),   // WSL's drives
            (0x6573_5546, Some("fuse")), // Docker Desktop's folders
            (0xFF53_4D42, Some("smb")),
            (0x6969, Some("nfs")),
        ] {
            assert_eq!(kind_of(number), expected, "{number:x}");
        }
    }

    #[test]
    fn what_is_not_there_is_on_no_file_system() {
        assert_eq!(shared_kind(Path::new("/no such directory")), None);
        assert_eq!(shared_kind(Path::new("/proc")), None);
    }
}
