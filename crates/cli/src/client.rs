//! A client of the Agent Server API, for the commands that talk to a graph.

pub(crate) mod events;
pub(crate) mod trust;

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use self::events::EventStream;
use self::trust::Trust;
use crate::ui::error::Advised;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(10);
/// No answer but a stream is longer.
const MOST: usize = 256 * 1024 * 1024;
/// How the developer comes in where the project has auth: as Studio does, which servers allow on the machine they run on.
const AS_STUDIO: (&str, &str) = ("x-auth-scheme", "langsmith");

/// Why a request got no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// There was no answer, or not the whole of it.
    #[error("the server at {url} does not answer: {why}")]
    Unanswered {
        /// Where it was.
        url: String,
        /// Why not.
        why: String,
    },
    /// The answer was no.
    #[error("{detail}")]
    Refused {
        /// What kind of no.
        status: u16,
        /// Why, in the words of the server.
        detail: String,
    },
}

/// A client of one server.
#[derive(Debug)]
pub(crate) struct AgentClient {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    headers: HeaderMap,
}

impl AgentClient {
    /// A client that sends these headers, or says that it is the developer where there are none.
    pub(crate) fn new(
        url: &str,
        headers: &[(HeaderName, HeaderValue)],
        trust: &Trust,
    ) -> Result<Self, Advised> {
        let parsed = url.parse::<Uri>().ok();
        let parsed = parsed.filter(|uri| uri.host().is_some() && uri.query().is_none());
        let scheme = parsed.as_ref().and_then(Uri::scheme_str);
        let tls = match scheme {
            Some("http") => Trust::Nobody.client(),
            Some("https") => trust.client(),
            _ => {
                return Err(Advised::new(
                    format!("`{url}` is not the address of a server"),
                    "give one such as http://127.0.0.1:2024",
                ));
            }
        };
        let tls = tls.map_err(|error| {
            let help = "give the address of a server in the clear";
            Advised::new(format!("HTTPS cannot be spoken: {error}"), help)
        })?;
        let mut sent: HeaderMap = headers.iter().cloned().collect();
        if sent.is_empty() {
            let (name, value) = AS_STUDIO;
            sent.insert(name, HeaderValue::from_static(value));
        }
        sent.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTING));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            url: url.trim_end_matches('/').to_owned(),
            headers: sent,
        })
    }

    /// What is there.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, RequestError> {
        let url = format!("{}{path}", self.url);
        let answer = self.answer(Method::GET, &url, None).await?;
        self.json(answer).await
    }

    /// What is at a path that begins at the root of the server, whatever the API is mounted behind.
    pub(crate) async fn get_from_root(&self, path: &str) -> Result<Value, RequestError> {
        let origin = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[origin..].find('/');
        let origin = &self.url[..end.map_or(self.url.len(), |end| origin + end)];
        let answer = self
            .answer(Method::GET, &format!("{origin}{path}"), None)
            .await?;
        self.json(answer).await
    }

    /// The answer to a body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, RequestError> {
        let url = format!("{}{path}", self.url);
        let answer = self.answer(Method::POST, &url, Some(body)).await?;
        self.json(answer).await
    }

    /// The stream that answers a body.
    pub(crate) async fn stream(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<EventStream, RequestError> {
        let url = format!("{}{path}", self.url);
        let answer = self.answer(Method::POST, &url, Some(body)).await?;
        Ok(EventStream::of(answer.into_body()))
    }

    async fn answer(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, RequestError> {
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().map_err(|error| self.unanswered(&error))?;
        *request.headers_mut() = self.headers.clone();
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|error| self.unanswered(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let said = self.whole(answer).await?;
        Err(RequestError::Refused {
            status: status.as_u16(),
            detail: detail_of(status, &said),
        })
    }

    async fn json(&self, answer: Response<Incoming>) -> Result<Value, RequestError> {
        let said = self.whole(answer).await?;
        if said.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&said).map_err(|error| self.unanswered(&error))
    }

    async fn whole(&self, answer: Response<Incoming>) -> Result<Bytes, RequestError> {
        let body = Limited::new(answer.into_body(), MOST).collect().await;
        let unanswered = |error: Box<dyn std::error::Error + Send + Sync>| self.unanswered(&*error);
        Ok(body.map_err(unanswered)?.to_bytes())
    }

    fn unanswered(&self, error: &(dyn std::error::Error + 'static)) -> RequestError {
        // What says most is at the end of the chain: that nobody listens there.
        let mut cause = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        RequestError::Unanswered {
            url: self.url.clone(),
            why: cause.to_string(),
        }
    }
}

/// Why, in the words of the server.
fn detail_of(status: StatusCode, said: &[u8]) -> String {
    let detail = serde_json::from_slice::<Value>(said).ok().and_then(|said| {
        let detail = said.get("detail").or_else(|| said.get("message"))?;
        Some(
            detail
                .as_str()
                .map_or_else(|| detail.to_string(), str::to_owned),
        )
    });
    detail.unwrap_or_else(|| format!("the server answers {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_an_address() {
        for url in ["localhost:2024", "ftp://x", "", "http://", "http://a/?b"] {
            let error = AgentClient::new(url, &[], &Trust::Nobody).unwrap_err();
            assert!(error.to_string().contains(url), "{error}");
        }
        for url in ["http://127.0.0.1:2024/api/", "https://a.example/api"] {
            let client = AgentClient::new(url, &[], &Trust::Nobody).unwrap();
            assert_eq!(client.url, url.trim_end_matches('/'));
        }
    }

    #[test]
    fn without_headers_it_says_that_it_is_the_developer_and_with_some_it_is_who_they_say() {
        let url = "http://127.0.0.1:1";
        let sent = |headers: &[_]| {
            let client = AgentClient::new(url, headers, &Trust::Nobody);
            client.unwrap().headers
        };
        assert_eq!(sent(&[])["x-auth-scheme"], "langsmith");

        let name = HeaderName::from_static("authorization");
        let sent = sent(&[(name, HeaderValue::from_static("Bearer a"))]);
        assert_eq!(sent["authorization"], "Bearer a");
        assert!(!sent.contains_key("x-auth-scheme"));
    }

    #[test]
    fn a_refusal_has_the_words_of_the_server() {
        let of = |said: &str| detail_of(StatusCode::NOT_FOUND, said.as_bytes());
        assert_eq!(of(r#"{"detail":"Thread not found"}"#), "Thread not found");
        assert_eq!(of(r#"{"detail":[{"loc":1}]}"#), r#"[{"loc":1}]"#);
        assert_eq!(of("<html>"), "the server answers 404 Not Found");
    }
}
