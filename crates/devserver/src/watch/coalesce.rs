//! When a burst of file events is over: a pure state machine over instants it is told.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A save is over when nothing has happened for this long. Editors write in several steps that are microseconds apart.
const QUIET: Duration = Duration::from_millis(10);
/// No save waits longer than this, however busy the files are.
const CAP: Duration = Duration::from_millis(100);
/// A file that is gone, or has just been emptied, is likely about to be written: then this much is waited for what comes next.
const UNFINISHED_QUIET: Duration = Duration::from_millis(50);
/// With more files than this, something larger is going on: a branch is checked out, a formatter runs.
const BURST_FILES: usize = 20;
/// In a burst, files come with pauses.
const BURST_QUIET: Duration = Duration::from_millis(50);
/// A burst may take longer, because loading half of it would fail.
const BURST_CAP: Duration = Duration::from_secs(2);
/// Installers unpack packages one after the other.
const PACKAGES_QUIET: Duration = Duration::from_millis(500);
/// They may take their time.
const PACKAGES_CAP: Duration = Duration::from_secs(5);

/// The files that had events since the last time they were taken.
#[derive(Debug, Default)]
pub(super) struct Pending {
    files: BTreeSet<PathBuf>,
    /// The first and the last event.
    span: Option<(Instant, Instant)>,
    /// Whether packages are among the files.
    packages: bool,
    /// Whether a file was found half written, and nothing has happened since.
    unfinished: bool,
}

impl Pending {
    /// Notes an event.
    pub(super) fn note(&mut self, file: PathBuf, now: Instant) {
        self.files.insert(file);
        self.unfinished = false;
        let first = self.span.map_or(now, |(first, _)| first);
        self.span = Some((first, now));
    }

    /// Notes that a package appeared or left.
    pub(super) fn note_package(&mut self, package: PathBuf, now: Instant) {
        self.packages = true;
        self.note(package, now);
    }

    /// When the files are to be taken, if nothing else happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let (quiet, cap) = if self.packages {
            (PACKAGES_QUIET, PACKAGES_CAP)
        } else if self.files.len() > BURST_FILES {
            (BURST_QUIET, BURST_CAP)
        } else if self.unfinished {
            (UNFINISHED_QUIET, BURST_CAP)
        } else {
            (QUIET, CAP)
        };
        self.span
            .map(|(first, last)| (last + quiet).min(first + cap))
    }

    /// The files, in order, once their deadline has come.
    pub(super) fn due(&self, now: Instant) -> Option<&BTreeSet<PathBuf>> {
        self.deadline()
            .is_some_and(|deadline| now >= deadline)
            .then_some(&self.files)
    }

    /// One of the files looks as if it was half written. False when that has been waited for.
    pub(super) fn wait_for_the_rest(&mut self) -> bool {
        !std::mem::replace(&mut self.unfinished, true)
    }

    /// Takes the files, in order, once their deadline has come.
    pub(super) fn take(&mut self, now: Instant) -> Option<BTreeSet<PathBuf>> {
        self.due(now)?;
        self.span = None;
        self.packages = false;
        self.unfinished = false;
        Some(std::mem::take(&mut self.files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes one event for each (milliseconds, file) and says after how many milliseconds from the start which number of files are taken.
    fn taken(events: &[(u64, &str)]) -> Vec<(u64, usize)> {
        let start = Instant::now();
        let mut pending = Pending::default();
        let mut taken = Vec::new();
        let mut take_until = |pending: &mut Pending, until: Option<Instant>| {
            while let Some(deadline) = pending
                .deadline()
                .filter(|deadline| until.is_none_or(|until| *deadline <= until))
            {
                let files = pending.take(deadline).unwrap();
                taken.push((
                    u64::try_from((deadline - start).as_millis()).unwrap(),
                    files.len(),
                ));
            }
        };
        for (at, file) in events {
            let now = start + Duration::from_millis(*at);
            take_until(&mut pending, Some(now));
            pending.note(PathBuf::from(file), now);
        }
        take_until(&mut pending, None);
        taken
    }

    #[test]
    fn one_save_is_taken_when_it_has_been_quiet_for_a_moment() {
        assert_eq!(taken(&[(0, "a.py")]), [(10, 1)]);
        assert_eq!(taken(&[(0, "a.py"), (0, "a.py"), (3, "a.py")]), [(13, 1)]);
        assert_eq!(taken(&[(0, "a.py"), (9, "b.py")]), [(19, 2)]);
    }

    #[test]
    fn two_saves_apart_are_two() {
        assert_eq!(taken(&[(0, "a.py"), (10, "a.py")]), [(10, 1), (20, 1)]);
        assert_eq!(taken(&[(0, "a.py"), (500, "b.py")]), [(10, 1), (510, 1)]);
    }

    #[test]
    fn a_file_that_is_written_without_a_pause_does_not_wait_for_ever() {
        let events: Vec<_> = (0..30).map(|step| (step * 5, "a.py")).collect();
        assert_eq!(taken(&events), [(100, 1), (155, 1)]);
    }

    #[test]
    fn many_files_are_waited_for_longer() {
        let names: Vec<String> = (0..30).map(|number| format!("{number}.py")).collect();
        let at_once: Vec<_> = names.iter().map(|name| (0, &**name)).collect();
        assert_eq!(taken(&at_once), [(50, 30)]);
        // Every 2 ms until the burst is recognized, then with pauses that would end a save.
        let with_pauses: Vec<_> = (0..30)
            .map(|number| {
                (
                    if number <= 20 {
                        number * 2
                    } else {
                        number * 2 + 30
                    },
                    &*names[usize::try_from(number).unwrap()],
                )
            })
            .collect();
        assert_eq!(taken(&with_pauses), [(138, 30)]);
    }

    #[test]
    fn a_burst_does_not_wait_for_ever_either() {
        let names: Vec<String> = (0..400).map(|number| format!("{number}.py")).collect();
        let events: Vec<_> = (0..)
            .step_by(2)
            .zip(&names)
            .map(|(at, name)| (at, &**name))
            .collect();
        assert_eq!(taken(&events), [(848, 400)]);
        let names: Vec<String> = (0..1200).map(|number| format!("{number}.py")).collect();
        let events: Vec<_> = (0..)
            .step_by(2)
            .zip(&names)
            .map(|(at, name)| (at, &**name))
            .collect();
        assert_eq!(taken(&events), [(2000, 1000), (2448, 200)]);
    }

    #[test]
    fn a_file_that_is_half_written_is_waited_for_until_something_happens_and_not_for_ever() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut pending = Pending::default();
        pending.note(PathBuf::from("a.py"), start);
        assert!(pending.due(at(10)).is_some());
        assert!(pending.wait_for_the_rest());
        assert_eq!(pending.deadline(), Some(at(50)));
        assert!(
            !pending.wait_for_the_rest(),
            "that is long enough for a file that is deleted"
        );

        pending.note(PathBuf::from("a.py"), at(30));
        assert_eq!(pending.deadline(), Some(at(40)), "the rest is there");
        assert!(pending.wait_for_the_rest());
        assert_eq!(pending.deadline(), Some(at(80)));
        assert_eq!(pending.take(at(80)).unwrap().len(), 1);
    }

    #[test]
    fn packages_are_waited_for_until_the_installer_is_done() {
        let start = Instant::now();
        let mut pending = Pending::default();
        pending.note_package(PathBuf::from("one"), start);
        let later = start + Duration::from_millis(400);
        pending.note_package(PathBuf::from("one.dist-info"), later);
        assert_eq!(pending.deadline(), Some(later + Duration::from_millis(500)));
        assert_eq!(
            pending.take(start + Duration::from_secs(1)).unwrap().len(),
            2
        );
        pending.note(PathBuf::from("agent.py"), start);
        assert_eq!(pending.deadline(), Some(start + Duration::from_millis(10)));
    }

    #[test]
    fn nothing_is_taken_before_its_time_or_twice() {
        let now = Instant::now();
        let mut pending = Pending::default();
        assert_eq!(pending.take(now), None);
        pending.note(PathBuf::from("a.py"), now);
        assert_eq!(pending.take(now + Duration::from_millis(9)), None);
        assert_eq!(
            pending.take(now + Duration::from_millis(10)),
            Some(BTreeSet::from([PathBuf::from("a.py")]))
        );
        assert_eq!(pending.take(now + Duration::from_secs(1)), None);
        assert_eq!(pending.deadline(), None);
    }
}
