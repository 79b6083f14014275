//! `GET /lgx/socket`: the one WebSocket of a page, over which it hears of everything that happens.
//!
//! Browsers cannot set headers on a socket, so who it is comes in the first frame, and is asked of the project's auth as the headers of a
//! request are. A page that reads too slowly hears that it missed something; one that does not read at all is cut off as any client is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::future::select_all;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use lgx_engine::announcements::log_ring::LoggedLine;
use lgx_engine::announcements::ring::{News, RingReader};
use lgx_engine::announcements::server_event::ServerEvent;
use lgx_engine::events::thread_reader::WatchEnd;
use lgx_model::ThreadId;

use super::announced::{AnnouncedEvent, generation};
use super::frames::{ClientFrame, ClientHello, EventFrame, ServerFrame, Topic};
use super::log_line::LogLineView;
use super::thread_topic::{Happened, NextOfThread, ThreadTopic};
use super::visible_threads::{VisibleThreads, scope, sees_project};
use crate::app::App;
use crate::http::events::event_socket::{EventSocket, Gone, Heard};
use crate::http::found_thread::no_thread;
use crate::http::streams::OpenStream;
use crate::http::{ApiError, Call};

/// How long the first frame may take.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How many bytes a frame of the page may have: headers, and little else.
const MOST_FRAME: usize = 64 * 1024;
/// How many threads a page may hear of at once.
const MOST_THREADS: usize = 32;
/// What a hello cannot say, because the connection has said it: where it comes from and where it goes.
const OF_THE_CONNECTION: [&str; 4] = ["host", "origin", "connection", "upgrade"];

/// To be upgraded.
pub(super) async fn upgrade(State(app): State<Arc<App>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &app).await;
    let open = parts.extensions.remove::<OpenStream>();
    let call = match Call::from_request(Request::from_parts(parts, body), &app).await {
        Ok(call) => call,
        Err(refusal) => return refusal,
    };
    match upgrade {
        Ok(upgrade) => upgrade
            .max_message_size(MOST_FRAME)
            .max_frame_size(MOST_FRAME)
            .read_buffer_size(8 * 1024)
            .on_upgrade(async move |mut socket| {
                let _open = open;
                // Whatever ends it, the page sees the connection close.
                let _ = greet(call, &mut socket).await;
            }),
        Err(_) => ApiError::new(
            StatusCode::UPGRADE_REQUIRED,
            "This is a WebSocket: connect with a client for one, or get /lgx/events.",
        )
        .into_response(),
    }
}

/// Waits for the first frame, lets the page in, and serves it.
async fn greet(mut call: Call, socket: &mut WebSocket) -> Result<(), Gone> {
    let hello = match tokio::time::timeout(HELLO_WITHIN, first_frame(socket)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(refusal)) => return turn_away(socket, refusal).await,
        Err(_) => {
            let late = "no hello came within ten seconds";
            return socket.close(close_code::POLICY, late).await;
        }
    };
    if let Err(refusal) = identify(&mut call, &hello) {
        return turn_away(socket, refusal).await;
    }
    // The developer is let in before the code is loaded that could say who others are.
    if !sees_project(&call)
        && let Err(refusal) = call.authenticate().await
    {
        return turn_away(socket, refusal).await;
    }
    let app = &call.app;
    let last = app.engine.announcements.events().last();
    let server_id = app.ids.server.to_string();
    let seen = hello
        .after
        .filter(|_| hello.server_id.as_ref() == Some(&server_id));
    let greeting = ServerFrame::Hello {
        server_id,
        project_id: app.ids.project.to_string(),
        version: app.options.engine.version,
        generation: generation(app),
        last,
    };
    socket.say(greeting.text()).await?;
    let session = PageSession {
        sees_project: sees_project(&call),
        call,
        seen,
        visible: VisibleThreads::default(),
        server: None,
        logs: None,
        threads: HashMap::new(),
    };
    session.run(socket).await
}

async fn first_frame(socket: &mut WebSocket) -> Result<ClientHello, ApiError> {
    loop {
        return match socket.hear().await {
            Heard::Nothing => continue,
            Heard::Command(text) => match parse(&text)? {
                ClientFrame::Hello(hello) => Ok(hello),
                _ => Err(ApiError::bad_request("The first frame has to be a hello.")),
            },
            Heard::TooMuch | Heard::End => Err(ApiError::invalid("A frame has 64 KiB at most.")),
        };
    }
}

fn parse(text: &[u8]) -> Result<ClientFrame, ApiError> {
    serde_json::from_slice(text).map_err(|error| {
        ApiError::invalid(format!("This is no frame that the server knows: {error}"))
    })
}

/// Takes the headers of a hello for those of the request that opened the connection.
fn identify(call: &mut Call, hello: &ClientHello) -> Result<(), ApiError> {
    for (name, value) in &hello.headers {
        let wrong = || ApiError::invalid(format!("`{name}` is no header, or its value is none."));
        let header = HeaderName::try_from(name).map_err(|_| wrong())?;
        let value = HeaderValue::try_from(value).map_err(|_| wrong())?;
        if !OF_THE_CONNECTION.contains(&header.as_str()) {
            call.headers.insert(header, value);
        }
    }
    Ok(())
}

/// Says why the page is not let in.
async fn turn_away(socket: &mut WebSocket, refusal: ApiError) -> Result<(), Gone> {
    socket.say(refused(None, refusal).text()).await?;
    socket.close(close_code::POLICY, "not let in").await
}

fn refused(topic: Option<Topic>, refusal: ApiError) -> ServerFrame {
    ServerFrame::Refused {
        topic,
        status: refusal.status.as_u16(),
        detail: refusal.detail,
    }
}

/// One page that was let in.
struct PageSession {
    /// The request that opened it, with the headers of the hello.
    call: Call,
    /// Whether it hears of what belongs to no thread in particular.
    sees_project: bool,
    /// The last event of the topic `server` that it has seen, until it subscribes.
    seen: Option<u64>,
    visible: VisibleThreads,
    server: Option<RingReader<ServerEvent>>,
    logs: Option<RingReader<LoggedLine>>,
    threads: HashMap<ThreadId, ThreadTopic>,
}

/// What came next.
enum Next {
    Heard(Heard),
    Server(News<ServerEvent>),
    Logs(News<LoggedLine>),
    Thread(ThreadId, NextOfThread),
}

impl PageSession {
    async fn run(mut self, socket: &mut WebSocket) -> Result<(), Gone> {
        loop {
            match self.next(socket).await {
                Next::Heard(Heard::Command(text)) => self.command(socket, &text).await?,
                Next::Heard(Heard::Nothing) => {}
                Next::Heard(Heard::TooMuch) => {
                    return socket
                        .close(close_code::SIZE, "a frame has 64 KiB at most")
                        .await;
                }
                Next::Heard(Heard::End) => return Err(Gone),
                Next::Server(News::Closed) | Next::Logs(News::Closed) => {
                    return go_away(socket).await;
                }
                Next::Server(News::Missed) => missed(socket, Topic::Server).await?,
                Next::Logs(News::Missed) => missed(socket, Topic::Logs).await?,
                Next::Server(News::Told(events)) => {
                    for event in events {
                        if self.visible.hears_of(&self.call, &event.what).await {
                            let event = AnnouncedEvent::of(&event, &self.call.app);
                            say(socket, ServerFrame::Event(EventFrame::Server(event))).await?;
                        }
                    }
                }
                Next::Logs(News::Told(lines)) => {
                    for line in lines {
                        let line = LogLineView::of(&line);
                        if self.hears(&line).await {
                            let (id, line) = (line.line.id, line);
                            say(socket, ServerFrame::Event(EventFrame::Logs { id, line })).await?;
                        }
                    }
                }
                Next::Thread(thread_id, next) => self.thread(socket, thread_id, next).await?,
            }
        }
    }

    /// Nothing is lost of what does not come first.
    async fn next(&mut self, socket: &mut WebSocket) -> Next {
        let threads = self.threads.iter_mut().map(|(thread_id, topic)| {
            Box::pin(async { Next::Thread(*thread_id, topic.next().await) })
        });
        let threads: Vec<_> = threads.collect();
        let thread = async {
            if threads.is_empty() {
                std::future::pending().await
            } else {
                select_all(threads).await.0
            }
        };
        let closing = self.call.app.engine.announcements.closed();
        tokio::select! {
            heard = socket.hear() => Next::Heard(heard),
            news = read(&mut self.server) => Next::Server(news),
            news = read(&mut self.logs) => Next::Logs(news),
            next = thread => next,
            () = closing => Next::Server(News::Closed),
        }
    }

    async fn command(&mut self, socket: &mut WebSocket, text: &[u8]) -> Result<(), Gone> {
        match parse(text) {
            Ok(ClientFrame::Subscribe { topic, after }) => {
                match self.subscribe(topic, after.as_deref()).await {
                    Ok(is_whole) => {
                        say(socket, ServerFrame::Subscribed { topic }).await?;
                        if is_whole {
                            Ok(())
                        } else {
                            missed(socket, topic).await
                        }
                    }
                    Err(refusal) => say(socket, refused(Some(topic), refusal)).await,
                }
            }
            Ok(ClientFrame::Unsubscribe { topic }) => {
                self.unsubscribe(topic);
                Ok(())
            }
            Ok(ClientFrame::Hello(_)) => {
                let again = "A hello was said already; connect again to be somebody else.";
                say(socket, refused(None, ApiError::bad_request(again))).await
            }
            Err(refusal) => say(socket, refused(None, refusal)).await,
        }
    }

    /// Says whether everything is kept that happened after the event of this id.
    async fn subscribe(&mut self, topic: Topic, after: Option<&str>) -> Result<bool, ApiError> {
        let announcements = &self.call.app.engine.announcements;
        let number = || {
            let number = after.map(str::parse::<u64>);
            number.transpose().map_err(|_| {
                ApiError::invalid(format!(
                    "Invalid `after`: the ids of the topic {topic} are numbers"
                ))
            })
        };
        match topic {
            Topic::Server => {
                let last = announcements.events().last();
                let after = number()?.or(self.seen.take()).unwrap_or(last);
                self.server = Some(announcements.read_events(after));
            }
            Topic::Logs => {
                let last = announcements.logs().ring().last();
                let after = number()?.unwrap_or(last);
                self.logs = Some(announcements.read_logs(after));
            }
            Topic::Thread(thread_id) => {
                if self.threads.len() >= MOST_THREADS && !self.threads.contains_key(&thread_id) {
                    return Err(ApiError::new(
                        StatusCode::TOO_MANY_REQUESTS,
                        format!(
                            "A page hears of {MOST_THREADS} threads at most; unsubscribe from some."
                        ),
                    ));
                }
                let scope = scope(&self.call, thread_id).await?;
                if scope.may_hide() && !self.call.store().thread_exists(thread_id, &scope).await? {
                    return Err(no_thread(thread_id));
                }
                let opened = ThreadTopic::open(&self.call, thread_id, scope, after).await;
                let (topic, is_whole) = opened?;
                self.threads.insert(thread_id, topic);
                return Ok(is_whole);
            }
        }
        Ok(true)
    }

    fn unsubscribe(&mut self, topic: Topic) {
        match topic {
            Topic::Server => self.server = None,
            Topic::Logs => self.logs = None,
            Topic::Thread(thread_id) => {
                self.threads.remove(&thread_id);
            }
        }
    }

    /// Sends what came of a thread.
    async fn thread(
        &mut self,
        socket: &mut WebSocket,
        thread_id: ThreadId,
        next: NextOfThread,
    ) -> Result<(), Gone> {
        let topic = Topic::Thread(thread_id);
        let Some(thread) = self.threads.get(&thread_id) else {
            return Ok(());
        };
        match thread.told(next).await {
            Happened::Frames(frames) => {
                for frame in frames {
                    socket.say(frame).await?;
                }
                Ok(())
            }
            Happened::Missed => missed(socket, topic).await,
            Happened::Ended(WatchEnd::Gone) => {
                self.threads.remove(&thread_id);
                say(socket, refused(Some(topic), no_thread(thread_id))).await
            }
            Happened::Ended(WatchEnd::CutOff) => {
                go_away(socket).await?;
                Err(Gone)
            }
        }
    }

    /// Whether the page is to hear of a line.
    async fn hears(&mut self, line: &LogLineView) -> bool {
        match line.thread_id {
            Some(thread_id) => self.visible.sees(&self.call, thread_id).await,
            None => self.sees_project,
        }
    }
}

async fn read<T>(reader: &mut Option<RingReader<T>>) -> News<T> {
    match reader {
        Some(reader) => reader.next().await,
        None => std::future::pending().await,
    }
}

async fn say(socket: &mut WebSocket, frame: ServerFrame) -> Result<(), Gone> {
    socket.say(frame.text()).await
}

async fn missed(socket: &mut WebSocket, topic: Topic) -> Result<(), Gone> {
    say(socket, ServerFrame::Missed { topic }).await
}

/// Pages connect again.
async fn go_away(socket: &mut WebSocket) -> Result<(), Gone> {
    let reason = "the server cannot go on with this connection";
    socket.close(close_code::RESTART, reason).await
}
