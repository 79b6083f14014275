//! A request as the auth gate sees it.

use lgx_model::RawJson;
use serde_json::Value;

use super::{Call, readable, studio};
use crate::auth::Asker;

impl Call {
    /// Who asks with this request; `known` is who it is, if that is known.
    pub(super) fn asker(&self, known: Option<RawJson>) -> Asker {
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().into(), text(value)))
            .collect();
        if !self.headers.contains_key("x-request-id") {
            headers.push(("x-request-id".into(), self.request_id.0.to_string()));
        }
        let path_params = self.path_params.iter();
        Asker {
            method: self.method.as_str().into(),
            path: self.uri.path().into(),
            query: self.uri.query().unwrap_or_default().into(),
            headers,
            path_params: path_params
                .map(|(name, value)| (name.clone(), Value::String(value.clone())))
                .collect(),
            peer: self.peer.client(),
            body: self.json_or_null(),
            pass: self.pass.clone(),
            known,
            is_studio: studio::is_studio(self),
        }
    }

    /// The body as JSON where it is JSON, as handlers that ask for `body` expect.
    fn json_or_null(&self) -> RawJson {
        // A body that cannot be read is refused after authentication; no parser on the way has to cope with it.
        if readable::check(&self.body).is_err() {
            return RawJson::null();
        }
        let text = std::str::from_utf8(&self.body).ok();
        text.and_then(|text| RawJson::from_text(text.to_owned()).ok())
            .unwrap_or_else(RawJson::null)
    }
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
