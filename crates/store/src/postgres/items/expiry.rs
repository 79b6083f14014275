//! Items that live for a limited time: when the next one is due, putting it off, and deleting what is due.

use lgx_model::Timestamp;

use super::{path, written};
use crate::Result;
use crate::items::ItemLife;
use crate::postgres::Session;
use crate::postgres::columns::{time_or_null, value};

/// How many items are deleted in one go, so that other writes do not wait for long.
const SWEPT: i64 = 500;

/// Lets items live for their whole time again, from `now`; [`Found::expiring`](crate::items::Found::expiring) says which can be.
///
/// Waits for nobody: an item that somebody else is writing lives for its whole time again by that, or goes.
pub(crate) async fn refresh(session: &Session, expiring: &[i64], now: Timestamp) -> Result<()> {
    if expiring.is_empty() {
        return Ok(());
    }
    let sql = "WITH free AS MATERIALIZED (
         SELECT sequence FROM items WHERE sequence = ANY($1) AND expires_at > $2 FOR UPDATE SKIP LOCKED
       )
       UPDATE items SET expires_at = $2 + trunc(least(ttl_minutes * 6e7, 4e18))::bigint
       FROM free WHERE items.sequence = free.sequence";
    session.execute(sql, &[&expiring, &now.micros()]).await?;
    Ok(())
}

/// How long the item lives, if it is there.
pub(crate) async fn life(
    session: &Session,
    namespace: &[String],
    key: &str,
    now: Timestamp,
) -> Result<Option<ItemLife>> {
    let sql = "SELECT ttl_minutes, expires_at FROM items
       WHERE namespace = $1 AND key = $2 AND (expires_at IS NULL OR expires_at > $3)";
    let row = session
        .row(sql, &[&path(namespace), &written(key), &now.micros()])
        .await?;
    let life = row.map(|row| {
        Ok(ItemLife {
            ttl_minutes: value(&row, 0)?,
            expires_at: time_or_null(&row, 1)?,
        })
    });
    life.transpose()
}

/// When the next item expires, if any does.
pub(crate) async fn next_expiry(session: &Session) -> Result<Option<Timestamp>> {
    let sql = "SELECT min(expires_at) FROM items WHERE expires_at IS NOT NULL";
    let row = session.row(sql, &[]).await?;
    row.map_or(Ok(None), |row| time_or_null(&row, 0))
}

/// Deletes items that have expired. Says how many; more may be left.
pub(crate) async fn sweep(session: &Session, now: Timestamp) -> Result<usize> {
    // Those that somebody else is writing do not expire, or are being swept.
    let sql = "WITH due AS MATERIALIZED (
         SELECT sequence FROM items WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
       )
       DELETE FROM items USING due WHERE items.sequence = due.sequence";
    let swept = session.execute(sql, &[&now.micros(), &SWEPT]).await?;
    Ok(usize::try_from(swept).unwrap_or(usize::MAX))
}
