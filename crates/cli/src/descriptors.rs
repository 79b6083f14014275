//! How many files and connections may be open: as many as the system allows at most, which is more than it allows at first.

/// Raises the limit of this process, and of the workers that it starts, to the most that may be asked for.
pub(crate) fn raise_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!("up to {limit} files and connections may be open"),
        Err(error) => tracing::debug!("the limit of open files stays as it is: {error}"),
    }
}
