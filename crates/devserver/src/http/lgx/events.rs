//! `GET /lgx/events`: what happens to the project as a whole, as server-sent events, for scripts.

use std::sync::Arc;

use axum::response::Response;
use lgx_engine::announcements::ring::{News, RingReader};
use lgx_engine::announcements::server_event::ServerEvent;
use serde_json::json;

use super::announced::{AnnouncedEvent, generation};
use super::visible_threads::VisibleThreads;
use crate::http::sse::{Chunks, Source, Then};
use crate::http::{ApiError, Call, sse};

/// `GET /lgx/events`
pub(super) async fn stream(call: Call) -> Result<Response, ApiError> {
    let after = call.checked(last_event_id(&call)).await?;
    call.authenticate().await?;
    let announcements = &call.app.engine.announcements;
    let last = announcements.events().last();
    let (after, is_of_another) = match after {
        Some(LastEvent { server, id }) if server == call.app.ids.server.to_string() => (id, false),
        Some(_) => (last, true),
        None => (last, false),
    };
    let reader = announcements.read_events(after);
    let stream = AnnouncedStream {
        begins: Some(is_of_another),
        call: Arc::new(call),
        reader,
        visible: VisibleThreads::default(),
    };
    Ok(sse::respond(stream, ()))
}

/// The last event that a client has seen: events are counted anew in each life of the server.
struct LastEvent {
    server: String,
    id: u64,
}

fn last_event_id(call: &Call) -> Result<Option<LastEvent>, ApiError> {
    let Some(text) = call.headers.get("last-event-id") else {
        return Ok(None);
    };
    let parts = text.to_str().ok().and_then(|text| text.rsplit_once('.'));
    let last = parts.and_then(|(server, id)| {
        Some(LastEvent {
            server: server.to_owned(),
            id: id.parse().ok()?,
        })
    });
    let wrong = || ApiError::invalid("Invalid last-event-id: use the id of an event");
    last.map(Some).ok_or_else(wrong)
}

struct AnnouncedStream {
    call: Arc<Call>,
    reader: RingReader<ServerEvent>,
    visible: VisibleThreads,
    /// Until the first event: whether the client comes from another life of the server.
    begins: Option<bool>,
}

impl Source for AnnouncedStream {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        if let Some(is_of_another) = self.begins.take() {
            self.hello(out, is_of_another);
            return Then::More;
        }
        match self.reader.next().await {
            News::Closed => Then::BreakOff,
            News::Missed => {
                write(out, "missed", "{}", None);
                Then::More
            }
            News::Told(events) => {
                for event in events {
                    if self.visible.hears_of(&self.call, &event.what).await {
                        self.event(out, &AnnouncedEvent::of(&event, &self.call.app));
                    }
                }
                Then::More
            }
        }
    }
}

impl AnnouncedStream {
    /// Says which server it is, and whether its client has missed anything for sure.
    fn hello(&self, out: &mut Chunks, is_of_another: bool) {
        let app = &self.call.app;
        let hello = json!({
            "server_id": app.ids.server,
            "project_id": app.ids.project,
            "version": app.options.engine.version,
            "generation": generation(app),
            "last": app.engine.announcements.events().last(),
        });
        write(out, "hello", &hello.to_string(), None);
        if is_of_another {
            write(out, "missed", "{}", None);
        }
    }

    fn event(&self, out: &mut Chunks, event: &AnnouncedEvent) {
        let id = format!("{}.{}", self.call.app.ids.server, event.id);
        // Made of texts, numbers and objects with text keys alone, which are JSON.
        let data = serde_json::to_string(event).unwrap_or_default();
        write(out, event.event.name(), &data, Some(&id));
    }
}

fn write(out: &mut Chunks, name: &str, data: &str, id: Option<&str>) {
    let buffer = out.buffer();
    buffer.extend_from_slice(format!("event: {name}\r\ndata: {data}\r\n").as_bytes());
    if let Some(id) = id {
        buffer.extend_from_slice(format!("id: {id}\r\n").as_bytes());
    }
    buffer.extend_from_slice(b"\r\n");
}
