//! What the first generation has to be beyond loaded: complete, if the start is strict, and of the Python that was asked for.

use lgx_model::Runtime;
use lgx_worker::RuntimeVersion;

use super::error::{BringUpError, Fatal};
use crate::notice::{Notice, WantedBy};
use crate::workers::Workers;
use crate::workers::team::Team;

/// Whether the first generation may serve, and what is odd about it. Strictness concerns the start only: later on, what served is
/// never given up for less.
pub(in crate::workers) async fn accept_first(
    workers: &Workers,
    first: Team,
) -> Result<Team, BringUpError> {
    compare_versions(workers, &first);
    let failed = first.generation().failed_graphs();
    if !workers.options.strict || failed.is_empty() {
        return Ok(first);
    }
    first.dismiss().await;
    Err(BringUpError::Fatal(Fatal::Graphs {
        failed,
        of: first.generation().config().graphs.len(),
    }))
}

/// Says so when an interpreter is of another version than the project asks for.
fn compare_versions(workers: &Workers, first: &Team) {
    let config = first.generation().config();
    // Every crew has the same interpreters.
    for worker in first.first().workers() {
        let RuntimeVersion { name, version } = &worker.hello().runtime;
        let exactly = match name {
            Runtime::Python => &config.python_version,
            Runtime::Node => &config.node_version,
        };
        let exactly = exactly.as_ref().filter(|it| !is_of_version(version, it));
        let range = config.node_range.as_ref();
        let range = range.filter(|it| *name == Runtime::Node && !it.includes(version));
        let wanted = [
            exactly.map(|wanted| (WantedBy::Configuration, wanted.clone())),
            range.map(|wanted| (WantedBy::Engines, wanted.to_string())),
        ];
        for (wanted_by, wanted) in wanted.into_iter().flatten() {
            workers.notice(Notice::OtherRuntime {
                runtime: *name,
                wanted_by,
                wanted,
                found: version.clone(),
            });
        }
    }
}

/// Whether `3.12.4` is a `3.12`.
fn is_of_version(found: &str, wanted: &str) -> bool {
    found
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_of_version;

    #[test]
    fn a_version_is_of_the_wanted_one_when_it_only_says_more() {
        assert!(is_of_version("3.12.4", "3.12"));
        assert!(is_of_version("3.12", "3.12"));
        assert!(!is_of_version("3.11.7", "3.12"));
        assert!(!is_of_version("3.12.4", "3.1"));
    }
}
