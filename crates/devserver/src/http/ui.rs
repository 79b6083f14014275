//! UI components for pages that show them: the HTML that loads a component, and the files that it loads.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ApiError, Call, host};
use crate::ui::{Bundle, global_name};

/// What a segment of a path need not have escaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Which component is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct UiMessage {
    /// Its name, as the file that `ui` names exports it.
    name: String,
}

/// `POST /ui/{graph_id}`: what a page puts into the shadow root in which it shows a component. The page replaces `{{shadowRootId}}`.
pub(super) async fn component(call: Call) -> Result<Response, ApiError> {
    call.authenticate().await?;
    let message: UiMessage = call.json()?;
    let graph = call.path_text("graph_id");
    let bundle = bundle(&call, graph).await?;
    let html = html(&call, graph, &bundle, &message.name);
    Ok(of_kind("text/html; charset=utf-8", html.into()))
}

/// `GET /ui/{graph_id}/{file}`
pub(super) async fn file(call: Call) -> Result<Response, ApiError> {
    let name = call.path_text("file");
    let bundle = bundle(&call, call.path_text("graph_id")).await?;
    let mut files = bundle.files.iter();
    let file = files
        .find(|file| file.name == name)
        .ok_or_else(|| ApiError::not_found(format!("There is no file '{name}'")))?;
    let kind = match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    };
    Ok(of_kind(kind, file.content.clone()))
}

async fn bundle(call: &Call, graph: &str) -> Result<std::sync::Arc<Bundle>, ApiError> {
    let found = call.app.ui.of(graph).await;
    found.map_err(ApiError::not_found)
}

/// A page on another host loads the files from where it has asked, by its own scheme; one of this machine by the server's.
fn html(call: &Call, graph: &str, bundle: &Bundle, name: &str) -> String {
    let config = call.app.engine.workers.config();
    let asked = call.headers.get(HOST).and_then(|host| host.to_str().ok());
    let own = call.app.url.split_once("://");
    let (_, authority) = own.unwrap_or_default();
    let scheme = call.peer.entrance.scheme();
    let authority = asked.unwrap_or_else(|| authority.split('/').next().unwrap_or_default());
    let scheme = if lgx_engine::loopback::is_loopback(host::name(authority)) {
        format!("{scheme}:")
    } else {
        String::new()
    };
    let folder = format!(
        "{scheme}//{authority}{}/ui/{}",
        config.http.mount_prefix,
        utf8_percent_encode(graph, SEGMENT)
    );
    let mut lines = Vec::new();
    for file in &bundle.files {
        let url = escaped(&format!("{folder}/{}", file.name));
        if is_a(&file.name, "css") {
            lines.push(format!(r#"<link rel="stylesheet" href="{url}" />"#));
        }
    }
    for file in &bundle.files {
        let url = escaped(&format!("{folder}/{}", file.name));
        if is_a(&file.name, "js") {
            let call = format!(
                r#"{}.render({}, "{{{{shadowRootId}}}}")"#,
                global_name(graph),
                serde_json::Value::from(name)
            );
            lines.push(format!(
                r#"<script src="{url}" onload="{}"></script>"#,
                escaped(&call)
            ));
        }
    }
    lines.join("\n")
}

/// Whether the bundler has named a file as one of this kind.
fn is_a(name: &str, kind: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| ending == kind)
}

/// Text in an attribute. Names come from the messages of graphs.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn of_kind(kind: &'static str, content: bytes::Bytes) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // The next save makes it another one.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}
