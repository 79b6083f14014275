//! `docker build`, as it is called for an image.

use std::path::Path;

use super::ImagePlan;

/// The arguments but for the Dockerfile and the context. Paths are as `shown` shows them.
pub(crate) fn arguments(
    plan: &ImagePlan<'_>,
    tags: &[String],
    shown: impl Fn(&Path) -> String,
) -> Vec<String> {
    let mut words = vec!["build".to_owned()];
    for tag in tags {
        words.extend(["--tag".to_owned(), tag.clone()]);
    }
    for secret in &plan.secrets {
        words.push("--secret".to_owned());
        words.push(format!("id={},src={}", secret.id, shown(&secret.file)));
    }
    words
}
