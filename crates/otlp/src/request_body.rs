//! Spans as the body of a request: in one of the two forms of the protocol, compressed if that is wanted.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use crate::attributes::Attributes;
use crate::conventions::{SCHEMA_URL, resource};
use crate::settings::{Form, Settings};

/// What of a name is whose.
const SCOPE: &str = "lgx";

/// Who sends spans.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    resource: Resource,
    scope: InstrumentationScope,
    form: Form,
    compresses: bool,
}

impl Sender {
    /// The sender that the settings describe, of this version.
    pub(crate) fn of(settings: &Settings, version: &str) -> Self {
        let mut said = Attributes::default();
        for (name, value) in &settings.resource {
            said.text(name, value);
        }
        said.text(resource::SDK_NAME, SCOPE);
        said.text(resource::SDK_LANGUAGE, "rust");
        said.text(resource::SDK_VERSION, version);
        Self {
            resource: Resource {
                attributes: said.done(),
                ..Resource::default()
            },
            scope: InstrumentationScope {
                name: SCOPE.to_owned(),
                version: version.to_owned(),
                ..InstrumentationScope::default()
            },
            form: settings.form,
            compresses: settings.compresses,
        }
    }

    /// The body of a request that sends these.
    pub(crate) fn body(&self, spans: Vec<Span>) -> Bytes {
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(self.resource.clone()),
                scope_spans: vec![ScopeSpans {
                    scope: Some(self.scope.clone()),
                    spans,
                    schema_url: SCHEMA_URL.to_owned(),
                }],
                schema_url: SCHEMA_URL.to_owned(),
            }],
        };
        let body = match self.form {
            Form::Protobuf => request.encode_to_vec(),
            // Its messages have no map whose key is not text, and nothing else that JSON cannot be.
            Form::Json => serde_json::to_vec(&request).unwrap_or_default(),
        };
        if self.compresses {
            gzip(&body).into()
        } else {
            body.into()
        }
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}
