//! How long code may take to load.

use std::time::Duration;

/// Unless somebody says otherwise, in seconds.
const USUAL: u32 = 30;

/// Settles `--load-timeout`; none for whatever it takes.
pub(crate) fn resolve(seconds: Option<u32>) -> Option<Duration> {
    match seconds.unwrap_or(USUAL) {
        0 => None,
        seconds => Some(Duration::from_secs(seconds.into())),
    }
}
