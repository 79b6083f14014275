//! The passes with which the project's code asks the server that runs it: who holds one asks as the user of its run or request, for as
//! long as that lasts.

use std::str::FromStr;

use http::HeaderMap;
use lgx_engine::caller::RunPass;

/// The headers; they are taken off every request, so that no handler and no graph sees them.
const OF_RUN: &str = "x-lgx-run";
const OF_REQUEST: &str = "x-lgx-request";

/// What a request says about the request to the project's app on whose behalf it is made; nothing of it has been believed yet.
pub(crate) struct RequestPass {
    /// The number of that request.
    pub number: u64,
    /// What the worker that answers it is to know.
    pub secret: String,
}

/// Takes the pass of a run off a request; what has another form is taken off too, and counts as none.
pub(crate) fn take_of_run(headers: &mut HeaderMap) -> Option<RunPass> {
    let (run_id, secret) = take(headers, OF_RUN)?;
    Some(RunPass { run_id, secret })
}

/// The same with the pass of a request.
pub(crate) fn take_of_request(headers: &mut HeaderMap) -> Option<RequestPass> {
    let (number, secret) = take(headers, OF_REQUEST)?;
    Some(RequestPass { number, secret })
}

fn take<T: FromStr>(headers: &mut HeaderMap, name: &str) -> Option<(T, String)> {
    let value = headers.remove(name)?;
    let (whose, secret) = value.to_str().ok()?.split_once(' ')?;
    Some((whose.parse().ok()?, secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_a_name_and_a_secret_and_never_stays() {
        let run = "01a20917-f1c1-7070-9aa5-f937e6d62f12";
        for (values, expected) in [
            (vec![format!("{run} abc")], Some("abc")),
            (vec![format!("{run} abc"), "other".into()], Some("abc")),
            (vec![run.to_owned()], None),
            (vec!["nonsense abc".into()], None),
            (vec!["17 abc".into()], None),
            (vec![String::new()], None),
            (vec![], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(OF_RUN, value.parse().unwrap());
                headers.append(OF_REQUEST, value.replace(run, "17").parse().unwrap());
            }
            let pass = take_of_run(&mut headers);
            assert_eq!(
                pass.map(|pass| pass.secret).as_deref(),
                expected,
                "{values:?}"
            );
            let pass = take_of_request(&mut headers);
            if values != ["17 abc"] {
                assert_eq!(
                    pass.map(|pass| pass.secret).as_deref(),
                    expected,
                    "{values:?}"
                );
            }
            assert!(headers.is_empty());
        }
    }
}
