//! The auth gate: who is calling, whether they may, and what they get to see. The only place that makes a `Scope`.

mod pass;
mod studio;

use std::sync::Arc;

use lgx_model::{JsonObject, RawJson};
use lgx_store::{Filter, Scope};
use lgx_worker::{AuthCall, AuthCheck, AuthCheckReply, AuthReply, AuthRequest, CallError, Message};
use serde_json::Value;

use crate::http::{ApiError, Call, readable};
use crate::workers::Lease;

pub(crate) use pass::RunPass;
pub(crate) use studio::Studio;

/// Who is calling.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// The user object the authenticate handler returned; none without auth. Never stored, never answered.
    pub user: Option<RawJson>,
    /// The user's identity, empty without auth.
    pub identity: String,
    /// The user's permissions.
    pub permissions: Vec<String>,
}

/// A request that may go on.
#[derive(Debug)]
pub(crate) struct Grant {
    /// Who is calling.
    pub caller: Caller,
    /// What of the resource the caller may see.
    pub scope: Scope,
    /// What the handler was shown, as the `@auth.on` handler left it.
    pub value: JsonObject,
}

impl Grant {
    /// The metadata in the value: what the client sent, with what the handler added.
    pub(crate) fn metadata(&self) -> JsonObject {
        match self.value.get("metadata") {
            Some(Value::Object(metadata)) => metadata.clone(),
            _ => JsonObject::new(),
        }
    }
}

/// What is to be done to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access {
    /// `threads`, `assistants`, …
    pub resource: &'static str,
    /// `create`, `read`, …
    pub action: &'static str,
}

/// Shorthand for an [`Access`].
pub(crate) const fn access(resource: &'static str, action: &'static str) -> Access {
    Access { resource, action }
}

/// Asks whether the caller may do this to `value`, in one round trip to the worker; no trip where no auth is configured.
///
/// # Errors
/// The refusal of the authenticate or `@auth.on` handler, with its status and headers.
pub(crate) async fn grant(
    call: &Call,
    access: Access,
    value: JsonObject,
) -> Result<Grant, ApiError> {
    let [grant] = grants(call, [(access, value)]).await?;
    Ok(grant)
}

/// Asks whether the caller may do all of these, in one round trip. The first refusal counts.
///
/// # Errors
/// See [`grant`].
pub(crate) async fn grants<const N: usize>(
    call: &Call,
    asked: [(Access, JsonObject); N],
) -> Result<[Grant; N], ApiError> {
    let checks = asked.iter().map(|(access, value)| AuthCheck {
        resource: access.resource.into(),
        action: access.action.into(),
        value: RawJson::of(value),
    });
    let Some(answer) = Gate::decide(call, checks.collect()).await? else {
        return Ok(asked.map(|(_, value)| Grant {
            caller: Caller::default(),
            scope: Scope::everything(),
            value,
        }));
    };
    let caller = caller(answer.user)?;
    let grants = asked
        .iter()
        .zip(answer.checks)
        .map(|((access, _), checked)| granted(*access, &caller, checked))
        .collect::<Result<Vec<_>, _>>()?;
    grants
        .try_into()
        .map_err(|_| ApiError::internal("the worker did not answer every auth check"))
}

/// What one answered check grants.
fn granted(access: Access, caller: &Caller, checked: AuthCheckReply) -> Result<Grant, ApiError> {
    let scope = match checked.filter {
        None => Scope::everything(),
        Some(filter) => Filter::parse(&Value::Object(filter))
            .map(Scope::filtered)
            .map_err(|error| {
                let mut refusal =
                    ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
                refusal.inside = Some(crate::http::Inside::Text(format!(
                    "the filter of the auth handler for {}.{}: {error}",
                    access.resource, access.action
                )));
                refusal
            })?,
    };
    let value = checked
        .value
        .parse()
        .map_err(|error| ApiError::internal(format!("the worker's auth answer: {error}")))?;
    Ok(Grant {
        caller: caller.clone(),
        scope,
        value,
    })
}

/// Only finds out who is calling, where nothing is to be checked (or the request is already known to be wrong).
///
/// # Errors
/// The refusal of the authenticate handler.
pub(crate) async fn authenticate(call: &Call) -> Result<Caller, ApiError> {
    match Gate::decide(call, Vec::new()).await? {
        Some(answer) => caller(answer.user),
        None => Ok(Caller::default()),
    }
}

/// What the server itself may see, for work that no request asked for.
pub(crate) const fn server_scope() -> Scope {
    Scope::everything()
}

/// The generation whose auth handlers decide about one request.
struct Gate {
    lease: Lease,
    disable_studio_auth: bool,
}

impl Gate {
    /// What the handlers say; none if the server has no auth. Waits until they are loaded. A worker that is blocked, or ends, does not
    /// get to it: then the next one is asked, under its own settings.
    async fn decide(call: &Call, checks: Vec<AuthCheck>) -> Result<Option<AuthReply>, ApiError> {
        if call.app.workers.config().auth.is_none() {
            return Ok(None);
        }
        let mut lease = call.app.workers.serving().await?;
        loop {
            let Some(gate) = Self::of(lease) else {
                return Ok(None);
            };
            match gate.ask(call, &checks).await {
                Err(CallError::Withdrawn) => lease = gate.lease.successor().await?,
                answered => {
                    return serde_json::from_slice(&answered?.meta)
                        .map(Some)
                        .map_err(|error| {
                            ApiError::internal(format!("the worker's auth answer: {error}"))
                        });
                }
            }
        }
    }

    /// The gate of this generation, if it has auth.
    fn of(lease: Lease) -> Option<Self> {
        // The generation that answers decides, also when it came up after the line above was read.
        let disable_studio_auth = lease
            .config()
            .auth
            .as_ref()
            .map(|auth| auth.disable_studio_auth);
        disable_studio_auth.map(|disable_studio_auth| Self {
            lease,
            disable_studio_auth,
        })
    }

    /// One round trip: authenticate, then check.
    async fn ask(&self, call: &Call, checks: &[AuthCheck]) -> Result<Message, CallError> {
        // A graph that asks the server which runs it is its run's user, whatever else its client says about itself.
        let acting = call
            .pass
            .as_ref()
            .and_then(|pass| call.app.runs.user_of(pass));
        let studio = acting.is_none() && Studio::of(call, self.disable_studio_auth) == Studio::Yes;
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut headers: Vec<(String, String)> = call
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().into(), text(value)))
            .collect();
        if !call.headers.contains_key("x-request-id") {
            headers.push(("x-request-id".into(), call.request_id.0.to_string()));
        }
        let request = AuthCall {
            authenticate: acting.is_none() && !studio,
            studio,
            user: acting,
            request: AuthRequest {
                method: call.method.as_str().into(),
                path: call.uri.path().into(),
                query: call.uri.query().unwrap_or_default().into(),
                headers,
                path_params: call
                    .path_params
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::String(value.clone())))
                    .collect(),
                client: Some((call.peer.ip().to_string(), call.peer.port())),
            },
            body: body_for_handler(call),
            checks: checks.to_vec(),
        };
        self.lease.worker().call("auth", &request).await
    }
}

/// The body as JSON where it is JSON, as handlers that ask for `body` expect.
fn body_for_handler(call: &Call) -> RawJson {
    // A body that cannot be read is refused after authentication; no parser on the way has to cope with it.
    if readable::check(&call.body).is_err() {
        return RawJson::null();
    }
    let text = std::str::from_utf8(&call.body).ok();
    text.and_then(|text| RawJson::from_text(text.to_owned()).ok())
        .unwrap_or_else(RawJson::null)
}

fn caller(user: RawJson) -> Result<Caller, ApiError> {
    #[derive(serde::Deserialize)]
    struct Known {
        #[serde(default)]
        identity: String,
        #[serde(default)]
        permissions: Vec<String>,
    }
    let known: Known = user
        .parse()
        .map_err(|error| ApiError::internal(format!("the worker's user object: {error}")))?;
    Ok(Caller {
        user: Some(user),
        identity: known.identity,
        permissions: known.permissions,
    })
}

/// Holds the users of runs that have not ended: handed to the worker, never written to disk.
#[derive(Debug, Default)]
pub(crate) struct RunUsers {
    users: std::sync::Mutex<std::collections::HashMap<lgx_model::RunId, RawJson>>,
}

impl RunUsers {
    /// Remembers who asked for a run.
    pub(crate) fn remember(self: &Arc<Self>, run_id: lgx_model::RunId, caller: &Caller) {
        if let Some(user) = &caller.user {
            self.lock().insert(run_id, user.clone());
        }
    }

    /// The user of a run: as remembered, else what the stored run tells after a restart of the server.
    pub(crate) fn of(&self, run: &lgx_model::Run) -> Option<RawJson> {
        if let Some(user) = self.lock().get(&run.run_id) {
            return Some(user.clone());
        }
        let configurable = run.kwargs.config.get("configurable")?;
        let identity = configurable
            .get("langgraph_auth_user_id")?
            .as_str()
            .filter(|identity| !identity.is_empty())?;
        Some(RawJson::of(&serde_json::json!({
            "identity": identity,
            "display_name": identity,
            "is_authenticated": true,
            "permissions": configurable.get("langgraph_auth_permissions"),
        })))
    }

    /// Forgets the user of a run that has ended.
    pub(crate) fn forget(&self, run_id: lgx_model::RunId) {
        self.lock().remove(&run_id);
    }

    fn lock(
        &self,
    ) -> std::sync::MutexGuard<'_, std::collections::HashMap<lgx_model::RunId, RawJson>> {
        self.users
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
