//! What is counted of requests: how many by method, route and status, and how long until their answers began.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The upper bounds of the latency histogram, in milliseconds; the official server's.
pub(crate) const BOUNDS: [f64; 7] = [10.0, 100.0, 500.0, 1000.0, 5000.0, 15000.0, 30000.0];

/// The requests that were answered since the server started.
#[derive(Debug)]
pub(crate) struct Requests {
    /// When the counting began.
    pub since: SystemTime,
    counted: Mutex<BTreeMap<Endpoint, Counted>>,
}

/// A method and the template of a route, empty for paths that have none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    pub path: String,
    pub method: String,
}

/// The requests to one endpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counted {
    /// How many by the status answered.
    pub statuses: BTreeMap<u16, u64>,
    /// How many took so long: at most the first of [`BOUNDS`], at most the second but more than the first, …, more than the last.
    pub took: [u64; BOUNDS.len() + 1],
    /// How many milliseconds they took together.
    pub milliseconds: f64,
}

impl Requests {
    /// None so far.
    pub(crate) fn new() -> Self {
        Self {
            since: SystemTime::now(),
            counted: Mutex::default(),
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self, path: &str, method: &http::Method, status: u16, took: Duration) {
        let endpoint = Endpoint {
            path: path.to_owned(),
            method: known(method).to_owned(),
        };
        let milliseconds = took.as_secs_f64() * 1000.0;
        let mut counted = self.lock();
        let counted = counted.entry(endpoint).or_default();
        *counted.statuses.entry(status).or_default() += 1;
        let slot = BOUNDS.iter().position(|bound| milliseconds <= *bound);
        counted.took[slot.unwrap_or(BOUNDS.len())] += 1;
        counted.milliseconds += milliseconds;
    }

    /// All that was counted.
    pub(crate) fn all(&self) -> BTreeMap<Endpoint, Counted> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Endpoint, Counted>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client may send any word as a method; each would be counted for ever.
fn known(method: &http::Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn requests_are_counted_by_endpoint_status_and_time() {
        let requests = Requests::new();
        let odd = Method::from_bytes(b"BREW").unwrap();
        for (method, status, millis) in [
            (&Method::GET, 200, 10),
            (&Method::GET, 200, 11),
            (&Method::GET, 404, 40_000),
            (&odd, 405, 0),
            (&Method::TRACE, 405, 0),
        ] {
            requests.count("/ok", method, status, Duration::from_millis(millis));
        }
        let all = requests.all();
        let of = |method: &str| {
            let endpoint = Endpoint {
                path: "/ok".into(),
                method: method.into(),
            };
            all[&endpoint].clone()
        };
        assert_eq!(all.len(), 2);
        assert_eq!(of("GET").statuses, BTreeMap::from([(200, 2), (404, 1)]));
        assert_eq!(of("GET").took, [1, 1, 0, 0, 0, 0, 0, 1]);
        assert!((of("GET").milliseconds - 40_021.0).abs() < 1e-6);
        assert_eq!(of("OTHER").statuses[&405], 2);
    }
}
