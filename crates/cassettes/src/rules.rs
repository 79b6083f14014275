//! What a project says of its recordings: what does not count in a request, and what is no secret though it looks like one.

/// What a project says of its recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Digests of texts that look like secrets and are none, as a refusal tells them.
    pub allowed: Vec<String>,
    /// Whether requests that differ in dates and times alone are the same.
    pub ignores_dates: bool,
}
