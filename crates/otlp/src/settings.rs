//! Where traces go and how, as the standard variables of OpenTelemetry say it.

use std::time::Duration;

use http::Uri;
use http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::sampler::Sampler;

/// How long a receiver may take, if nobody says.
const TIMEOUT: Duration = Duration::from_secs(10);
const PATH: &str = "/v1/traces";

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where traces go, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(crate) url: Uri,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) form: Form,
    pub(crate) compresses: bool,
    pub(crate) timeout: Duration,
    pub(crate) sampler: Sampler,
    /// What the sender says of itself, the name of the service first.
    pub(crate) resource: Vec<(String, String)>,
    /// Whether prompts, answers, arguments and results are sent.
    pub with_content: bool,
}

/// How spans are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Protobuf,
    Json,
}

/// What the variables come to.
#[derive(Debug, Default)]
pub struct Read {
    /// Where traces go; none if nobody asks for them, or they cannot be sent.
    pub settings: Option<Settings>,
    /// What is wrong, a sentence each. Without values: they tend to be secrets.
    pub problems: Vec<String>,
}

impl Settings {
    /// Reads the variables. Traces are sent only if one of them names an endpoint. A service that they do not name is called `service`.
    pub fn read(lookup: Lookup<'_>, service: &str) -> Read {
        let mut reader = Reader {
            lookup,
            problems: Vec::new(),
        };
        let settings = reader.settings(service);
        Read {
            settings,
            problems: reader.problems,
        }
    }

    /// Where they go, as it can be shown: without credentials.
    pub fn shown_endpoint(&self) -> String {
        let url = &self.url;
        let host = url.host().unwrap_or_default();
        let port = url.port_u16().map(|port| format!(":{port}"));
        format!(
            "{}://{host}{}{}",
            url.scheme_str().unwrap_or("http"),
            port.unwrap_or_default(),
            url.path()
        )
    }
}

struct Reader<'a> {
    lookup: Lookup<'a>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// A variable that says something: an empty one is as good as none.
    fn value(&self, name: &str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// What is said of traces, else of everything that is sent; with the name of the variable that says it.
    fn of_traces(&self, what: &str) -> Option<(String, String)> {
        let names = ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"];
        names.into_iter().find_map(|prefix| {
            let name = format!("{prefix}{what}");
            Some((self.value(&name)?, name))
        })
    }

    fn settings(&mut self, service: &str) -> Option<Settings> {
        let (endpoint, variable) = self.of_traces("ENDPOINT")?;
        if self.is_switched_off() {
            return None;
        }
        let form = self.form()?;
        let url = self.url(&endpoint, &variable)?;
        let headers = self.headers()?;
        Some(Settings {
            url,
            headers,
            form,
            compresses: self.compresses(),
            timeout: self.timeout(),
            sampler: self.sampler(),
            resource: self.resource(service),
            with_content: self.with_content(),
        })
    }

    fn is_switched_off(&self) -> bool {
        let disabled = self.value("OTEL_SDK_DISABLED");
        let exporters = self.value("OTEL_TRACES_EXPORTER");
        let others_only = exporters.is_some_and(|named| {
            let mut named = named.split(',').map(str::trim);
            named.all(|exporter| !exporter.eq_ignore_ascii_case("otlp"))
        });
        others_only || disabled.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn form(&mut self) -> Option<Form> {
        let Some((protocol, name)) = self.of_traces("PROTOCOL") else {
            return Some(Form::Protobuf);
        };
        match protocol.to_ascii_lowercase().as_str() {
            "http/protobuf" => Some(Form::Protobuf),
            "http/json" => Some(Form::Json),
            "grpc" => {
                self.problems.push(format!(
                    "{name} is grpc, which lgx does not speak, so no traces are sent; set it to http/protobuf, and the endpoint to the receiver's port for HTTP (4318 where gRPC has 4317)"
                ));
                None
            }
            _ => {
                self.problems.push(format!(
                    "{name} is none of http/protobuf and http/json, so no traces are sent"
                ));
                None
            }
        }
    }

    fn url(&mut self, endpoint: &str, name: &str) -> Option<Uri> {
        let whole = if name.contains("TRACES") {
            endpoint.to_owned()
        } else {
            format!("{}{PATH}", endpoint.trim_end_matches('/'))
        };
        let url = whole.parse::<Uri>().ok().filter(|url| {
            let scheme = matches!(url.scheme_str(), Some("http" | "https"));
            scheme && url.host().is_some_and(|host| !host.is_empty())
        });
        if url.is_none() {
            self.problems.push(format!(
                "{name} is no URL that starts with http:// or https://, so no traces are sent"
            ));
        }
        url
    }

    /// `name=value`, separated by commas, the values percent-encoded.
    fn headers(&mut self) -> Option<Vec<(HeaderName, HeaderValue)>> {
        let Some((text, name)) = self.of_traces("HEADERS") else {
            return Some(Vec::new());
        };
        let mut headers = Vec::new();
        for (place, pair) in pairs(&text).enumerate() {
            let header = pair.and_then(|(key, value)| {
                let key = key.parse::<HeaderName>().ok()?;
                let mut value = HeaderValue::from_str(&value).ok()?;
                value.set_sensitive(true);
                Some((key, value))
            });
            let Some(header) = header else {
                // Not which: what looks like a name may be a part of a secret.
                self.problems.push(format!(
                    "number {} of {name} is no name=value that can be a header, so no traces are sent",
                    place + 1
                ));
                return None;
            };
            headers.push(header);
        }
        Some(headers)
    }

    fn compresses(&mut self) -> bool {
        let Some((compression, name)) = self.of_traces("COMPRESSION") else {
            return false;
        };
        match compression.to_ascii_lowercase().as_str() {
            "gzip" => true,
            "none" => false,
            _ => {
                let problem = format!("{name} is none of gzip and none; traces are sent as none");
                self.problems.push(problem);
                false
            }
        }
    }

    fn timeout(&mut self) -> Duration {
        let Some((timeout, name)) = self.of_traces("TIMEOUT") else {
            return TIMEOUT;
        };
        let milliseconds = timeout.parse().ok().filter(|time: &u64| *time > 0);
        milliseconds.map_or_else(
            || {
                self.problems.push(format!(
                    "{name} is no number of milliseconds; it is taken as {}",
                    TIMEOUT.as_millis()
                ));
                TIMEOUT
            },
            Duration::from_millis,
        )
    }

    fn sampler(&mut self) -> Sampler {
        let name = "OTEL_TRACES_SAMPLER";
        let Some(word) = self.value(name) else {
            return Sampler::default();
        };
        let argument = self.value("OTEL_TRACES_SAMPLER_ARG");
        let ratio = match argument.as_deref().map(str::parse) {
            None => 1.0,
            Some(Ok(ratio)) if (0.0..=1.0).contains(&ratio) => ratio,
            Some(_) => {
                self.problems.push(
                    "OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1; it is taken as 1".to_owned(),
                );
                1.0
            }
        };
        Sampler::named(&word, ratio).unwrap_or_else(|| {
            self.problems.push(format!(
                "{name} is no sampler that lgx knows; it is taken as parentbased_always_on"
            ));
            Sampler::default()
        })
    }

    fn resource(&mut self, service: &str) -> Vec<(String, String)> {
        let given = self.value("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let mut resource: Vec<(String, String)> = Vec::new();
        for pair in pairs(&given) {
            match pair {
                Some(pair) => resource.push(pair),
                None => self.problems.push(
                    "a part of OTEL_RESOURCE_ATTRIBUTES is no name=value, and is left out"
                        .to_owned(),
                ),
            }
        }
        let key = crate::conventions::resource::SERVICE_NAME;
        let named = resource.iter().rposition(|(name, _)| name == key);
        let named = named.map(|place| resource.remove(place).1);
        resource.retain(|(name, _)| name != key);
        let name = self.value("OTEL_SERVICE_NAME").or(named);
        resource.insert(
            0,
            (key.to_owned(), name.unwrap_or_else(|| service.to_owned())),
        );
        resource
    }

    /// What instrumentations of OpenTelemetry take: `true`, or where the content is to be. lgx sends spans alone.
    fn with_content(&mut self) -> bool {
        let name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
        let Some(word) = self.value(name) else {
            return false;
        };
        match word.to_ascii_lowercase().as_str() {
            "true" | "span_only" | "span_and_event" => true,
            "false" | "no_content" | "event_only" => false,
            _ => {
                let problem = format!("{name} is none of true and false; it is taken as false");
                self.problems.push(problem);
                false
            }
        }
    }
}

/// The parts of `name=value,name=value`; none for a part that is not of this form.
fn pairs(text: &str) -> impl Iterator<Item = Option<(String, String)>> {
    let parts = text.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=')?;
        let name = name.trim();
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    })
}

#[cfg(test)]
mod tests;
