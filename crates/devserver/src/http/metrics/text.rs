//! The numbers as Prometheus reads them: lines of text, each family of numbers under its name and type.

use std::fmt::{Display, Write as _};

use super::Numbers;
use crate::metrics::BOUNDS;

const TOTAL: &str = "lg_api_http_requests_total";
const LATENCY: &str = "lg_api_http_requests_latency";
const CPU: &str = "process_cpu_seconds_total";

/// A text in the making. Writing to a `String` cannot fail.
struct Exposition {
    text: String,
    /// What every sample is labelled with, if they are to be told from those of other servers.
    instance: Option<String>,
}

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        let instance = self.instance.iter();
        let instance = instance.map(|instance| ("instance", instance as &dyn Display));
        let labels: Vec<String> = instance
            .chain(labels.iter().copied())
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value.to_string())))
            .collect();
        let _ = if labels.is_empty() {
            writeln!(self.text, "{name} {value}")
        } else {
            writeln!(self.text, "{name}{{{}}} {value}", labels.join(","))
        };
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        self.sample(name, &[], value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.family(name, "gauge", help);
            self.sample(name, &[], value);
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

impl Numbers {
    /// All numbers as text, labelled with the instance if there is a name for it.
    pub(super) fn text(&self, instance: Option<&str>) -> String {
        let mut text = Exposition {
            text: String::new(),
            instance: instance.map(str::to_owned),
        };
        self.requests(&mut text);
        let slots = self.slots;
        text.gauge("lg_api_workers_max", "Slots for runs", Some(slots.max));
        text.gauge("lg_api_workers_active", "Slots in use", Some(slots.active));
        text.gauge(
            "lg_api_workers_available",
            "Slots that are free",
            Some(slots.available),
        );
        text.family("lgx_worker_runs", "gauge", "Runs that a process executes");
        for worker in &self.workers {
            text.sample("lgx_worker_runs", &[("pid", &worker.pid)], worker.runs);
        }
        self.queue(&mut text);
        self.process(&mut text);
        if let Some(traces) = self.traces {
            text.counter(
                "lgx_trace_spans_sent_total",
                "Spans that a receiver of OpenTelemetry has taken",
                traces.sent,
            );
            text.counter(
                "lgx_trace_spans_dropped_total",
                "Spans that none has taken, and that are given up",
                traces.dropped,
            );
        }
        if let Some(relays) = &self.relays {
            let name = "lgx_requests_passed_on_total";
            text.family(
                name,
                "counter",
                "Requests that were passed on to the homes of their threads",
            );
            for (outcome, count) in &relays.passed_on {
                text.sample(name, &[("outcome", outcome)], count);
            }
            text.counter(
                "lgx_requests_received_total",
                "Requests that other instances have passed on",
                relays.received,
            );
        }
        text.gauge(
            "lgx_spare_processes",
            "Processes that have imported installed modules ahead of the next change",
            self.spare.map(|spare| spare.processes),
        );
        text.gauge(
            "lgx_spare_memory_bytes",
            "Their memory, each page divided by how many processes share it",
            self.spare.map(|spare| spare.proportional_bytes),
        );
        text.text
    }

    fn requests(&self, text: &mut Exposition) {
        text.family(TOTAL, "counter", "Requests answered");
        for (endpoint, counted) in &self.requests {
            for (status, count) in &counted.statuses {
                let labels: [(&str, &dyn Display); 3] = [
                    ("method", &endpoint.method),
                    ("path", &endpoint.path),
                    ("status", status),
                ];
                text.sample(TOTAL, &labels, count);
            }
        }
        text.family(LATENCY, "histogram", "Milliseconds until answers began");
        for (endpoint, counted) in &self.requests {
            let (method, path) = (&endpoint.method, &endpoint.path);
            let bounds = BOUNDS.iter().map(ToString::to_string);
            let mut so_far = 0;
            for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(counted.took) {
                so_far += count;
                let labels: [(&str, &dyn Display); 3] =
                    [("method", method), ("path", path), ("le", &bound)];
                text.sample(&format!("{LATENCY}_bucket"), &labels, so_far);
            }
            let labels: [(&str, &dyn Display); 2] = [("method", method), ("path", path)];
            text.sample(&format!("{LATENCY}_sum"), &labels, counted.milliseconds);
            text.sample(&format!("{LATENCY}_count"), &labels, so_far);
        }
    }

    fn queue(&self, text: &mut Exposition) {
        let queue = &self.queue;
        text.gauge(
            "lg_api_num_pending_runs",
            "Runs that wait",
            Some(queue.pending),
        );
        text.gauge(
            "lg_api_num_running_runs",
            "Runs that execute",
            Some(queue.running),
        );
        text.gauge(
            "lg_api_pending_runs_wait_time_max",
            "Seconds that the run has waited that waits longest",
            queue.longest(),
        );
        text.gauge(
            "lg_api_pending_runs_wait_time_med",
            "Seconds that the run in the middle of the queue has waited",
            queue.median(),
        );
        text.gauge(
            "lg_api_pending_unblocked_runs_wait_time_max",
            "Seconds that the run has waited that waits longest with no run on its thread before it",
            queue.longest_unblocked(),
        );
    }

    fn process(&self, text: &mut Exposition) {
        let process = &self.process;
        text.gauge(
            "process_start_time_seconds",
            "When the server started, in seconds since the Unix epoch",
            Some(process.started),
        );
        if let Some(seconds) = process.cpu {
            text.counter(CPU, "Processor time in seconds", seconds);
        }
        text.gauge(
            "process_resident_memory_bytes",
            "Memory in use",
            process.resident,
        );
        text.gauge(
            "process_virtual_memory_bytes",
            "Address space",
            process.virtual_size,
        );
        text.gauge(
            "process_open_fds",
            "Open files and sockets",
            process.open_files,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lgx_store::runs::Queue;

    use super::super::Relays;
    use super::super::process::Process;
    use super::*;
    use crate::metrics::Requests;
    use lgx_engine::runs::Slots;

    #[test]
    fn every_family_is_named_and_every_bucket_holds_those_below() {
        let requests = Requests::new();
        for millis in [1, 20, 20, 60_000] {
            let took = Duration::from_millis(millis);
            requests.count("/a/{b}", &http::Method::GET, 200, took);
        }
        let numbers = Numbers {
            requests: requests.all(),
            slots: Slots {
                max: 10,
                active: 1,
                available: 9,
            },
            workers: vec![lgx_engine::workers::WorkerLoad { pid: 7, runs: 1 }],
            queue: Queue::default(),
            process: Process::default(),
            traces: Some(lgx_engine::traces::TraceCounts {
                sent: 5,
                dropped: 2,
            }),
            spare: Some(lgx_engine::workers::SpareMemory {
                processes: 2,
                proportional_bytes: 4096,
            }),
            relays: Some(Relays {
                passed_on: vec![("answered", 3), ("moved", 1)],
                received: 6,
            }),
        };
        let text = numbers.text(None);
        for line in [
            "# TYPE lg_api_http_requests_total counter",
            "lg_api_http_requests_total{method=\"GET\",path=\"/a/{b}\",status=\"200\"} 4",
            "# TYPE lg_api_http_requests_latency histogram",
            "lg_api_http_requests_latency_bucket{method=\"GET\",path=\"/a/{b}\",le=\"10\"} 1",
            "lg_api_http_requests_latency_bucket{method=\"GET\",path=\"/a/{b}\",le=\"100\"} 3",
            "lg_api_http_requests_latency_bucket{method=\"GET\",path=\"/a/{b}\",le=\"30000\"} 3",
            "lg_api_http_requests_latency_bucket{method=\"GET\",path=\"/a/{b}\",le=\"+Inf\"} 4",
            "lg_api_http_requests_latency_sum{method=\"GET\",path=\"/a/{b}\"} 60041",
            "lg_api_http_requests_latency_count{method=\"GET\",path=\"/a/{b}\"} 4",
            "lg_api_workers_max 10",
            "lg_api_workers_available 9",
            "lgx_worker_runs{pid=\"7\"} 1",
            "lg_api_num_pending_runs 0",
            "lgx_trace_spans_sent_total 5",
            "lgx_trace_spans_dropped_total 2",
            "lgx_spare_processes 2",
            "lgx_spare_memory_bytes 4096",
            "lgx_requests_passed_on_total{outcome=\"answered\"} 3",
            "lgx_requests_passed_on_total{outcome=\"moved\"} 1",
            "lgx_requests_received_total 6",
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "{line}\n{text}"
            );
        }
        assert!(!text.contains("wait_time"), "nothing waits");

        let text = numbers.text(Some("api-1"));
        for line in [
            "lg_api_http_requests_total{instance=\"api-1\",method=\"GET\",path=\"/a/{b}\",status=\"200\"} 4",
            "lg_api_workers_max{instance=\"api-1\"} 10",
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "{line}\n{text}"
            );
        }
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        for sample in samples {
            assert!(sample.contains("{instance=\"api-1\""), "{sample}");
        }
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
