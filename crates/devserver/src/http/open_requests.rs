//! The requests that the project's app answers at the moment: what it asks the server meanwhile, it asks as whoever sent the request.
//!
//! Each of them has a pass, which is told to the worker with the request and to nobody else; a client of the SDK without a URL sends
//! it along. Who asks is found out when it matters: the gate is asked with the request as it came, once, unless it has been asked
//! before on the way. When the request is over, so is its pass: a task that outlives it asks as nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::Request;
use lgx_model::RawJson;
use lgx_worker::Secret;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::call::KnownUser;
use super::pass::RequestPass;
use super::{ApiError, Call};
use crate::app::App;

/// All of them.
#[derive(Default)]
pub(crate) struct OpenRequests {
    table: Mutex<Table>,
    /// Counts them.
    open: TaskTracker,
}

#[derive(Default)]
struct Table {
    last: u64,
    entries: HashMap<u64, Entry>,
}

/// One of them while it is open.
struct Entry {
    secret: Secret,
    request: Arc<OpenRequest>,
    _counted: TaskTrackerToken,
}

/// One of them.
pub(crate) struct OpenRequest {
    /// As it came, without its body.
    request: Request<()>,
    /// Who asks, if the gate was asked on the request's way.
    known: Arc<OnceLock<KnownUser>>,
    /// Who asks, if it was not.
    asked: OnceCell<Option<RawJson>>,
}

impl OpenRequests {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This one is about to be answered. `known` will hold who asks, if that is found out on its way.
    pub(crate) fn open(
        &self,
        request: Request<()>,
        known: Arc<OnceLock<KnownUser>>,
    ) -> (u64, Secret) {
        let secret = Secret::fresh();
        let open = Arc::new(OpenRequest {
            request,
            known,
            asked: OnceCell::new(),
        });
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        let entry = Entry {
            secret: secret.clone(),
            request: open,
            _counted: self.open.token(),
        };
        table.entries.insert(number, entry);
        (number, secret)
    }

    /// This one is over.
    pub(crate) fn close(&self, number: u64) {
        self.table().entries.remove(&number);
    }

    /// The request that this pass belongs to, if it is one and the request is not over.
    pub(crate) fn of(&self, pass: &RequestPass) -> Option<Arc<OpenRequest>> {
        let table = self.table();
        let entry = table.entries.get(&pass.number)?;
        let is_its = entry.secret.is(&pass.secret);
        is_its.then(|| Arc::clone(&entry.request))
    }

    /// Resolves when none is open.
    pub(crate) async fn answered(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

impl OpenRequest {
    /// Who has sent it; none where there is no auth.
    ///
    /// # Errors
    /// The refusal, if whoever sent it may not come in.
    pub(crate) async fn user(&self, app: &Arc<App>) -> Result<Option<RawJson>, ApiError> {
        if let Some(KnownUser(user)) = self.known.get() {
            return Ok(user.clone());
        }
        let ask = || async {
            let call = Call::without_body(self.request.clone(), app);
            Ok::<_, ApiError>(call.authenticate().await?.user)
        };
        // It may itself have been asked by an app that answers a request, and so on.
        let user = Box::pin(self.asked.get_or_try_init(ask)).await?;
        Ok(user.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_good_for_its_own_request_until_that_is_over() {
        let requests = OpenRequests::default();
        let open = || requests.open(Request::new(()), Arc::default());
        let ((one, secret), (other, _)) = (open(), open());
        let text = serde_json::to_value(&secret).unwrap();
        let text = text.as_str().unwrap();
        let known = |number, secret: &str| {
            let secret = secret.to_owned();
            requests.of(&RequestPass { number, secret }).is_some()
        };
        assert!(known(one, text));
        for (number, guess) in [(other, text), (7, text), (one, ""), (one, &text[1..])] {
            assert!(!known(number, guess), "{number} {guess}");
        }
        requests.close(one);
        assert!(!known(one, text));
    }
}
