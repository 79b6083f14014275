//! The connection on which hints go: it is made again whenever it breaks off.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::{AsyncMessage, Client};
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::batch::{self, CHANNEL};
use super::hearing::{Hearing, ToDo};
use crate::instances::Hint;
use crate::postgres::connections::{Connector, Line};
use crate::{Result, StoreError, Unavailable};

/// How long lies between two batches at least: what is committed meanwhile is told together.
const PACE: Duration = Duration::from_millis(10);
/// How long a statement takes at most, before the connection counts as broken off.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// The pause before a connection is tried again that could not be made; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// No pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Keeps a connection until `stopping`.
pub(super) async fn keep(inner: Arc<Inner>, connector: Connector, stopping: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(connected) = stopping.run_until_cancelled(connector.line()).await else {
            return;
        };
        let ended = match connected {
            Ok((client, line)) => converse(&inner, &client, line, &stopping).await,
            Err(error) => Err(error),
        };
        if inner.is_deaf() {
            pause = FIRST_PAUSE;
        }
        match ended {
            Ok(()) => return,
            Err(error) => tracing::debug!("hints are not heard: {error}"),
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// Tells and hears until `stopping`, or until the connection breaks off.
async fn converse(
    inner: &Inner,
    client: &Client,
    line: Line,
    stopping: &CancellationToken,
) -> Result<()> {
    let (own, answers) = watch::channel(0);
    tokio::select! {
        ended = hear(inner, line, &own) => ended,
        ended = tell(inner, client, answers, stopping) => ended,
    }
}

/// Passes on what others tell, and notes what was told here, until the connection breaks off.
async fn hear(inner: &Inner, mut line: Line, own: &watch::Sender<u64>) -> Result<()> {
    loop {
        match poll_fn(|context| line.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(notification))) => {
                match batch::read(notification.payload()) {
                    Some(batch) if batch.sender == inner.sender => {
                        own.send_replace(batch.number);
                    }
                    Some(batch) => inner.hear(batch.hints),
                    None => {}
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => return Err(broken_off("it was closed")),
        }
    }
}

/// Tells what there is to tell, and sees to it that this is heard.
async fn tell(
    inner: &Inner,
    client: &Client,
    mut answers: watch::Receiver<u64>,
    stopping: &CancellationToken,
) -> Result<()> {
    listen(client).await?;
    let mut hearing = Hearing::new();
    let mut number = 0;
    let mut earliest = Instant::now();
    loop {
        let hints = tokio::select! {
            hints = inner.outbox.take(earliest) => hints,
            Ok(()) = answers.changed() => {
                hearing.heard(*answers.borrow_and_update());
                inner.hears_now();
                continue;
            }
            () = sleep_until(hearing.due(Instant::now())) => {
                if hearing.act() == ToDo::ListenAnew {
                    inner.is_deaf();
                    listen(client).await?;
                }
                BTreeSet::new()
            }
            () = stopping.cancelled() => {
                let last = inner.outbox.take_now();
                if last.is_empty() {
                    return Ok(());
                }
                return send(inner, client, number + 1, last).await;
            }
        };
        number += 1;
        earliest = Instant::now() + PACE;
        hearing.told(number, Instant::now());
        send(inner, client, number, hints).await?;
    }
}

/// Sends hints. Those that may not have been sent are sent on the next connection.
async fn send(inner: &Inner, client: &Client, number: u64, hints: BTreeSet<Hint>) -> Result<()> {
    let statement = batch::statement(inner.sender, number, &hints);
    let sent = done(client, &statement).await;
    if sent.is_err() {
        inner.outbox.put(hints);
    }
    sent
}

async fn listen(client: &Client) -> Result<()> {
    done(client, &format!("LISTEN {CHANNEL}")).await
}

async fn done(client: &Client, statement: &str) -> Result<()> {
    match timeout(ANSWERED_WITHIN, client.batch_execute(statement)).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(broken_off("it did not answer in time")),
    }
}

fn broken_off(why: &str) -> StoreError {
    Unavailable::Unreachable(why.to_owned()).into()
}
