//! The pass with which a graph asks the server that runs it: who holds it asks as the user of its run, for as long as that executes.

use http::HeaderMap;
use lgx_model::RunId;

/// The header; it is taken off every request, so that no handler and no graph sees it.
const HEADER: &str = "x-lgx-run";

/// What a request says about the run on whose behalf it is made; nothing of it has been believed yet. Not to be shown: it holds a secret.
#[derive(Clone)]
pub(crate) struct RunPass {
    /// The run.
    pub run_id: RunId,
    /// What the worker of the run is to know.
    pub secret: String,
}

impl RunPass {
    /// Takes the pass off a request; what has another form is taken off too, and counts as none.
    pub(crate) fn take(headers: &mut HeaderMap) -> Option<Self> {
        let value = headers.remove(HEADER)?;
        let (run_id, secret) = value.to_str().ok()?.split_once(' ')?;
        Some(Self {
            run_id: run_id.parse().ok()?,
            secret: secret.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_a_run_and_a_secret_and_never_stays() {
        let run = "01a20917-f1c1-7070-9aa5-f937e6d62f12";
        for (values, expected) in [
            (vec![format!("{run} abc")], Some("abc")),
            (vec![format!("{run} abc"), "other".into()], Some("abc")),
            (vec![run.to_owned()], None),
            (vec!["nonsense abc".into()], None),
            (vec![String::new()], None),
            (vec![], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(HEADER, value.parse().unwrap());
            }
            let pass = RunPass::take(&mut headers);
            assert_eq!(
                pass.map(|pass| pass.secret).as_deref(),
                expected,
                "{values:?}"
            );
            assert!(headers.is_empty());
        }
    }
}
