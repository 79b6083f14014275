//! A client of the Agent Server API, for the commands that talk to a graph.

pub(crate) mod events;

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use self::events::EventStream;
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
    http: Client<HttpConnector, Full<Bytes>>,
    url: String,
    headers: HeaderMap,
}

impl AgentClient {
    /// A client that sends these headers, or says that it is the developer where there are none.
    pub(crate) fn new(url: &str, headers: &[(HeaderName, HeaderValue)]) -> Result<Self, Advised> {
        let is_plain = url.parse::<Uri>().is_ok_and(|uri| {
            uri.scheme_str() == Some("http") && uri.host().is_some() && uri.query().is_none()
        });
        if !is_plain {
            return Err(Advised::new(
                format!("`{url}` is not the address of a server"),
                "give one such as http://127.0.0.1:2024",
            ));
        }
        let mut sent: HeaderMap = headers.iter().cloned().collect();
        if sent.is_empty() {
            let (name, value) = AS_STUDIO;
            sent.insert(name, HeaderValue::from_static(value));
        }
        sent.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTING));
        connector.set_nodelay(true);
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
    fn a_server_has_an_address_that_is_spoken_to_in_the_clear() {
        for url in [
            "https://a.example",
            "localhost:2024",
            "ftp://x",
            "",
            "http://",
            "http://a/?b",
        ] {
            let error = AgentClient::new(url, &[]).unwrap_err();
            assert!(error.to_string().contains(url), "{error}");
        }
        let client = AgentClient::new("http://127.0.0.1:2024/api/", &[]).unwrap();
        assert_eq!(client.url, "http://127.0.0.1:2024/api");
    }

    #[test]
    fn without_headers_it_says_that_it_is_the_developer_and_with_some_it_is_who_they_say() {
        let url = "http://127.0.0.1:1";
        let sent = |headers: &[_]| AgentClient::new(url, headers).unwrap().headers;
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
