//! The limits of Linux for watching files, against what a project takes and other programs have.

use std::path::Path;

use super::examined::Examined;
use crate::disk::{Disk, Probe as _};

/// What the user's programs may have, and have.
#[derive(Debug, Clone, Copy)]
struct InotifyLimits {
    watches: Share,
    instances: Share,
}

#[derive(Debug, Clone, Copy)]
struct Share {
    most: usize,
    used: usize,
}

impl Share {
    const fn left(self) -> usize {
        self.most.saturating_sub(self.used)
    }
}

/// How it is; none where the system has no such limits. `needed` is how many directories the project has, if there is one.
pub(super) fn look(needed: Option<usize>) -> Option<Examined> {
    Some(judge(limits(Path::new("/proc"))?, needed))
}

fn judge(limits: InotifyLimits, needed: Option<usize>) -> Examined {
    let InotifyLimits { watches, instances } = limits;
    if instances.left() == 0 {
        return Examined::warn(
            "watching",
            format!(
                "all {} programs that may watch files do: changes are looked for every second",
                instances.most
            ),
        )
        .hint("sudo sysctl fs.inotify.max_user_instances=1024");
    }
    let Some(needed) = needed else {
        return Examined::ok(
            "watching",
            format!("{} more directories can be watched", watches.left()),
        );
    };
    let noun = if needed == 1 {
        "directory"
    } else {
        "directories"
    };
    if needed > watches.left() {
        return Examined::warn(
            "watching",
            format!(
                "the project has {needed} {noun}, and {} more can be watched: changes are looked for every second",
                watches.left()
            ),
        )
        .hint("sudo sysctl fs.inotify.max_user_watches=524288");
    }
    Examined::ok(
        "watching",
        format!(
            "the project has {needed} {noun}, and {} more can be watched",
            watches.left()
        ),
    )
}

fn limits(proc: &Path) -> Option<InotifyLimits> {
    let most = |name: &str| {
        let file = proc.join("sys/fs/inotify").join(name);
        fs_err::read_to_string(file).ok()?.trim().parse().ok()
    };
    let (watches, instances) = used(proc);
    Some(InotifyLimits {
        watches: Share {
            most: most("max_user_watches")?,
            used: watches,
        },
        instances: Share {
            most: most("max_user_instances")?,
            used: instances,
        },
    })
}

/// The watches and the instances that programs of this user have.
fn used(proc: &Path) -> (usize, usize) {
    let (mut watches, mut instances) = (0, 0);
    for pid in Disk.names(proc) {
        let process = proc.join(&pid);
        if !pid.bytes().all(|byte| byte.is_ascii_digit()) || !Disk.is_own(&process) {
            continue;
        }
        let descriptors = process.join("fd");
        for descriptor in Disk.names(&descriptors) {
            let link = fs_err::read_link(descriptors.join(&descriptor));
            if !link.is_ok_and(|link| link == Path::new("anon_inode:inotify")) {
                continue;
            }
            instances += 1;
            let told = fs_err::read_to_string(process.join("fdinfo").join(&descriptor));
            let told = told.unwrap_or_default();
            watches += told
                .lines()
                .filter(|line| line.starts_with("inotify "))
                .count();
        }
    }
    (watches, instances)
}

#[cfg(test)]
mod tests {
    use super::super::examined::Condition;
    use super::*;

    fn judged(
        watches: (usize, usize),
        instances: (usize, usize),
        needed: Option<usize>,
    ) -> Examined {
        let share = |(most, used)| Share { most, used };
        let limits = InotifyLimits {
            watches: share(watches),
            instances: share(instances),
        };
        judge(limits, needed)
    }

    #[test]
    fn what_does_not_suffice_is_a_warning_with_the_setting_that_does() {
        let row = judged((8192, 8000), (128, 3), Some(500));
        assert_eq!(row.condition, Condition::Warn);
        assert!(
            row.message.contains("500 directories, and 192 more"),
            "{row:?}"
        );
        assert!(row.hint.unwrap().contains("max_user_watches"));
        let row = judged((8192, 0), (128, 128), None);
        assert_eq!(row.condition, Condition::Warn);
        assert!(row.hint.unwrap().contains("max_user_instances"));
        let row = judged((8192, 8191), (128, 3), Some(1));
        assert_eq!(row.condition, Condition::Ok);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_limits_of_this_machine_can_be_read() {
        assert!(limits(Path::new("/proc")).unwrap().watches.most > 0);
    }
}
