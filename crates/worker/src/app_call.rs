//! A request that the project's own app answers: the steps of the answer, and what the app asks of the server meanwhile.

use bytes::Bytes;
use lgx_model::RawJson;
use serde::Deserialize;

use crate::messages::app::AppQuestion;
use crate::stream::OfApp;
use crate::{
    Accepted, AnswerHead, AppRequest, BodyForm, CallError, CallbackError, Closed, Diagnostic,
    Incoming, Message, Method, ServedAnswer, ServedBody, ServedCall, StreamCall,
};

/// What comes next of an answer.
#[derive(Debug)]
pub enum AppStep {
    /// The app sees the request, and its body may be sent. Only of one whose body is streamed.
    Begun,
    /// The app wants something of the server before it goes on.
    Asked(Box<Asked>),
    /// The head of the answer, with the first piece of its body. With `over`, that is all of it.
    Head {
        /// Status and headers.
        head: AnswerHead,
        /// The first piece of the body; may be empty.
        piece: Bytes,
        /// Whether nothing follows.
        over: bool,
    },
    /// There will be no answer; this is the path of the route that was to give it.
    Routed(String),
    /// A piece of the body.
    Piece(Bytes),
    /// The body is over; nothing follows.
    End,
    /// The WebSocket is accepted.
    Accepted(Accepted),
    /// A text of the WebSocket.
    Text(String),
    /// The WebSocket is closed; nothing follows.
    Closed(Closed),
    /// There is no answer, or no rest of it; nothing follows.
    Failed(CallError),
}

/// What a worker asks for while its app answers a request.
pub enum Asked {
    /// Have the server's own routes answer.
    Serve {
        /// The request, as middleware has left it.
        request: AppRequest,
        /// Its body, if that is there already; else it streams.
        whole: Option<Bytes>,
        /// What the worker sends of the body.
        body: ServedBody,
        /// Where it is answered.
        answer: ServedAnswer,
    },
    /// Have the server's own `WebSocket` answer.
    ServeSocket {
        /// The handshake, as middleware has left it.
        request: AppRequest,
        /// What the worker passes on of the client: messages, and how it has closed.
        messages: ServedBody,
        /// Where it is accepted and answered.
        answer: ServedAnswer,
    },
    /// Who asks?
    Authenticate {
        /// The request, as middleware has left it.
        request: AppRequest,
        /// Whether one of the app's own routes is asked for.
        of_app: bool,
        /// Where it is answered.
        answer: UserAnswer,
    },
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Serve { .. } => "Serve",
            Self::ServeSocket { .. } => "ServeSocket",
            Self::Authenticate { .. } => "Authenticate",
        })
    }
}

impl Asked {
    pub(crate) fn new(question: AppQuestion, whole: Bytes, call: ServedCall) -> Self {
        let ServedCall { body, answer } = call;
        match question {
            AppQuestion::Serve {
                request,
                body: form,
                ..
            } => Self::Serve {
                request,
                whole: (form == BodyForm::Whole).then_some(whole),
                body,
                answer,
            },
            AppQuestion::ServeSocket { request, .. } => Self::ServeSocket {
                request,
                messages: body,
                answer,
            },
            AppQuestion::Authenticate {
                request, of_app, ..
            } => Self::Authenticate {
                request,
                of_app,
                answer: UserAnswer(answer),
            },
        }
    }
}

/// Where it is said who asks.
pub struct UserAnswer(ServedAnswer);

impl UserAnswer {
    /// This user; none where there is no auth, or the route is open to all.
    pub async fn is(self, user: Option<&RawJson>) {
        #[derive(serde::Serialize)]
        struct User<'a> {
            user: Option<&'a RawJson>,
        }
        // A worker that has ended needs no answer.
        let _ = self.0.reply(&User { user }, None).await;
    }

    /// Nobody who may ask.
    pub async fn refuse(self, refusal: &CallbackError) {
        self.0.fail(refusal).await;
    }
}

/// An answer in progress. Dropping it before its end tells the worker that the client has left.
pub struct AppAnswer {
    method: Method,
    call: StreamCall,
}

impl AppAnswer {
    pub(crate) const fn of(method: Method, call: StreamCall) -> Self {
        Self { method, call }
    }

    /// What comes next. Asking for it is what lets the app send more.
    pub async fn next(&mut self) -> AppStep {
        let step = match self.call.next_of_app().await {
            OfApp::Begun => return AppStep::Begun,
            OfApp::Asked(asked) => return AppStep::Asked(asked),
            OfApp::Incoming(Incoming::Data(data)) => step_of(data, false),
            OfApp::Incoming(Incoming::Answer(Ok(reply))) => step_of(reply, true),
            OfApp::Incoming(Incoming::Answer(Err(error))) => return AppStep::Failed(error),
        };
        step.unwrap_or_else(|error| {
            AppStep::Failed(CallError::Malformed {
                method: self.method,
                reason: error.to_string(),
            })
        })
    }
}

fn step_of(message: Message, over: bool) -> Result<AppStep, serde_json::Error> {
    /// Any of the metas; what is not there tells which it is.
    #[derive(Deserialize)]
    struct AnswerMeta {
        status: Option<u16>,
        #[serde(default)]
        headers: Vec<(String, String)>,
        accept: Option<Accepted>,
        close: Option<Closed>,
        text: Option<String>,
        route: Option<String>,
        diagnostic: Option<Box<Diagnostic>>,
    }
    // Most pieces say nothing beside their bytes.
    let piece = message.sections.into_iter().next();
    if &*message.meta == b"{}" {
        return Ok(match piece {
            Some(piece) => AppStep::Piece(piece),
            None if over => AppStep::End,
            None => AppStep::Piece(Bytes::new()),
        });
    }
    let meta: AnswerMeta = serde_json::from_slice(&message.meta)?;
    let piece = piece.unwrap_or_default();
    Ok(match meta {
        AnswerMeta {
            status: Some(status),
            headers,
            route,
            diagnostic,
            ..
        } => AppStep::Head {
            head: AnswerHead {
                status,
                headers,
                route,
                diagnostic,
            },
            piece,
            over,
        },
        AnswerMeta {
            accept: Some(accepted),
            ..
        } => AppStep::Accepted(accepted),
        AnswerMeta {
            close: Some(closed),
            ..
        } => AppStep::Closed(closed),
        AnswerMeta {
            text: Some(text), ..
        } => AppStep::Text(text),
        AnswerMeta {
            route: Some(route), ..
        } => AppStep::Routed(route),
        _ => AppStep::Piece(piece),
    })
}
