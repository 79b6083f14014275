//! Traces of OpenTelemetry: what a real worker tells of a subgraph, its models and its tools arrives in one piece, and in its place.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_run_of_a_subgraph_with_models_and_a_tool_is_a_tree() -> Result<()> {
    let (url, posted) = receive()?;
    let project = Project::copy_of("fixtures")?;
    let mut config: Value = serde_json::from_str(&project.read("langgraph.json")?)?;
    config["env"] =
        json!({"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"});
    project.write("langgraph.json", &config.to_string())?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &["OpenTelemetry: each run is sent to"])?;
    let input = json!({"messages": [{"role": "user", "content": "the weather, please"}]});
    let body = json!({"assistant_id": "nested_chat", "input": input});
    server.client().post("/runs/wait", &body)?.ok()?;
    let request = posted.recv_timeout(PATIENCE)?;
    let text = request.to_string();
    ensure!(
        !text.contains("please") && !text.contains("Paris"),
        "{text}"
    );

    let spans = &request["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let spans = spans.as_array().context("there are spans")?;
    let id = |span: &Value, key: &str| span[key].as_str().unwrap_or_default().to_owned();
    let names: HashMap<String, String> = spans
        .iter()
        .map(|span| (id(span, "spanId"), id(span, "name")))
        .collect();
    let mut places: Vec<(String, String)> = spans
        .iter()
        .map(|span| {
            let parent = names.get(&id(span, "parentSpanId"));
            (id(span, "name"), parent.cloned().unwrap_or_default())
        })
        .collect();
    places.sort();
    let expected = [
        ("chat FakeModel", "model"),
        ("chat FakeModel", "model"),
        ("execute_tool get_weather", "tools"),
        ("invoke_agent nested_chat", ""),
        ("model", "sub"),
        ("model", "sub"),
        ("sub", "invoke_agent nested_chat"),
        ("tools", "sub"),
    ];
    assert_eq!(
        places,
        expected.map(|(name, parent)| (name.to_owned(), parent.to_owned()))
    );
    for word in [
        r#""key":"gen_ai.tool.call.id","value":{"stringValue":"call_1"}"#,
        r#""key":"gen_ai.usage.output_tokens""#,
        r#""key":"gen_ai.provider.name","value":{"stringValue":"fakemodel"}"#,
    ] {
        ensure!(text.contains(word), "{word} in {text}");
    }
    server.stop(rustix::process::Signal::TERM)?;
    ensure!(posted.try_recv().is_err(), "it was sent twice");
    Ok(())
}

/// A URL, and what is posted to it.
fn receive() -> Result<(String, mpsc::Receiver<Value>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (came, posted) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut part) {
                bytes.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
                let Ok(body) = serde_json::from_str(body) else {
                    continue;
                };
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
                );
                if came.send(body).is_err() {
                    return;
                }
                break;
            }
        }
    });
    Ok((url, posted))
}
