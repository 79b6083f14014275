//! The auth gate: who is asking, whether they may, and what they get to see. The only place that makes a `Scope`, as it alone
//! has the store's `Authority`.
//!
//! The gate knows no HTTP. Whoever wants to know makes an [`Asker`] of what there is: a request, a cron, a message of another protocol.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use lgx_engine::caller::{Caller, RunPass};
use lgx_engine::runs::Runs;
use lgx_engine::workers::{MOST_DEATHS, Part, Unavailable, Workers};
use lgx_model::{JsonObject, RawJson};
use lgx_store::{Authority, Filter, FilterError, Scope};
use lgx_worker::{AuthCall, AuthCheck, AuthCheckReply, AuthReply, AuthRequest, CallError, Method};
use serde_json::Value;

/// Who asks, and how: what the project's handlers may see of it.
pub(crate) struct Asker {
    /// The method of the request.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The query, without its question mark; may be empty.
    pub query: String,
    /// The headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// What the placeholders of the route matched.
    pub path_params: JsonObject,
    /// The other end of the connection, where there is one.
    pub peer: Option<SocketAddr>,
    /// The body, null where it is no JSON.
    pub body: RawJson,
    /// The run on whose behalf it claims to ask.
    pub pass: Option<RunPass>,
    /// Who it is, if the gate has found out before: nobody is asked twice who they are.
    pub known: Option<RawJson>,
    /// Whether it is the local Studio, which is let in without the authenticate handler unless that is disabled.
    pub is_studio: bool,
}

/// Why somebody is not let on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// There is no worker to ask.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A handler refuses, or could not be asked.
    #[error(transparent)]
    Handler(#[from] CallError),
    /// The filter that a handler returned means nothing.
    #[error("the filter of the auth handler for {resource}.{action}: {why}")]
    Filter {
        /// What was to be done.
        action: &'static str,
        /// To what.
        resource: &'static str,
        /// What is wrong with it.
        why: FilterError,
    },
    /// The worker answered something else than was asked.
    #[error("the worker's auth answer: {0}")]
    Answer(String),
    /// The project has lost its auth, without which this server lets nobody in.
    #[error("the project has no auth any more, without which this server lets nobody in")]
    NoAuth,
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

/// The project's auth.
pub(crate) struct Gate {
    workers: Arc<Workers>,
    runs: Arc<Runs>,
    authority: Authority,
    /// Whether a project without auth is closed to everybody, and not open to them.
    needs_auth: bool,
}

impl Gate {
    /// The gate before what these workers load.
    pub(crate) const fn new(
        workers: Arc<Workers>,
        runs: Arc<Runs>,
        authority: Authority,
        needs_auth: bool,
    ) -> Self {
        Self {
            workers,
            runs,
            authority,
            needs_auth,
        }
    }

    /// Asks whether `asker` may do all of these, in one round trip to the worker; no trip where no auth is configured. The first
    /// refusal counts. The asker is made only where there are handlers to show it to.
    ///
    /// # Errors
    /// The refusal of the authenticate or an `@auth.on` handler.
    pub(crate) async fn grants<const N: usize>(
        &self,
        asker: impl FnOnce() -> Asker,
        questions: [(Access, JsonObject); N],
    ) -> Result<[Grant; N], Refusal> {
        let checks = || {
            let checks = questions
                .iter()
                .map(|(access, value)| check(*access, value));
            Ok::<_, Refusal>(checks.collect())
        };
        let Some(answer) = self.decide(asker, checks).await? else {
            return Ok(questions.map(|(_, value)| self.granted_to_all(value)));
        };
        let caller = caller(answer.user)?;
        let grants = questions
            .iter()
            .zip(answer.checks)
            .map(|((access, _), checked)| self.granted(*access, &caller, checked))
            .collect::<Result<Vec<_>, _>>()?;
        grants.try_into().map_err(|_| not_every_check())
    }

    /// The same for any number of things whose values are made only where there are handlers to show them to; where there are none, the
    /// grants have no values.
    ///
    /// # Errors
    /// As [`Gate::grants`], and that of `values`.
    pub(crate) async fn grants_of<E: From<Refusal>>(
        &self,
        asker: impl FnOnce() -> Asker,
        accesses: &[Access],
        values: impl FnOnce() -> Result<Vec<JsonObject>, E>,
    ) -> Result<Vec<Grant>, E> {
        let checks = || -> Result<Vec<AuthCheck>, E> {
            let values: Vec<JsonObject> = values()?;
            let checks = accesses.iter().zip(&values);
            Ok(checks
                .map(|(access, value)| check(*access, value))
                .collect())
        };
        let Some(answer) = self.decide(asker, checks).await? else {
            let to_all = accesses
                .iter()
                .map(|_| self.granted_to_all(JsonObject::new()));
            return Ok(to_all.collect());
        };
        if answer.checks.len() != accesses.len() {
            return Err(not_every_check().into());
        }
        let caller = caller(answer.user)?;
        let grants: Result<Vec<Grant>, Refusal> = accesses
            .iter()
            .zip(answer.checks)
            .map(|(access, checked)| self.granted(*access, &caller, checked))
            .collect();
        Ok(grants?)
    }

    /// What the person sees who started the server: everything. No request may be given this.
    pub(crate) const fn owner(&self) -> Scope {
        self.authority.everything()
    }

    /// What everybody is granted where there is no auth.
    fn granted_to_all(&self, value: JsonObject) -> Grant {
        Grant {
            caller: Caller::default(),
            scope: self.authority.everything(),
            value,
        }
    }

    /// What one answered check grants.
    fn granted(
        &self,
        access: Access,
        caller: &Caller,
        checked: AuthCheckReply,
    ) -> Result<Grant, Refusal> {
        let scope = match checked.filter {
            None => self.authority.everything(),
            Some(filter) => Filter::parse(&Value::Object(filter))
                .map(|filter| self.authority.filtered(filter))
                .map_err(|why| Refusal::Filter {
                    action: access.action,
                    resource: access.resource,
                    why,
                })?,
        };
        let value = checked
            .value
            .parse()
            .map_err(|error| Refusal::Answer(error.to_string()))?;
        Ok(Grant {
            caller: caller.clone(),
            scope,
            value,
        })
    }

    /// Only finds out who asks, where nothing is to be checked (or the request is already known to be wrong).
    ///
    /// # Errors
    /// The refusal of the authenticate handler.
    pub(crate) async fn authenticate(
        &self,
        asker: impl FnOnce() -> Asker,
    ) -> Result<Caller, Refusal> {
        match self.decide(asker, || Ok::<_, Refusal>(Vec::new())).await? {
            Some(answer) => caller(answer.user),
            None => Ok(Caller::default()),
        }
    }

    /// What the handlers say; none if the server has no auth. Waits until they are loaded. A worker that is blocked does not get to it, and
    /// one that ends may not have either: then the next one is asked, under its own settings.
    async fn decide<E: From<Refusal>>(
        &self,
        asker: impl FnOnce() -> Asker,
        checks: impl FnOnce() -> Result<Vec<AuthCheck>, E>,
    ) -> Result<Option<AuthReply>, E> {
        if self.workers.config().auth.is_none() {
            return Ok(self.without_auth()?);
        }
        self.ask_handlers(asker(), checks()?).await.map_err(E::from)
    }

    /// What there is to ask where the project has no auth: nothing, or nobody is let in.
    const fn without_auth(&self) -> Result<Option<AuthReply>, Refusal> {
        if self.needs_auth {
            return Err(Refusal::NoAuth);
        }
        Ok(None)
    }

    async fn ask_handlers(
        &self,
        asker: Asker,
        checks: Vec<AuthCheck>,
    ) -> Result<Option<AuthReply>, Refusal> {
        let mut lease = self.workers.serving().await?;
        let mut call = AuthCall {
            authenticate: false,
            studio: false,
            user: None,
            request: AuthRequest {
                method: asker.method,
                path: asker.path,
                query: asker.query,
                headers: asker.headers,
                path_params: asker.path_params,
                client: asker.peer.map(|peer| (peer.ip().to_string(), peer.port())),
            },
            body: asker.body,
            checks,
        };
        // Handlers only decide, so they may be asked again.
        let mut may_outlive = MOST_DEATHS;
        loop {
            // The generation that answers decides, also when it came up after the configuration was looked at above.
            let Some(auth) = &lease.config().auth else {
                return self.without_auth();
            };
            // A graph that asks the server which runs it is its run's user, whatever else its client says about itself, for as long
            // as the run executes.
            let pass = asker.pass.as_ref();
            let of_pass = || pass.and_then(|pass| self.runs.user_of(pass));
            call.user = asker.known.clone().or_else(of_pass);
            call.studio = call.user.is_none() && asker.is_studio && !auth.disable_studio_auth;
            call.authenticate = call.user.is_none() && !call.studio;
            let cache = auth.cache.as_ref().filter(|_| call.authenticate);
            let place = cache.and_then(|rule| {
                let AuthRequest { headers, query, .. } = &call.request;
                Some((rule, lease.kept_users().key(rule, headers, query)?))
            });
            if let Some((_, key)) = place
                && let Some(user) = lease.kept_users().get(key, Instant::now())
            {
                if call.checks.is_empty() {
                    let checks = Vec::new();
                    return Ok(Some(AuthReply { user, checks }));
                }
                call.authenticate = false;
                call.user = Some(user);
            }
            match lease.worker_of(Part::Auth).call(Method::Auth, &call).await {
                Err(CallError::Withdrawn) => lease = lease.successor().await?,
                Err(CallError::Died(_)) if may_outlive > 0 => {
                    may_outlive -= 1;
                    lease = lease.successor().await?;
                }
                answered => {
                    let reply: AuthReply = serde_json::from_slice(&answered?.meta)
                        .map_err(|error| Refusal::Answer(error.to_string()))?;
                    if let Some((rule, key)) = place.filter(|_| call.authenticate) {
                        let user = reply.user.clone();
                        lease.kept_users().keep(rule, key, user, Instant::now());
                    }
                    return Ok(Some(reply));
                }
            }
        }
    }
}

fn check(access: Access, value: &JsonObject) -> AuthCheck {
    AuthCheck {
        resource: access.resource.into(),
        action: access.action.into(),
        value: RawJson::of(value),
    }
}

fn not_every_check() -> Refusal {
    Refusal::Answer("not every check was answered".into())
}

fn caller(user: RawJson) -> Result<Caller, Refusal> {
    #[derive(serde::Deserialize)]
    struct Known {
        #[serde(default)]
        identity: String,
        #[serde(default)]
        permissions: Vec<String>,
    }
    let known: Known = user
        .parse()
        .map_err(|error| Refusal::Answer(format!("its user object: {error}")))?;
    Ok(Caller {
        user: Some(user),
        identity: known.identity,
        permissions: known.permissions,
    })
}
