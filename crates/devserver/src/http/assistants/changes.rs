//! Assistants of users: create, change, delete, and go back to an earlier version.

use axum::response::Response;
use lgx_engine::runs::request::{ConfigBody, checkpoint};
use lgx_model::forms::given;
use lgx_model::thread::without_reserved;
use lgx_model::{Assistant, AssistantId, JsonObject, Timestamp};
use lgx_store::{Creation, WriteTime};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::registered;
use crate::auth::access;
use crate::http::call::{object, uuid};
use crate::http::threads::IfExists;
use crate::http::{ApiError, Call, reply};

/// The name of an assistant that was given none.
const UNTITLED: &str = "Untitled";

/// The body of `POST /assistants`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct AssistantCreate {
    /// The graph it runs.
    graph_id: String,
    /// The id to use; a fresh one when absent or empty.
    #[schemars(extend("format" = "uuid"))]
    assistant_id: Option<String>,
    /// Runnable configuration.
    config: Option<ConfigBody>,
    /// Static context of the graph.
    context: Option<JsonObject>,
    /// Metadata.
    metadata: Option<JsonObject>,
    /// What to do when the id is taken.
    if_exists: Option<IfExists>,
    /// Its name; `Untitled` when absent or empty.
    name: Option<String>,
    /// What it is for.
    #[serde_with(skip_apply)]
    #[serde(default)]
    #[schemars(extend("nullable" = true))]
    description: Option<String>,
}

/// `POST /assistants`
pub(in crate::http) async fn create(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<AssistantCreate>().and_then(|body| {
        let id = match body.assistant_id.as_deref() {
            None | Some("") => AssistantId::random(),
            Some(text) => uuid(text, "assistant")?,
        };
        Ok((id, body))
    });
    let ((id, mut body), grant) = call
        .authorize(read, access("assistants", "create"), |(id, body)| {
            json!({"assistant_id": id, "graph_id": body.graph_id, "config": config_of(body.config.clone()),
                   "context": body.context, "metadata": body.metadata.clone().unwrap_or_default(),
                   "name": name_of(body.name.as_deref())})
        })
        .await?;
    let lease = call.app.engine.workers.serving().await?;
    registered(lease.config(), &body.graph_id)?;
    let mut config = config_of(body.config.take());
    let mut context = body.context.take().unwrap_or_default();
    mirror(&mut config, &mut context)?;
    let now = Timestamp::now();
    let assistant = Assistant {
        assistant_id: id,
        graph_id: body.graph_id,
        config,
        context,
        metadata: without_reserved(grant.metadata()),
        name: name_of(body.name.as_deref()).to_owned(),
        created_at: now,
        updated_at: now,
        version: 1,
        description: body.description,
    };
    let created = call
        .store()
        .create_assistant(assistant, &grant.scope)
        .await?;
    match created {
        Creation::Created(assistant) => Ok(reply::json(&*assistant)),
        Creation::Existing(existing) if body.if_exists == Some(IfExists::DoNothing) => {
            Ok(reply::json(&*existing))
        }
        Creation::Existing(_) | Creation::Hidden => Err(ApiError::conflict(format!(
            "Assistant with ID {id} already exists"
        ))),
    }
}

fn config_of(body: Option<ConfigBody>) -> JsonObject {
    body.map(ConfigBody::into_object).unwrap_or_default()
}

fn name_of(given: Option<&str>) -> &str {
    given.filter(|name| !name.is_empty()).unwrap_or(UNTITLED)
}

/// The body of `PATCH /assistants/{assistant_id}`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(in crate::http) struct AssistantPatch {
    /// The graph it runs from now on.
    graph_id: Option<String>,
    /// Replaces the configuration, unless empty.
    config: Option<ConfigBody>,
    /// Replaces the context.
    context: Option<JsonObject>,
    /// Keys to set; others stay.
    metadata: Option<JsonObject>,
    /// Its name from now on.
    name: Option<String>,
    /// What it is for from now on.
    description: Option<String>,
}

/// `PATCH /assistants/{assistant_id}`
pub(in crate::http) async fn patch(call: Call) -> Result<Response, ApiError> {
    let read = call
        .assistant_id()
        .and_then(|id| Ok((id, call.json::<AssistantPatch>()?)));
    let ((id, mut body), grant) = call
        .authorize(read, access("assistants", "update"), |(id, body)| {
            json!({"assistant_id": id, "graph_id": body.graph_id, "config": config_of(body.config.clone()),
                   "context": body.context, "metadata": body.metadata.clone().unwrap_or_default(), "name": body.name})
        })
        .await?;
    if let Some(graph_id) = &body.graph_id {
        let lease = call.app.engine.workers.serving().await?;
        registered(lease.config(), graph_id)?;
    }
    let settings = Settings::read(config_of(body.config.take()), body.context.take())?;
    let metadata = without_reserved(grant.metadata());
    let change = |assistant: &mut Assistant| {
        settings.apply(assistant);
        assistant.metadata.extend(metadata);
        if let Some(graph_id) = body.graph_id {
            assistant.graph_id = graph_id;
        }
        if let Some(name) = body.name {
            assistant.name = name;
        }
        if body.description.is_some() {
            assistant.description = body.description;
        }
    };
    let changed = call
        .store()
        .change_assistant(id, &grant.scope, WriteTime::OnItsTurn, change)
        .await?;
    Ok(reply::json(&changed.ok_or_else(|| missing(id))?))
}

/// What a change says of the configuration and the context, which mirror each other.
#[derive(Debug)]
struct Settings {
    /// The whole configuration from now on; the present one stays when not given.
    config: Option<JsonObject>,
    /// The context from now on; the present one stays when not given.
    context: Option<JsonObject>,
}

impl Settings {
    fn read(mut config: JsonObject, context: Option<JsonObject>) -> Result<Self, ApiError> {
        let mut mirrored = context.clone().unwrap_or_default();
        if config.is_empty() {
            return Ok(Self {
                config: None,
                context,
            });
        }
        mirror(&mut config, &mut mirrored)?;
        Ok(Self {
            context: (context.is_some() || !mirrored.is_empty()).then_some(mirrored),
            config: Some(config),
        })
    }

    fn apply(self, assistant: &mut Assistant) {
        match (self.config, &self.context) {
            (Some(config), _) => assistant.config = config,
            (None, Some(context)) if !context.is_empty() => {
                assistant
                    .config
                    .insert("configurable".to_owned(), json!(context));
            }
            (None, _) => {}
        }
        if let Some(context) = self.context {
            assistant.context = context;
        }
    }
}

/// Makes `configurable` and the context one: whichever has something is copied to the other.
fn mirror(config: &mut JsonObject, context: &mut JsonObject) -> Result<(), ApiError> {
    let configurable = match config.get("configurable") {
        Some(Value::Object(configurable)) if !configurable.is_empty() => Some(configurable),
        _ => None,
    };
    match configurable {
        Some(_) if !context.is_empty() => Err(ApiError::bad_request(
            "An assistant takes either `context` or `config.configurable`, not both. Prefer `context`.",
        )),
        Some(configurable) => {
            context.clone_from(configurable);
            Ok(())
        }
        None if context.is_empty() => Ok(()),
        None => {
            let mut configurable = context.clone();
            configurable.retain(|key, _| !checkpoint::KEYS.contains(&key.as_str()));
            config.insert("configurable".to_owned(), configurable.into());
            Ok(())
        }
    }
}

/// `DELETE /assistants/{assistant_id}`
pub(in crate::http) async fn delete(call: Call) -> Result<Response, ApiError> {
    let id = call.checked(call.assistant_id()).await?;
    let asked = (
        access("assistants", "delete"),
        object(json!({"assistant_id": id})),
    );
    let (grant, threads) = if call.query_flag("delete_threads") {
        let of_assistant = object(json!({"thread_id": null, "metadata": {"assistant_id": id}}));
        let [grant, threads] = call
            .grants([asked, (access("threads", "delete"), of_assistant)])
            .await?;
        (grant, Some(threads.scope))
    } else {
        let [grant] = call.grants([asked]).await?;
        (grant, None)
    };
    let deleted = call
        .app
        .engine
        .threads
        .delete_assistant(id, &grant.scope, threads)
        .await?;
    if !deleted {
        return Err(missing(id));
    }
    Ok(reply::no_content())
}

/// 404 for an assistant that is not there or that the caller may not see.
pub(super) fn missing(id: AssistantId) -> ApiError {
    ApiError::not_found(format!("Assistant {id} not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> JsonObject {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is not an object"),
        }
    }

    fn mirrored(config: Value, context: Value) -> Result<(Value, Value), u16> {
        let (mut config, mut context) = (object(config), object(context));
        mirror(&mut config, &mut context)
            .map(|()| (json!(config), json!(context)))
            .map_err(|error| error.status.as_u16())
    }

    #[test]
    fn context_and_configurable_mirror_each_other() {
        let (one, configurable) = (json!({"a": 1}), json!({"configurable": {"a": 1}}));
        assert_eq!(mirrored(json!({}), json!({})), Ok((json!({}), json!({}))));
        assert_eq!(
            mirrored(json!({"tags": ["t"]}), one.clone()),
            Ok((
                json!({"tags": ["t"], "configurable": {"a": 1}}),
                one.clone()
            ))
        );
        assert_eq!(
            mirrored(configurable.clone(), json!({})),
            Ok((configurable.clone(), one.clone()))
        );
        assert_eq!(mirrored(configurable, one), Err(400));
    }

    fn patched(config: Value, context: Option<Value>) -> (Value, Value) {
        let mut assistant = Assistant {
            assistant_id: AssistantId::random(),
            graph_id: "agent".to_owned(),
            config: object(json!({"tags": ["old"], "configurable": {"old": 1}})),
            context: object(json!({"old": 1})),
            metadata: JsonObject::new(),
            name: String::new(),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            version: 1,
            description: None,
        };
        Settings::read(object(config), context.map(object))
            .unwrap()
            .apply(&mut assistant);
        (json!(assistant.config), json!(assistant.context))
    }

    #[test]
    fn a_change_of_one_keeps_what_it_does_not_mention() {
        let old = json!({"tags": ["old"], "configurable": {"old": 1}});
        for (config, context, expected) in [
            (json!({}), None, (old.clone(), json!({"old": 1}))),
            (json!({}), Some(json!({})), (old, json!({}))),
            (
                json!({}),
                Some(json!({"c": 1})),
                (
                    json!({"tags": ["old"], "configurable": {"c": 1}}),
                    json!({"c": 1}),
                ),
            ),
            (
                json!({"recursion_limit": 5}),
                None,
                (json!({"recursion_limit": 5}), json!({"old": 1})),
            ),
            (
                json!({"configurable": {"z": 9}}),
                Some(json!({})),
                (json!({"configurable": {"z": 9}}), json!({"z": 9})),
            ),
            (
                json!({"tags": ["new"]}),
                Some(json!({"c": 1})),
                (
                    json!({"tags": ["new"], "configurable": {"c": 1}}),
                    json!({"c": 1}),
                ),
            ),
        ] {
            assert_eq!(
                patched(config.clone(), context.clone()),
                expected,
                "{config} {context:?}"
            );
        }
    }
}
