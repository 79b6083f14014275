//! How it reads that runs were cancelled at the terminal.

use lgx_devserver::{CancelledRuns, StoreError};

use super::style;

/// How many there were, or why they were not.
pub(crate) fn text(cancelled: Result<&CancelledRuns, &StoreError>) -> String {
    match cancelled {
        Ok(CancelledRuns {
            executing: 0,
            waiting: 0,
        }) => "No run executes or waits".to_owned(),
        Ok(cancelled) => {
            let runs = |count, what| match count {
                0 => None,
                1 => Some(format!("1 run that {what}s")),
                more => Some(format!("{more} runs that {what}")),
            };
            let parts = [
                runs(cancelled.executing, "execute"),
                runs(cancelled.waiting, "wait"),
            ];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            format!("{} {}", style::caution("Cancelled:"), parts.join(" and "))
        }
        Err(error) => format!("{} the runs go on: {error}", style::error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(executing: usize, waiting: usize) -> String {
        let text = text(Ok(&CancelledRuns { executing, waiting }));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_runs_are_counted() {
        assert_eq!(shown(0, 0), "No run executes or waits");
        assert_eq!(shown(1, 0), "Cancelled: 1 run that executes");
        assert_eq!(
            shown(3, 2),
            "Cancelled: 3 runs that execute and 2 runs that wait"
        );
    }
}
