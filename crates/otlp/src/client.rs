//! Posts spans to a receiver, once, and understands what it answers.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::Value;

use crate::settings::{Form, Settings};

/// How much of an answer is read.
const MOST_OF_ANSWER: usize = 64 * 1024;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It was taken, all but so many spans, for this reason.
    Taken { rejected: usize, reason: String },
    /// It may be taken later, not before the pause that the receiver asks for.
    Passing {
        reason: String,
        pause: Option<Duration>,
    },
    /// It will not be.
    Lasting { reason: String },
}

/// Posts to one receiver.
pub(crate) struct Client {
    http: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
    headers: HeaderMap,
    form: Form,
    timeout: Duration,
}

impl Client {
    /// A client for the receiver that the settings name.
    pub(crate) fn new(settings: &Settings, version: &str) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        if let Ok(agent) = HeaderValue::try_from(format!("lgx/{version}")) {
            headers.insert(USER_AGENT, agent);
        }
        headers.extend(settings.headers.iter().cloned());
        let kind = match settings.form {
            Form::Protobuf => "application/x-protobuf",
            Form::Json => "application/json",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if settings.compresses {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| error.to_string())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            http: HyperClient::builder(TokioExecutor::new()).build(connector),
            url: settings.url.clone(),
            headers,
            form: settings.form,
            timeout: settings.timeout,
        })
    }

    /// Posts `body` once.
    pub(crate) async fn post(&self, body: Bytes) -> Delivery {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.headers.clone();
        let answered = tokio::time::timeout(self.timeout, async {
            match self.http.request(request).await {
                Ok(response) => self.understand(response).await,
                Err(error) => Delivery::Passing {
                    reason: with_causes(&error),
                    pause: None,
                },
            }
        });
        answered.await.unwrap_or_else(|_| Delivery::Passing {
            reason: format!("no answer within {} ms", self.timeout.as_millis()),
            pause: None,
        })
    }

    async fn understand(&self, response: Response<Incoming>) -> Delivery {
        let status = response.status();
        let pause = response.headers().get(RETRY_AFTER).and_then(seconds);
        // Read to its end, so that the connection serves the next request too.
        let body = Limited::new(response.into_body(), MOST_OF_ANSWER);
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        let reason = format!("it answered {status}");
        match status.as_u16() {
            200..=299 => self.taken(&body.unwrap_or_default()),
            429 | 502 | 503 | 504 => Delivery::Passing { reason, pause },
            _ => Delivery::Lasting { reason },
        }
    }

    fn taken(&self, body: &[u8]) -> Delivery {
        let (rejected, reason) = match self.form {
            Form::Protobuf => rejected_in_protobuf(body),
            Form::Json => rejected_in_json(body),
        }
        .unwrap_or_default();
        Delivery::Taken {
            rejected: usize::try_from(rejected).unwrap_or(0),
            reason,
        }
    }
}

/// How many spans were refused, and why, if any were.
fn rejected_in_protobuf(answer: &[u8]) -> Option<(i64, String)> {
    let answer = ExportTraceServiceResponse::decode(answer).ok()?;
    let partial = answer.partial_success?;
    Some((partial.rejected_spans, partial.error_message))
}

/// The same. Numbers of 64 bits are texts in the JSON of Protobuf, and not everybody keeps to that.
fn rejected_in_json(answer: &[u8]) -> Option<(i64, String)> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let partial = answer.get("partialSuccess")?;
    let rejected = partial.get("rejectedSpans")?;
    let of_text = || rejected.as_str()?.parse().ok();
    let reason = partial.get("errorMessage").and_then(Value::as_str);
    Some((
        rejected.as_i64().or_else(of_text)?,
        reason.unwrap_or_default().to_owned(),
    ))
}

/// `Retry-After` in seconds. Dates are left alone: clocks differ.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What went wrong. The request, and so its headers, is no part of it.
fn with_causes(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}
