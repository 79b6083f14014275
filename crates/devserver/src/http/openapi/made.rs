//! The schemas as they are made of the types: a field may be left out of a request and still be in every answer.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::nulls::WithoutNull;
use super::schemas;
use crate::http::json_rpc::JsonRpcRefusal;
use crate::http::route::Route;

/// What `schemas.json` has to say of these endpoints.
pub(super) fn made(routes: &[Route]) -> Value {
    let settings = || {
        SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into())
    };
    let mut requests = settings().with_transform(WithoutNull).into_generator();
    let mut answers = settings().for_serialize().into_generator();
    let [mut taken, mut given] = [Map::new(), Map::new()];
    for route in routes {
        if let Some(body) = route.body {
            taken.insert(schemas::name(route), json!(body(&mut requests)));
        }
        if let Some(gives) = route.gives {
            given.insert(schemas::name(route), json!(gives(&mut answers)));
        }
    }
    let refusal = answers.subschema_for::<JsonRpcRefusal>();
    json!({
        "requests": taken,
        "answers": given,
        "refusal": refusal,
        "definitions": definitions(requests, answers),
    })
}

/// Those of both, which do not share a name for different things.
fn definitions(mut requests: SchemaGenerator, mut answers: SchemaGenerator) -> Map<String, Value> {
    let mut definitions = requests.take_definitions(true);
    for (name, schema) in answers.take_definitions(true) {
        let other = definitions.insert(name.clone(), schema.clone());
        assert!(other.is_none_or(|other| other == schema), "{name}");
    }
    definitions
}
