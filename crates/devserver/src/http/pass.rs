//! The pass with which a graph asks the server that runs it: who holds it asks as the user of its run, for as long as that executes.

use http::HeaderMap;
use lgx_engine::caller::RunPass;

/// The header; it is taken off every request, so that no handler and no graph sees it.
const HEADER: &str = "x-lgx-run";

/// Takes the pass off a request; what has another form is taken off too, and counts as none.
pub(crate) fn take(headers: &mut HeaderMap) -> Option<RunPass> {
    let value = headers.remove(HEADER)?;
    let (run_id, secret) = value.to_str().ok()?.split_once(' ')?;
    Some(RunPass {
        run_id: run_id.parse().ok()?,
        secret: secret.to_owned(),
    })
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
            let pass = take(&mut headers);
            assert_eq!(
                pass.map(|pass| pass.secret).as_deref(),
                expected,
                "{values:?}"
            );
            assert!(headers.is_empty());
        }
    }
}
