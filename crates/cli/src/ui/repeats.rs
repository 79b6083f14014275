//! Which notices repeat an earlier one: a failure is shown in full once, afterwards in a line that refers to it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use lgx_devserver::{Diagnostic, Notice, ReloadFailure};

/// After so long a failure is shown in full again: the first time has scrolled away.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// How many things are remembered; then remembering begins afresh.
const MOST_REMEMBERED: usize = 1000;

/// How a notice is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// With everything there is to say.
    Whole,
    /// On one line. It has come so often by now.
    Briefly(u64),
    /// Not at all.
    Not,
}

/// What has been shown.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    seen: HashMap<u64, Seen>,
}

#[derive(Debug)]
struct Seen {
    first: Instant,
    times: u64,
}

impl Repeats {
    /// How to tell this notice, which has come now.
    pub(crate) fn telling(&mut self, notice: &Notice, now: Instant) -> Telling {
        match notice {
            // Other code is another matter, and so is what it fails of.
            Notice::Reloading { .. } => self.seen.clear(),
            // The worker that replaces one that ended loads the same code.
            Notice::GraphFailed { diagnostic, .. } => {
                let times = self.count(failure(diagnostic), now);
                if times > 1 {
                    return Telling::Briefly(times);
                }
            }
            Notice::ReloadFailed(ReloadFailure::Code(diagnostic))
            | Notice::RestartFailed(ReloadFailure::Code(diagnostic))
            | Notice::ReliefFailed(ReloadFailure::Code(diagnostic)) => {
                self.count(failure(diagnostic), now);
            }
            // A run that crashes its worker does so in each of its attempts.
            Notice::WorkerDied { death, .. } => {
                let crash = death.crash.as_deref();
                let times = crash.map_or(1, |crash| self.count(failure(crash), now));
                if times > 1 {
                    return Telling::Briefly(times);
                }
            }
            // Each run is told of: it is what somebody has just started.
            Notice::RunFailed { diagnostic, .. } => {
                let times = self.count(failure(diagnostic), now);
                return if times == 1 {
                    Telling::Whole
                } else {
                    Telling::Briefly(times)
                };
            }
            Notice::RequestFailed {
                request,
                diagnostic,
            } => {
                let same = failure(diagnostic);
                let times = self.count(hash(&(same, kind_of(request))), now);
                return if self.count(same, now) == 1 {
                    Telling::Whole
                } else {
                    briefly_at_times(times)
                };
            }
            Notice::Request {
                status: status @ (401 | 403),
                detail: Some(reason),
                ..
            } => return briefly_at_times(self.count(hash(&(status, reason)), now)),
            // Browsers try again and again.
            Notice::OriginRefused { origin: from } | Notice::HostRefused { host: from } => {
                return match self.count(hash(&("from", from)), now) {
                    1 => Telling::Whole,
                    _ => Telling::Not,
                };
            }
            Notice::WebhookFailed { reason, .. } => {
                return match briefly_at_times(self.count(hash(&("webhook", reason)), now)) {
                    Telling::Briefly(1) => Telling::Whole,
                    other => other,
                };
            }
            _ => {}
        }
        Telling::Whole
    }

    /// How often this has come since it was first shown.
    fn count(&mut self, key: u64, now: Instant) -> u64 {
        if self.seen.len() >= MOST_REMEMBERED && !self.seen.contains_key(&key) {
            self.seen.clear();
        }
        let seen = self.seen.entry(key).or_insert(Seen {
            first: now,
            times: 0,
        });
        if now.duration_since(seen.first) >= FORGOTTEN_AFTER {
            *seen = Seen {
                first: now,
                times: 0,
            };
        }
        seen.times += 1;
        seen.times
    }
}

/// The first time, then the 10th, the 100th, …: a client that keeps asking must not fill the screen.
fn briefly_at_times(times: u64) -> Telling {
    let is_told = times
        .checked_ilog10()
        .is_some_and(|zeros| 10_u64.pow(zeros) == times);
    if is_told {
        Telling::Briefly(times)
    } else {
        Telling::Not
    }
}

/// What makes two failures the same: the exception's class and the lines that led to it. Messages may hold an id.
fn failure(diagnostic: &Diagnostic) -> u64 {
    let lines: Vec<_> = diagnostic
        .traceback
        .lines()
        .filter(|line| line.trim_start().starts_with("File \""))
        .collect();
    let place = (&diagnostic.file, diagnostic.line);
    // Without a line there is nothing but the message to tell one from the other.
    let message = diagnostic.line.is_none().then_some(&diagnostic.message);
    hash(&(&diagnostic.kind, place, lines, message))
}

/// The request without the ids in its path: asking the same of another thread is nothing new.
fn kind_of(request: &str) -> String {
    let is_id = |part: &str| {
        part.len() == 36
            && part
                .chars()
                .all(|character| character == '-' || character.is_ascii_hexdigit())
    };
    request
        .split('/')
        .map(|part| if is_id(part) { "…" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn hash(thing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use lgx_devserver::Death;

    use super::*;

    fn diagnostic(line: u32, message: &str) -> Diagnostic {
        Diagnostic {
            kind: "ValueError".to_owned(),
            message: message.to_owned(),
            file: Some("/p/graph.py".to_owned()),
            line: Some(line),
            column: None,
            source: None,
            function: None,
            traceback: format!(
                "  File \"/p/graph.py\", line {line}, in act\nValueError: {message}"
            ),
            hint: None,
        }
    }

    fn run(line: u32, message: &str) -> Notice {
        Notice::RunFailed {
            run_id: "run".to_owned(),
            diagnostic: diagnostic(line, message),
        }
    }

    fn asked(path: &str) -> Notice {
        Notice::RequestFailed {
            request: format!("GET {path}"),
            diagnostic: diagnostic(3, "broken"),
        }
    }

    fn refused(reason: &str) -> Notice {
        Notice::Request {
            method: "GET".to_owned(),
            path: "/threads".to_owned(),
            status: 401,
            took: Duration::ZERO,
            detail: Some(reason.to_owned()),
            told: false,
            headers: Vec::new(),
        }
    }

    fn tell(repeats: &mut Repeats, notice: &Notice) -> Telling {
        repeats.telling(notice, Instant::now())
    }

    #[test]
    fn a_failure_is_told_whole_once_and_each_run_that_meets_it_again_briefly() {
        let mut repeats = Repeats::default();

        assert_eq!(tell(&mut repeats, &run(3, "no thread 1")), Telling::Whole);
        assert_eq!(
            tell(&mut repeats, &run(3, "no thread 2")),
            Telling::Briefly(2)
        );
        assert_eq!(tell(&mut repeats, &run(4, "no thread 1")), Telling::Whole);
    }

    #[test]
    fn a_crash_is_told_whole_once_and_a_death_without_a_line_each_time() {
        let mut repeats = Repeats::default();
        let died = |crash: Option<u32>| Notice::WorkerDied {
            death: Death {
                crash: crash.map(|line| Box::new(diagnostic(line, ""))),
                ..Death::with_cause("signal 11 (SIGSEGV)")
            },
            pause: None,
        };

        assert_eq!(tell(&mut repeats, &died(Some(3))), Telling::Whole);
        assert_eq!(tell(&mut repeats, &died(Some(3))), Telling::Briefly(2));
        assert_eq!(tell(&mut repeats, &died(Some(3))), Telling::Briefly(3));
        assert_eq!(tell(&mut repeats, &died(Some(4))), Telling::Whole);
        for _ in 0..2 {
            assert_eq!(tell(&mut repeats, &died(None)), Telling::Whole);
        }
    }

    #[test]
    fn a_graph_that_cannot_be_loaded_has_been_told_when_requests_meet_it() {
        let mut repeats = Repeats::default();
        let graph = Notice::GraphFailed {
            graph_id: "agent".to_owned(),
            diagnostic: diagnostic(3, "broken"),
        };

        assert_eq!(tell(&mut repeats, &graph), Telling::Whole);
        assert_eq!(tell(&mut repeats, &graph), Telling::Briefly(2));
        assert_eq!(
            tell(&mut repeats, &asked("/assistants/a/schemas")),
            Telling::Briefly(1)
        );
        assert_eq!(
            tell(&mut repeats, &asked("/assistants/a/schemas")),
            Telling::Not
        );
        assert_eq!(
            tell(&mut repeats, &asked("/assistants/a/graph")),
            Telling::Briefly(1)
        );
        assert_eq!(tell(&mut repeats, &run(3, "broken")), Telling::Briefly(6));
    }

    #[test]
    fn asking_the_same_of_another_thread_is_nothing_new() {
        let mut repeats = Repeats::default();
        let of = |id: &str| asked(&format!("/threads/{id}/state"));
        tell(&mut repeats, &asked("/threads"));

        assert_eq!(
            tell(&mut repeats, &of("01a218e2-943e-728f-b5e0-a04dc4fe46a1")),
            Telling::Briefly(1)
        );
        assert_eq!(
            tell(&mut repeats, &of("01a218e2-943e-728f-b5e0-a04dc4fe46a2")),
            Telling::Not
        );
    }

    #[test]
    fn what_goes_on_and_on_is_told_at_the_tenth_and_the_hundredth_time() {
        let mut repeats = Repeats::default();
        let told: Vec<_> = (0..200)
            .map(|_| tell(&mut repeats, &refused("Invalid token")))
            .filter(|telling| *telling != Telling::Not)
            .collect();

        assert_eq!(told, [1, 10, 100].map(Telling::Briefly));
        assert_eq!(
            tell(&mut repeats, &refused("No token")),
            Telling::Briefly(1)
        );
    }

    #[test]
    fn after_a_reload_and_after_a_while_a_failure_is_told_whole_again() {
        let mut repeats = Repeats::default();
        let start = Instant::now();
        let mut at = |seconds, notice: &Notice| {
            repeats.telling(notice, start + Duration::from_secs(seconds))
        };
        let failed = run(3, "no");

        at(0, &failed);
        assert_eq!(at(1, &failed), Telling::Briefly(2));
        assert_eq!(at(600, &failed), Telling::Whole);
        at(601, &Notice::Reloading { changed: vec![] });
        assert_eq!(at(602, &failed), Telling::Whole);
    }

    #[test]
    fn a_refused_page_is_told_once() {
        let mut repeats = Repeats::default();
        let notice = |origin: &str| Notice::OriginRefused {
            origin: origin.to_owned(),
        };

        assert_eq!(tell(&mut repeats, &notice("https://a")), Telling::Whole);
        assert_eq!(tell(&mut repeats, &notice("https://a")), Telling::Not);
        assert_eq!(tell(&mut repeats, &notice("https://b")), Telling::Whole);
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let mut repeats = Repeats::default();
        for number in 0..3 * MOST_REMEMBERED {
            tell(&mut repeats, &refused(&number.to_string()));
        }

        assert!(repeats.seen.len() <= MOST_REMEMBERED);
    }
}
