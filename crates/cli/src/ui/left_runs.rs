//! What a server says at its start about the runs that were not over when the last one ended.

use lgx_devserver::LeftRuns;

use super::style;

/// How many runs are named.
const NAMED: usize = 5;

/// The text below the banner; nothing when there are no such runs.
pub(crate) fn render(left: &LeftRuns, url: &str) -> Option<String> {
    let parts: Vec<String> = [given_up(left), going_on(left, url)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn going_on(left: &LeftRuns, url: &str) -> Option<String> {
    let runs = &left.going_on;
    let count = match runs.len() {
        0 => return None,
        1 => "1 run of the last time goes on".to_owned(),
        more => format!("{more} runs of the last time go on"),
    };
    let mut lines = vec![format!("{} {count}", style::caution("Note:"))];
    lines.extend(runs.iter().take(NAMED).map(|run| {
        let attempt = match run.attempt {
            1 => "waits for its first attempt".to_owned(),
            attempt => format!("attempt {attempt} of {}", left.most_attempts),
        };
        format!(
            "  run {} of thread {}: {attempt}",
            run.run_id, run.thread_id
        )
    }));
    if runs.len() > NAMED {
        lines.push(format!("  and {} more", runs.len() - NAMED));
    }
    lines.push(format!(
        "  {} to cancel what runs and waits: curl {url}/runs/cancel -H 'content-type: application/json' -d '{{\"status\": \"all\"}}'",
        style::help()
    ));
    Some(lines.join("\n"))
}

fn given_up(left: &LeftRuns) -> Option<String> {
    let lines: Vec<String> = left
        .given_up
        .iter()
        .map(|run_id| {
            format!(
                "{} run {run_id} was cut off {} times and is not tried again; it has ended as an error",
                style::warning(),
                left.most_attempts
            )
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use lgx_devserver::LeftRun;

    use super::*;

    fn shown(going_on: &[u32], given_up: &[&str]) -> Option<String> {
        let left = LeftRuns {
            going_on: going_on
                .iter()
                .map(|attempt| LeftRun {
                    run_id: format!("r{attempt}"),
                    thread_id: "t".to_owned(),
                    attempt: *attempt,
                })
                .collect(),
            given_up: given_up.iter().map(ToString::to_string).collect(),
            most_attempts: 3,
        };
        let text = render(&left, "http://127.0.0.1:2024")?;
        Some(anstream::adapter::strip_str(&text).to_string())
    }

    #[test]
    fn runs_that_go_on_come_with_their_attempts_and_the_way_to_cancel_them() {
        assert_eq!(shown(&[], &[]), None);
        insta::assert_snapshot!(shown(&[2, 1], &["r0"]).unwrap(), @r#"
        warning: run r0 was cut off 3 times and is not tried again; it has ended as an error
        Note: 2 runs of the last time go on
          run r2 of thread t: attempt 2 of 3
          run r1 of thread t: waits for its first attempt
          help: to cancel what runs and waits: curl http://127.0.0.1:2024/runs/cancel -H 'content-type: application/json' -d '{"status": "all"}'
        "#);
    }

    #[test]
    fn of_many_runs_a_few_are_named() {
        let text = shown(&[2, 2, 2, 2, 2, 2, 2], &[]).unwrap();
        assert!(
            text.starts_with("Note: 7 runs") && text.contains("and 2 more"),
            "{text}"
        );
    }
}
