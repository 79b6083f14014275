//! How it reads that changes of the project are not told by the operating system.

use lgx_devserver::PollReason;

use super::style;

/// Everything is looked at from time to time, and why.
pub(super) fn polls(reason: &PollReason) -> String {
    let why = match reason {
        PollReason::TooManyDirectories => {
            limit("watched directories", "fs.inotify.max_user_watches=524288")
        }
        PollReason::TooManyWatchers => limit(
            "programs that watch files",
            "fs.inotify.max_user_instances=1024",
        ),
        PollReason::SharedFolder { directory, kind } => format!(
            "{} is on a file system ({kind}) that does not tell of changes made elsewhere: they are looked for every second",
            directory.display()
        ),
        PollReason::NoEvents(error) => format!(
            "the operating system does not tell of changes ({error}): they are looked for every second"
        ),
    };
    format!("{} {why}", style::warning())
}

fn limit(of: &str, setting: &str) -> String {
    format!(
        "the system's limit for {of} is reached: changes are looked for every second; raise it with `sudo sysctl {setting}`"
    )
}
