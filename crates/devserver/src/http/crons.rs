//! Crons over HTTP: create, get, search, count, change, delete. The scheduler is told of what it has to look at.

mod body;
pub(super) mod change;

use axum::response::Response;
use lgx_model::{AssistantId, Cron, CronId, JsonObject, MultitaskStrategy, ThreadId, Timestamp};
use lgx_store::Scope;
use lgx_store::crons::StoredCron;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::found_thread::no_thread;

pub(super) use self::body::{CronCount, CronCreate, CronPatch, CronSearch};
use self::change::Timing;
use super::call::{object, uuid};
use super::{ApiError, Call, reply};
use crate::auth::{Grant, access};

fn missing(id: CronId) -> ApiError {
    ApiError::not_found(format!("Cron '{id}' not found"))
}

/// The cron the path names; 422 when it is not a UUID.
fn cron_id(call: &Call) -> Result<CronId, ApiError> {
    uuid(call.path_text("cron_id"), "cron")
}

/// A request for a cron, with its body as it was sent.
struct Wanted {
    thread_id: Option<ThreadId>,
    body: CronCreate,
    payload: JsonObject,
}

/// `POST /runs/crons`
pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    let wanted = wanted(&call, Ok(None));
    insert(&call, wanted).await
}

/// `POST /threads/{thread_id}/runs/crons`
pub(super) async fn create_on_thread(call: Call) -> Result<Response, ApiError> {
    let wanted = wanted(&call, call.thread_id().map(Some));
    insert(&call, wanted).await
}

fn wanted(call: &Call, thread_id: Result<Option<ThreadId>, ApiError>) -> Result<Wanted, ApiError> {
    let thread_id = thread_id?;
    let body: CronCreate = call.json()?;
    if let (Some(_), Some(strategy)) = (thread_id, &body.multitask_strategy) {
        MultitaskStrategy::deserialize(strategy).map_err(|error| {
            ApiError::invalid(format!("{error}\n\nOn instance: multitask_strategy"))
        })?;
    }
    Ok(Wanted {
        thread_id,
        body,
        payload: call.json()?,
    })
}

async fn insert(call: &Call, wanted: Result<Wanted, ApiError>) -> Result<Response, ApiError> {
    let wanted = call.checked(wanted).await?;
    let (cron_id, thread_id) = (CronId::fresh(), wanted.thread_id);
    let (body, mut payload) = (wanted.body, wanted.payload);
    let named = super::assistants::named(call, &body.assistant_id);
    if let Some(assistant_id) = named {
        payload.insert("assistant_id".into(), json!(assistant_id));
    }
    change::name_cron(&mut payload, cron_id);
    let value = object(json!({
        "payload": payload, "schedule": body.schedule, "cron_id": cron_id, "thread_id": thread_id, "user_id": null,
        "end_time": body.end_time, "metadata": body.metadata.clone().unwrap_or_default(),
    }));
    let create = access("crons", "create");
    let (grant, threads) = match thread_id {
        None => {
            let grant = call.grant(create, value).await?;
            let scope = grant.scope.clone();
            (grant, scope)
        }
        Some(thread_id) => {
            let thread = object(json!({"thread_id": thread_id, "metadata": {}}));
            let [grant, read] = call
                .grants([(create, value), (access("threads", "read"), thread)])
                .await?;
            (grant, read.scope)
        }
    };
    let metadata = grant.metadata();
    payload = as_left(&grant, payload)?;
    if payload.contains_key("metadata") || !metadata.is_empty() {
        payload.insert("metadata".into(), metadata.clone().into());
    }
    call.allow_webhook(body.webhook.as_deref())?;
    let assistant_id = existing(call, named, &body.assistant_id, &grant.scope).await?;
    let now = Timestamp::now();
    let timing = Timing::of(
        &body.schedule,
        body.timezone.as_deref(),
        body.end_time.as_deref(),
    )?;
    let stored = StoredCron {
        cron: Cron {
            cron_id,
            assistant_id,
            thread_id,
            user_id: grant.caller.identity,
            end_time: body.end_time,
            schedule: body.schedule,
            timezone: body.timezone,
            payload,
            next_run_date: timing.next(now)?,
            metadata,
            on_run_completed: match thread_id {
                None => Some(body.on_run_completed.unwrap_or_default()),
                Some(_) => None,
            },
            enabled: body.enabled.unwrap_or(true),
            created_at: now,
            updated_at: now,
        },
        ends_at: timing.ends_at,
        permissions: grant.caller.permissions,
    };
    let cron = stored.cron.clone();
    let created = call.store().create_cron(stored, &threads).await?;
    if let (false, Some(thread_id)) = (created, thread_id) {
        return Err(no_thread(thread_id));
    }
    call.app.engine.crons.changed();
    Ok(reply::json(&cron))
}

/// What runs get, as the handler left it: nobody is asked any more when they start.
fn as_left(grant: &Grant, payload: JsonObject) -> Result<JsonObject, ApiError> {
    match grant.value.get("payload") {
        None => Ok(payload),
        Some(Value::Object(left)) => Ok(left.clone()),
        Some(_) => Err(ApiError::internal(
            "the auth handler left a cron whose `payload` is no object",
        )),
    }
}

/// The assistant, if it is there and the caller may run it.
async fn existing(
    call: &Call,
    named: Option<AssistantId>,
    text: &str,
    scope: &Scope,
) -> Result<AssistantId, ApiError> {
    let unknown = || ApiError::not_found(format!("Assistant '{text}' not found"));
    let assistant_id = named.ok_or_else(unknown)?;
    // Default assistants are in place once the graphs are loaded.
    call.app.engine.workers.serving().await?;
    let found = call
        .store()
        .get_runnable_assistant(assistant_id, scope)
        .await?;
    found.map(|_| assistant_id).ok_or_else(unknown)
}

/// `GET /runs/crons/{cron_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let (id, grant) = call
        .authorize(
            cron_id(&call),
            access("crons", "read"),
            |id| json!({"cron_id": id}),
        )
        .await?;
    let found = call.store().get_cron(id, &grant.scope).await?;
    Ok(reply::json(&found.ok_or_else(|| missing(id))?.cron))
}

/// `PATCH /runs/crons/{cron_id}`
pub(super) async fn patch(call: Call) -> Result<Response, ApiError> {
    let read = cron_id(&call).and_then(|id| {
        let body: CronPatch = call.json()?;
        let fields: JsonObject = call.json()?;
        if fields.is_empty() {
            return Err(ApiError::bad_request("Request body cannot be empty"));
        }
        call.allow_webhook(body.webhook.as_deref())?;
        Ok((id, body, fields))
    });
    let ((id, body, fields), grant) = call
        .authorize(read, access("crons", "update"), |(id, body, fields)| {
            json!({"cron_id": id, "schedule": body.schedule, "end_time": body.end_time.text(), "enabled": body.enabled,
                   "on_run_completed": body.on_run_completed, "payload": fields,
                   "metadata": body.metadata.clone().unwrap_or_default()})
        })
        .await?;
    // What is wrong in itself is told also where there is no cron.
    Timing::of(
        body.schedule.as_deref().unwrap_or("* * * * *"),
        body.timezone.as_deref(),
        body.end_time.text(),
    )?;
    let metadata = grant.metadata();
    let fields = as_left(&grant, fields)?;
    let change = move |stored: &mut StoredCron| {
        change::apply(stored, body, fields, metadata, Timestamp::now())
    };
    let changed = call.store().change_cron(id, &grant.scope, change).await?;
    let changed = changed.ok_or_else(|| missing(id))??;
    call.app.engine.crons.changed();
    Ok(reply::json(&changed))
}

/// `DELETE /runs/crons/{cron_id}`
pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    let (id, grant) = call
        .authorize(
            cron_id(&call),
            access("crons", "delete"),
            |id| json!({"cron_id": id}),
        )
        .await?;
    if call.store().delete_cron(id, &grant.scope).await? {
        Ok(reply::no_content())
    } else {
        Err(missing(id))
    }
}

/// Asks both handlers that a search concerns. Gives the metadata to search for and what the caller may see: of the crons,
/// and of the threads that they are on.
async fn searching<T>(
    call: &Call,
    read: Result<T, ApiError>,
    value: impl FnOnce(&T) -> Value,
) -> Result<(T, JsonObject, [Scope; 2]), ApiError> {
    let read = call.checked(read).await?;
    let value = object(value(&read));
    let [crons, threads] = call
        .grants([
            (access("crons", "search"), value),
            (access("threads", "search"), JsonObject::new()),
        ])
        .await?;
    Ok((read, crons.metadata(), [crons.scope, threads.scope]))
}

/// `POST /runs/crons/search`
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<CronSearch>().and_then(|body| {
        let query = body.query()?;
        Ok((body, query))
    });
    let ((body, mut query), metadata, [scope, threads]) =
        searching(&call, read, |(body, query)| {
            json!({"assistant_id": query.assistant_id, "thread_id": query.thread_id, "metadata": query.metadata,
                   "limit": body.limit.map_or(10, |limit| limit.0), "offset": body.offset.map_or(0, |offset| offset.0)})
        })
        .await?;
    query.metadata = metadata;
    let page = super::body::page(body.limit, body.offset);
    let select = super::body::selected(body.select);
    query.fields = select.iter().flatten().cloned().collect();
    let rows = call
        .store()
        .search_crons(query, page, &scope, &threads)
        .await?;
    Ok(reply::page(&rows, page, select.as_deref()))
}

/// `POST /runs/crons/count`
pub(super) async fn count(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<CronCount>().and_then(|body| body.query());
    let (mut query, metadata, [scope, threads]) = searching(&call, read, |query| {
        json!({"assistant_id": query.assistant_id, "thread_id": query.thread_id, "metadata": query.metadata, "limit": 0,
               "offset": 0})
    })
    .await?;
    query.metadata = metadata;
    let count = call.store().count_crons(query, &scope, &threads).await?;
    Ok(reply::json(&count))
}
