//! How it reads that runs are sent as traces, or cannot be.

use lgx_devserver::TraceNotice;

use super::style;

/// What there is to say about it.
pub(super) fn text(about: &TraceNotice) -> String {
    match about {
        TraceNotice::Sends {
            endpoint,
            with_content,
        } => {
            let content = if *with_content {
                "with what models and tools are asked and answer"
            } else {
                "without prompts and answers"
            };
            format!(
                "{} each run is sent to {endpoint} when it ends, {content}",
                style::place("OpenTelemetry:")
            )
        }
        TraceNotice::Setting { problem } => format!("{} {problem}", style::warning()),
        TraceNotice::Undelivered { endpoint, reason } => format!(
            "{} traces of runs cannot be delivered to {endpoint}: {reason}\n  {} runs go on as ever; it is tried a few times, and `lgx_trace_spans_dropped_total` of /metrics counts what is lost",
            style::warning(),
            style::help()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(about: &TraceNotice) -> String {
        anstream::adapter::strip_str(&text(about)).to_string()
    }

    #[test]
    fn where_runs_go_is_said_and_what_goes_with_them() {
        let endpoint = "http://localhost:4318/v1/traces".to_owned();
        let sends = |with_content| TraceNotice::Sends {
            endpoint: endpoint.clone(),
            with_content,
        };
        insta::assert_snapshot!(shown(&sends(false)), @"OpenTelemetry: each run is sent to http://localhost:4318/v1/traces when it ends, without prompts and answers");
        assert!(shown(&sends(true)).ends_with("with what models and tools are asked and answer"));
    }

    #[test]
    fn a_receiver_that_is_not_there_costs_traces_and_no_runs() {
        let (endpoint, reason) = ("http://localhost:4318/v1/traces".into(), "refused".into());
        insta::assert_snapshot!(shown(&TraceNotice::Undelivered { endpoint, reason }), @"
        warning: traces of runs cannot be delivered to http://localhost:4318/v1/traces: refused
          help: runs go on as ever; it is tried a few times, and `lgx_trace_spans_dropped_total` of /metrics counts what is lost
        ");
    }
}
