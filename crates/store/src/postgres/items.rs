//! The SQL of items of long-term memory: put, get, delete; searching, namespaces and expiry have modules of their own.

mod batch;
mod buckets;
mod expiry;
mod namespaces;
mod search;
#[cfg(test)]
mod tests;

use lgx_model::Timestamp;
use lgx_model::item::{Item, Namespace};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Result;
use crate::items::{Found, NewItem, end_of};
use crate::postgres::columns::{raw, text, time, value};
use crate::postgres::{Parameter, Session};

pub(crate) use self::batch::{look, perform};
pub(crate) use self::buckets::{lane, lanes};
pub(crate) use self::expiry::{life, next_expiry, refresh, sweep};
pub(crate) use self::namespaces::list_namespaces;

/// The columns of [`found_of`], with their table.
const COLUMNS: &str =
    "sequence, namespace, key, value, created_at, updated_at, ttl_minutes IS NOT NULL FROM items";

/// Puts items, none of them twice. One that is there keeps its place and the time it was first put; what has expired is not there any
/// more, although nobody has swept it yet.
pub(crate) async fn put(session: &Session, new: &[&NewItem], now: Timestamp) -> Result<()> {
    let namespaces: Vec<String> = new.iter().map(|new| path(&new.namespace)).collect();
    let keys: Vec<String> = new.iter().map(|new| written(&new.key)).collect();
    let values: Vec<&str> = new.iter().map(|new| new.value.get()).collect();
    let lives: Vec<Option<f64>> = new.iter().map(|new| new.ttl_minutes).collect();
    let ends = new.iter().map(|new| new.ends_at(now));
    let ends: Vec<Option<i64>> = ends.map(|end| end.map(Timestamp::micros)).collect();
    let vectors = new.iter().map(|new| new.vectors.as_ref());
    let vectors = vectors.map(|vectors| vectors.filter(|vectors| !vectors.is_empty()));
    let (dimensions, vectors): (Vec<Option<i64>>, Vec<Option<&[u8]>>) = vectors
        .map(|vectors| {
            let dimensions = vectors.map(|vectors| i64::from(vectors.dimensions()));
            (dimensions, vectors.map(crate::items::Vectors::bytes))
        })
        .unzip();
    session
        .execute(
            "INSERT INTO items AS present (namespace, key, value, ttl_minutes, expires_at, dimensions, vectors, created_at, updated_at)
             SELECT namespace, key, value, ttl_minutes, expires_at, dimensions, vectors, $8, $8
             FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::bigint[], $6::bigint[], $7::bytea[]) WITH ORDINALITY
               AS new (namespace, key, value, ttl_minutes, expires_at, dimensions, vectors, place)
             ORDER BY place
             ON CONFLICT (namespace, key) DO UPDATE SET
               sequence = CASE WHEN present.expires_at <= $8 THEN excluded.sequence ELSE present.sequence END,
               created_at = CASE WHEN present.expires_at <= $8 THEN excluded.created_at ELSE present.created_at END,
               value = excluded.value, updated_at = excluded.updated_at, ttl_minutes = excluded.ttl_minutes,
               expires_at = excluded.expires_at, dimensions = excluded.dimensions, vectors = excluded.vectors",
            &[
                &namespaces,
                &keys,
                &values,
                &lives,
                &ends,
                &dimensions,
                &vectors,
                &now.micros(),
            ],
        )
        .await?;
    Ok(())
}

/// The item, if it is there.
pub(crate) async fn get(
    session: &Session,
    namespace: &[String],
    key: &str,
    now: Timestamp,
) -> Result<Option<Found>> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE namespace = $1 AND key = $2 AND (expires_at IS NULL OR expires_at > $3)"
    );
    let row = session
        .row(&sql, &[&path(namespace), &written(key), &now.micros()])
        .await?;
    row.as_ref().map(found_of).transpose()
}

/// Deletes items; nothing happens where there is none.
pub(crate) async fn delete(session: &Session, names: &[(&Namespace, &str)]) -> Result<()> {
    let namespaces: Vec<String> = names.iter().map(|(namespace, _)| path(namespace)).collect();
    let keys: Vec<String> = names.iter().map(|(_, key)| written(key)).collect();
    let sql = "DELETE FROM items USING unnest($1::text[], $2::text[]) AS gone (namespace, key)
       WHERE items.namespace = gone.namespace AND items.key = gone.key";
    session.execute(sql, &[&namespaces, &keys]).await?;
    Ok(())
}

/// Deletes the items of a namespace and of those below it; of the empty one, all.
pub(crate) async fn clear(session: &Session, prefix: &[String]) -> Result<()> {
    // Nobody else writes items meanwhile, as this takes many of them in no order.
    session
        .batch("LOCK TABLE items IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let path = path(prefix);
    if path.is_empty() {
        session.execute("DELETE FROM items", &[]).await?;
    } else {
        let sql = "DELETE FROM items WHERE namespace >= $1 AND namespace < $2";
        session.execute(sql, &[&path, &end_of(&path)]).await?;
    }
    Ok(())
}

/// The items below a namespace that have not expired.
struct Below {
    now: i64,
    /// The first namespace and the one behind the last, unless it is all of them.
    range: Option<(String, String)>,
}

impl Below {
    fn of(prefix: &[String], now: Timestamp) -> Self {
        let path = path(prefix);
        let range = (!path.is_empty()).then(|| (path.clone(), end_of(&path)));
        Self {
            now: now.micros(),
            range,
        }
    }

    /// The condition. Its parameters are put behind those that are there.
    fn condition<'a>(&'a self, parameters: &mut Vec<(Parameter<'a>, Type)>) -> String {
        parameters.push((&self.now, Type::INT8));
        let now = parameters.len();
        let mut condition = format!("(expires_at IS NULL OR expires_at > ${now})");
        if let Some((first, end)) = &self.range {
            parameters.extend([(first as Parameter<'a>, Type::TEXT), (end, Type::TEXT)]);
            let range = format!(
                " AND namespace >= ${} AND namespace < ${}",
                now + 1,
                now + 2
            );
            condition.push_str(&range);
        }
        condition
    }
}

fn found_of(row: &Row) -> Result<Found> {
    let expires: bool = value(row, 6)?;
    Ok(Found {
        item: Item {
            namespace: labels(text(row, 1)?),
            key: read(text(row, 2)?),
            value: raw(row, 3)?,
            created_at: time(row, 4)?,
            updated_at: time(row, 5)?,
        },
        score: None,
        expiring: expires.then(|| value(row, 0)).transpose()?,
    })
}

/// A namespace as it stands in its column.
pub(super) fn path(namespace: &[String]) -> String {
    // In a path each `%` is followed by what it stands for.
    crate::items::path(namespace).replace('\0', "%00")
}

/// The namespace that a column holds.
pub(super) fn labels(path: &str) -> Namespace {
    crate::items::labels(&path.replace("%00", "\0"))
}

/// A key as it stands in its column.
pub(super) fn written(key: &str) -> String {
    key.replace('%', "%25").replace('\0', "%00")
}

/// The key that a column holds.
pub(super) fn read(text: &str) -> String {
    text.replace("%00", "\0").replace("%25", "%")
}
