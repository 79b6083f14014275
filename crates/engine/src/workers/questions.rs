//! Questions that the project's code asks the person at the terminal, on their way there and back.

use std::sync::Arc;

use lgx_worker::{Answer, CallbackError, CallbackReply};
use tokio::sync::oneshot;

use crate::notice::Observer;
use crate::question::Question;
use crate::runs::registry::Live;

/// Asks, and waits for the answer until the run is told to stop.
pub(super) fn ask(
    observer: &Arc<dyn Observer>,
    run: Option<Arc<Live>>,
    prompt: String,
    debugger: bool,
) -> Answer {
    let (answer, typed) = oneshot::channel();
    observer.ask(Question {
        run_id: run.as_ref().map(|live| live.run_id.to_string()),
        prompt,
        debugger,
        answer,
    });
    let waiting = Waiting {
        typed,
        _withdrawal: Withdrawal(Arc::clone(observer)),
    };
    Box::pin(async move {
        // Whole: only its receiver would be moved in here otherwise, and the withdrawal told at once.
        let mut waiting = waiting;
        let told_to_stop = async {
            match &run {
                Some(live) => live.told_to_stop.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = told_to_stop => Err(CallbackError::cancelled()),
            typed = &mut waiting.typed => typed
                .map(|typed| CallbackReply::Typed { typed })
                .map_err(|_| CallbackError::no_terminal()),
        }
    })
}

/// Somebody waits; the fields are dropped in this order, so that the question is closed when its withdrawal is told.
struct Waiting {
    typed: oneshot::Receiver<String>,
    _withdrawal: Withdrawal,
}

/// Tells, when it is dropped, that a question may have become idle.
struct Withdrawal(Arc<dyn Observer>);

impl Drop for Withdrawal {
    fn drop(&mut self) {
        self.0.questions_closed();
    }
}
