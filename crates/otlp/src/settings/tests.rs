//! What the variables come to.

use super::*;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");

fn read(variables: &[(&str, &str)]) -> Read {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(present, _)| *present == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(&lookup, "project")
}

/// The settings of an endpoint and these variables, which are all right.
fn settings(variables: &[(&str, &str)]) -> Settings {
    let read = read(&[&[ENDPOINT], variables].concat());
    assert_eq!(read.problems, Vec::<String>::new());
    read.settings.unwrap()
}

/// What is wrong with these variables.
fn problem(variables: &[(&str, &str)]) -> (bool, String) {
    let read = read(&[&[ENDPOINT], variables].concat());
    let [problem] = &read.problems[..] else {
        panic!("{:?}", read.problems);
    };
    (read.settings.is_some(), problem.clone())
}

#[test]
fn nothing_is_sent_unless_an_endpoint_is_named() {
    for variables in [
        &[][..],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
        &[
            ("OTEL_SERVICE_NAME", "x"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
        &[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")],
        &[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")],
        &[ENDPOINT, ("OTEL_TRACES_EXPORTER", "console")],
    ] {
        let read = read(variables);
        assert!(
            read.settings.is_none() && read.problems.is_empty(),
            "{variables:?}"
        );
    }
    settings(&[("OTEL_TRACES_EXPORTER", "console,otlp")]);
}

#[test]
fn an_endpoint_of_traces_is_taken_as_it_is_and_one_of_everything_gets_a_path() {
    for (name, value, expected) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://c:4318/",
            "http://c:4318/v1/traces",
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://c/otel",
            "https://c/otel/v1/traces",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://c:1/x?k=1",
            "http://c:1/x?k=1",
        ),
    ] {
        let read = read(&[(name, value)]);
        assert_eq!(read.settings.unwrap().url, expected, "{value}");
    }
    let both = settings(&[(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "http://u:secret@c:1/x?key=secret",
    )]);
    assert_eq!(both.shown_endpoint(), "http://c:1/x");
}

#[test]
fn what_is_said_of_traces_goes_before_what_is_said_of_everything() {
    let settings = settings(&[
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "Authorization=Basic%20eA==, b=2",
        ),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ]);
    assert_eq!(settings.form, Form::Json);
    let headers = settings.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    assert_eq!(headers, [("authorization", "Basic eA=="), ("b", "2")]);
    assert_eq!(settings.timeout, Duration::from_millis(250));
    assert!(settings.compresses && !settings.with_content);
    assert!(
        !format!("{settings:?}").contains("eA=="),
        "secrets are not shown"
    );
}

#[test]
fn the_service_is_named_by_its_variable_then_by_the_attributes_then_by_the_project() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=mine,team=a%20b");
    let named = |variables: &[(&str, &str)]| settings(variables).resource;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(named(&[]), [pair("service.name", "project")]);
    assert_eq!(
        named(&[attributes]),
        [pair("service.name", "mine"), pair("team", "a b")]
    );
    let both = [attributes, ("OTEL_SERVICE_NAME", "theirs")];
    assert_eq!(named(&both)[0], pair("service.name", "theirs"));
}

#[test]
fn content_is_sent_where_spans_are_named() {
    for (word, expected) in [
        ("true", true),
        ("SPAN_ONLY", true),
        ("SPAN_AND_EVENT", true),
        ("EVENT_ONLY", false),
        ("NO_CONTENT", false),
        ("false", false),
    ] {
        let name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
        assert_eq!(settings(&[(name, word)]).with_content, expected, "{word}");
    }
}

#[test]
fn what_is_wrong_is_said_in_one_sentence_without_the_value() {
    for (name, value, still_sends) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", false),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "secret", false),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "localhost:4318/secret",
            false,
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://secret", false),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,secret", false),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", false),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "secret", true),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "secret", true),
        ("OTEL_RESOURCE_ATTRIBUTES", "secret", true),
        (
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
            "secret",
            true,
        ),
    ] {
        let (sends, problem) = if name == ENDPOINT.0 {
            let read = read(&[(name, value)]);
            (read.settings.is_some(), read.problems.concat())
        } else {
            problem(&[(name, value)])
        };
        assert!(
            problem.contains(name) && !problem.contains("secret"),
            "{problem}"
        );
        assert_eq!(sends, still_sends, "{problem}");
    }
    let (sends, problem) = problem(&[("OTEL_TRACES_SAMPLER", "jaeger_remote")]);
    assert!(
        sends && problem.contains("parentbased_always_on"),
        "{problem}"
    );
    let sampler = ("OTEL_TRACES_SAMPLER", "traceidratio");
    let (sends, problem) = self::problem(&[sampler, ("OTEL_TRACES_SAMPLER_ARG", "2")]);
    assert!(sends && problem.contains("from 0 to 1"), "{problem}");
}

#[test]
fn grpc_is_told_with_the_way_out() {
    let (_, problem) = problem(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert!(
        problem.contains("http/protobuf") && problem.contains("4318"),
        "{problem}"
    );
}
