//! The SQL of instances: signs of life, homes of threads, duties.
//!
//! An instance is there as long as it has a row. Whoever takes another one for dead deletes that row, and in the same transaction takes back
//! what it executed (`runs/recover.rs`): so the home of a thread is free once the instance is not there.

use lgx_model::{InstanceId, ThreadId};
use tokio_postgres::Row;
use uuid::Uuid;

use super::columns::{id, value};
use super::membership::Membership;
use super::session::Session;
use crate::Result;
use crate::instances::{Duty, Home, KnownInstance};

/// After how many seconds without a sign of life an instance is dead.
pub(crate) const DEAD_AFTER: f64 = 15.0;
/// For how many seconds somebody has a duty.
const DUTY_FOR: f64 = 15.0;

/// Whether the row of `threads` is at home at another instance than this one, a parameter, and has to stay there. One that is about to leave
/// keeps what it executes.
pub(crate) fn is_elsewhere(me: &str) -> String {
    format!(
        "(threads.home IS DISTINCT FROM {me} AND EXISTS (
           SELECT 1 FROM instances WHERE instances.instance_id = threads.home AND (NOT instances.draining OR EXISTS (
             SELECT 1 FROM runs AS held WHERE held.thread_id = threads.thread_id AND held.status = 'running'))))"
    )
}

/// Where another instance is that is the home of the thread `$1`, as seen by the instance `$2`.
pub(crate) fn elsewhere() -> String {
    format!(
        "SELECT instances.instance_id, instances.url FROM threads JOIN instances ON instances.instance_id = threads.home
         WHERE threads.thread_id = $1 AND {}",
        is_elsewhere("$2")
    )
}

/// The home that a row of [`elsewhere`] says.
pub(crate) fn home_at(row: &Row) -> Result<Home> {
    Ok(Home::At {
        instance: id::<InstanceId>(row, 0)?,
        url: value(row, 1)?,
    })
}

/// Shows that an instance is there. True if it was not, as far as others knew.
pub(crate) async fn beat(session: &Session, of: &Membership) -> Result<bool> {
    let row = session
        .row(
            "INSERT INTO instances (instance_id, url, fingerprint) VALUES ($1, $2, $3)
             ON CONFLICT (instance_id) DO UPDATE SET beat_at = now() RETURNING xmax = 0",
            &[&of.id(), &of.instance.url, &of.instance.fingerprint],
        )
        .await?;
    row.map_or(Ok(true), |row| value(&row, 0))
}

/// Whether another instance is there that has another secret.
pub(crate) async fn has_stranger(session: &Session, of: &Membership) -> Result<bool> {
    let sql = "SELECT 1 FROM instances WHERE fingerprint != $1 AND beat_at > now() - $2 * interval '1 second' LIMIT 1";
    session
        .exists(sql, &[&of.instance.fingerprint, &DEAD_AFTER])
        .await
}

/// Those that are there.
pub(crate) async fn list(session: &Session) -> Result<Vec<KnownInstance>> {
    let sql = "SELECT instance_id, url, draining FROM instances ORDER BY instance_id";
    let rows = session.rows(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(KnownInstance {
                instance_id: id(row, 0)?,
                url: value(row, 1)?,
                is_leaving: value(row, 2)?,
            })
        })
        .collect()
}

/// Whether there is such a thread.
pub(crate) async fn is_thread_there(session: &Session, thread_id: ThreadId) -> Result<bool> {
    let sql = "SELECT 1 FROM threads WHERE thread_id = $1";
    session.exists(sql, &[&thread_id.uuid()]).await
}

/// Where a thread is at home, as seen by an instance. Nothing is changed.
pub(crate) async fn home_of(session: &Session, thread_id: ThreadId, me: Uuid) -> Result<Home> {
    if let Some(row) = session.row(&elsewhere(), &[&thread_id.uuid(), &me]).await? {
        return home_at(&row);
    }
    let sql = "SELECT 1 FROM threads WHERE thread_id = $1 AND home = $2";
    let is_here = session.exists(sql, &[&thread_id.uuid(), &me]).await?;
    Ok(if is_here { Home::Here } else { Home::Nobody })
}

/// Makes an instance the home of a thread, if that is free. Says where it is then.
pub(crate) async fn take_home(session: &Session, thread_id: ThreadId, me: Uuid) -> Result<Home> {
    let sql = format!(
        "UPDATE threads SET home = $2 WHERE thread_id = $1 AND NOT {}",
        is_elsewhere("$2")
    );
    let is_locked = super::threads::lock(session, thread_id).await?.0;
    if is_locked && session.execute(&sql, &[&thread_id.uuid(), &me]).await? > 0 {
        return Ok(Home::Here);
    }
    home_of(session, thread_id, me).await
}

/// Others may take its homes, and nothing new begins here.
pub(crate) async fn drain(session: &Session, me: Uuid) -> Result<()> {
    let sql = "UPDATE instances SET draining = true WHERE instance_id = $1";
    session.execute(sql, &[&me]).await?;
    Ok(())
}

/// An instance is not there any more, and has no duty.
pub(crate) async fn leave(session: &Session, me: Uuid) -> Result<()> {
    let sql = "DELETE FROM instances WHERE instance_id = $1";
    session.execute(sql, &[&me]).await?;
    let sql = "DELETE FROM lgx_duties WHERE instance_id = $1";
    session.execute(sql, &[&me]).await?;
    Ok(())
}

/// Takes a duty, or keeps it, unless somebody else has it.
pub(crate) async fn take_duty(session: &Session, duty: Duty, me: Uuid) -> Result<bool> {
    let taken = session
        .execute(
            "INSERT INTO lgx_duties (name, instance_id, until) VALUES ($1, $2, now() + make_interval(secs => $3))
             ON CONFLICT (name) DO UPDATE SET instance_id = excluded.instance_id, until = excluded.until
             WHERE lgx_duties.instance_id = excluded.instance_id OR lgx_duties.until < now()
               OR NOT EXISTS (SELECT 1 FROM instances WHERE instances.instance_id = lgx_duties.instance_id)",
            &[&duty.name(), &me, &DUTY_FOR],
        )
        .await?;
    Ok(taken > 0)
}

/// Forgets the instances that are dead.
pub(crate) async fn bury(session: &Session) -> Result<()> {
    let sql = "DELETE FROM instances WHERE beat_at < now() - make_interval(secs => $1)";
    session.execute(sql, &[&DEAD_AFTER]).await?;
    Ok(())
}
