//! The SQL of the events of resumable runs: kept for clients that come back, in the order they happened on their thread.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use lgx_model::{RunId, ThreadId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::Result;
use crate::events::{Append, Change, StoredEvent, ThreadEvents};
use crate::instances::Hint;
use crate::pending::Pending;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{any_text, id, value};
use crate::postgres::{Parameter, Postgres, Session, runs, threads};

/// What a list of changes comes to: what is trimmed of what was there before, what is there then, and the last marks.
struct Outcome<'a, D> {
    trimmed: HashMap<ThreadId, (i64, u32)>,
    appended: Vec<(ThreadId, &'a Append<D>)>,
    marks: HashMap<ThreadId, u64>,
}

impl<'a, D> Outcome<'a, D> {
    fn of(changes: &'a [(ThreadId, Change<D>)]) -> Self {
        let mut outcome = Self {
            trimmed: HashMap::new(),
            appended: Vec::new(),
            marks: HashMap::new(),
        };
        for (thread_id, change) in changes {
            match change {
                Change::Append(event) => outcome.appended.push((*thread_id, event)),
                Change::Trim { millis, serial } => outcome.trim(*thread_id, (*millis, *serial)),
                Change::Mark(seq) => {
                    outcome.marks.insert(*thread_id, *seq);
                }
            }
        }
        outcome
    }

    fn trim(&mut self, thread_id: ThreadId, last: (i64, u32)) {
        self.appended.retain(|(of_thread, event)| {
            *of_thread != thread_id || (event.millis, event.serial) > last
        });
        let trimmed = self.trimmed.entry(thread_id).or_insert(last);
        *trimmed = last.max(*trimmed);
    }
}

/// The threads of changes, each once.
fn threads_of<D>(changes: &[(ThreadId, Change<D>)]) -> BTreeSet<ThreadId> {
    changes.iter().map(|(thread_id, _)| *thread_id).collect()
}

impl Postgres {
    /// Applies changes in their order, as soon as the database can be reached: what clients have seen is there when they come back for it.
    pub(crate) fn enqueue_events<D: AsRef<[u8]> + Send + Sync + 'static>(
        self: &Arc<Self>,
        changes: Vec<(ThreadId, Change<D>)>,
    ) -> Pending<()> {
        let postgres = Arc::clone(self);
        self.in_turn(threads_of(&changes), async move {
            let (postgres, changes) = (&*postgres, &*changes);
            let attempt = |again: bool| async move {
                let session = postgres.begin().await?;
                // All of them were, or none.
                if again {
                    // What is still under way of the first try is waited for.
                    threads::lock_all(&session, threads_of(changes)).await?;
                }
                if !again || !any_is_there(&session, changes).await? {
                    apply(&session, changes, postgres.me()).await?;
                }
                session.commit(()).await
            };
            postgres.when_reached(attempt).await
        })
    }
}

/// Whether any event of these is stored.
async fn any_is_there<D: Sync>(
    session: &Session,
    changes: &[(ThreadId, Change<D>)],
) -> Result<bool> {
    let sql = "SELECT 1 FROM events JOIN unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS new (thread_id, millis, serial)
         USING (thread_id, millis, serial) LIMIT 1";
    let appended = Outcome::of(changes).appended;
    let threads: Vec<_> = appended.iter().map(|(id, _)| id.uuid()).collect();
    let millis: Vec<_> = appended.iter().map(|(_, event)| event.millis).collect();
    let serials = appended.iter().map(|(_, event)| i64::from(event.serial));
    let serials: Vec<_> = serials.collect();
    session.exists(sql, &[&threads, &millis, &serials]).await
}

/// Applies changes in their order; events of threads and runs that are not there any more are passed over. One statement does all of it:
/// it locks the threads, then looks which of the runs are still there, and under which claim. The thread's home alone changes them.
async fn apply<D: AsRef<[u8]> + Sync>(
    session: &Session,
    changes: &[(ThreadId, Change<D>)],
    me: Option<Uuid>,
) -> Result<()> {
    let sql = "WITH there AS (SELECT thread_id FROM threads WHERE thread_id = ANY($1) AND ($17::uuid IS NULL OR home = $17)
           ORDER BY sequence FOR NO KEY UPDATE),
         of_runs AS (SELECT runs.thread_id, run_id, claims, status IN ('pending', 'running') AS goes_on FROM there JOIN runs USING (thread_id)
           WHERE run_id = ANY($2) FOR SHARE OF runs),
         trimmed AS (
           DELETE FROM events USING there, unnest($3::uuid[], $4::bigint[], $5::bigint[]) AS trim (thread_id, millis, serial)
           WHERE events.thread_id = there.thread_id AND events.thread_id = trim.thread_id
             AND (events.millis, events.serial) <= (trim.millis, trim.serial)),
         marked AS (
           INSERT INTO event_marks (thread_id, seq)
           SELECT thread_id, seq FROM there JOIN unnest($6::uuid[], $7::bigint[]) AS mark (thread_id, seq) USING (thread_id)
           ON CONFLICT (thread_id) DO UPDATE SET seq = excluded.seq)
         INSERT INTO events (thread_id, run_id, millis, serial, seq, frames, name, data)
         SELECT thread_id, run_id, millis, serial, seq, frames, name, data FROM of_runs JOIN
           unnest($8::uuid[], $9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::bytea[], $16::bigint[])
             AS new (thread_id, run_id, millis, serial, seq, frames, name, data, claim) USING (thread_id, run_id)
         WHERE claims = claim OR claim IS NULL AND NOT goes_on";
    let threads: Vec<_> = threads_of(changes)
        .into_iter()
        .map(ThreadId::uuid)
        .collect();
    let Outcome {
        trimmed,
        appended,
        marks,
    } = Outcome::of(changes);
    let events = || appended.iter().map(|(_, event)| *event);
    let numbers = |of: fn(&Append<D>) -> i64| events().map(of).collect::<Vec<_>>();
    let runs: BTreeSet<_> = events().map(|event| event.run_id).collect();
    session
        .execute(
            sql,
            &[
                &threads,
                &runs.iter().map(|run_id| run_id.uuid()).collect::<Vec<_>>(),
                &trimmed
                    .keys()
                    .map(|thread_id| thread_id.uuid())
                    .collect::<Vec<_>>(),
                &trimmed
                    .values()
                    .map(|(millis, _)| *millis)
                    .collect::<Vec<_>>(),
                &trimmed
                    .values()
                    .map(|(_, serial)| i64::from(*serial))
                    .collect::<Vec<_>>(),
                &marks
                    .keys()
                    .map(|thread_id| thread_id.uuid())
                    .collect::<Vec<_>>(),
                &marks.values().map(|seq| number(*seq)).collect::<Vec<_>>(),
                &appended
                    .iter()
                    .map(|(thread_id, _)| thread_id.uuid())
                    .collect::<Vec<_>>(),
                &events()
                    .map(|event| event.run_id.uuid())
                    .collect::<Vec<_>>(),
                &numbers(|event| event.millis),
                &numbers(|event| event.serial.into()),
                &numbers(|event| number(event.seq)),
                &numbers(|event| event.frames.into()),
                &AnyText::all(events().map(|event| &*event.name)),
                &events()
                    .map(|event| event.data.as_ref())
                    .collect::<Vec<_>>(),
                &events()
                    .map(|event| event.claim.map(|claim| claim.number))
                    .collect::<Vec<_>>(),
                &me,
            ],
        )
        .await?;
    session.hint(appended.iter().map(|(thread_id, _)| Hint::Kept(*thread_id)));
    Ok(())
}

/// All that is kept of a thread's events.
pub(crate) async fn of_thread(session: &Session, thread_id: ThreadId) -> Result<ThreadEvents> {
    let sql = "SELECT run_id, millis, serial, seq, frames, name, data FROM events WHERE thread_id = $1 ORDER BY millis, serial";
    let rows = session.rows(sql, &[&thread_id.uuid()]).await?;
    let events: Vec<StoredEvent> = rows.iter().map(event_of).collect::<Result<_>>()?;
    let sql = "SELECT seq FROM event_marks WHERE thread_id = $1";
    let row = session.row(sql, &[&thread_id.uuid()]).await?;
    let mark = row.map(|row| value::<i64>(&row, 0)).transpose()?;
    let mut run_ids = Vec::new();
    for event in &events {
        if !run_ids.contains(&event.run_id) {
            run_ids.push(event.run_id);
        }
    }
    let mut of_events = Vec::with_capacity(run_ids.len());
    for run_id in run_ids {
        of_events.extend(runs::find(session, run_id).await?);
    }
    Ok(ThreadEvents {
        events,
        mark: mark.map_or(0, i64::unsigned_abs),
        runs: of_events,
    })
}

/// What is kept of a run's events behind this one.
pub(crate) async fn of_run(
    session: &Session,
    run_id: RunId,
    (millis, serial): (i64, u32),
    at_most: u32,
) -> Result<Vec<StoredEvent>> {
    let sql = "SELECT run_id, millis, serial, seq, frames, name, data FROM events
         WHERE thread_id = (SELECT thread_id FROM runs WHERE run_id = $1) AND run_id = $1 AND (millis, serial) > ($2, $3)
         ORDER BY millis, serial LIMIT $4";
    let behind: [Parameter<'_>; 4] = [
        &run_id.uuid(),
        &millis,
        &i64::from(serial),
        &i64::from(at_most),
    ];
    let rows = session.rows(sql, &behind).await?;
    rows.iter().map(event_of).collect()
}

/// Lets go of the events of before this instant; the instant of the oldest that is left. What somebody else is about to delete is left to
/// them, so that it waits for nobody.
pub(crate) async fn sweep(session: &Session, oldest_kept: i64) -> Result<Option<i64>> {
    let sql = "WITH swept AS (
           DELETE FROM events WHERE sequence = ANY(ARRAY(SELECT sequence FROM events WHERE millis < $1 FOR UPDATE SKIP LOCKED)))
         SELECT min(millis) FROM events WHERE millis >= $1";
    let row = session.row(sql, &[&oldest_kept]).await?;
    row.map_or(Ok(None), |row| value(&row, 0))
}

fn event_of(row: &Row) -> Result<StoredEvent> {
    Ok(StoredEvent {
        run_id: id(row, 0)?,
        millis: value(row, 1)?,
        serial: small(row, 2)?,
        seq: value::<i64>(row, 3)?.unsigned_abs(),
        frames: small(row, 4)?,
        name: any_text(row, 5)?,
        data: value(row, 6)?,
    })
}

fn small(row: &Row, column: usize) -> Result<u32> {
    let number: i64 = value(row, column)?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
