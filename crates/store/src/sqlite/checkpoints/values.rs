//! The values of channels as they stand in `blobs`: stored as they came or packed, and read through the versions that they stand on.

use std::collections::HashMap;

use bytes::Bytes;
use lgx_model::checkpoint::TypedBlob;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::checkpoints::prepared::NewValue;
use crate::packing::unpack;
use crate::{Result, StoreError};

/// How much of what was unpacked is kept while several checkpoints are read, as others stand on it.
const KEPT: usize = 64 << 20;

/// A channel of a thread, within a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Channel<'a> {
    pub(crate) thread: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

/// Stores a value, in place of another one of the same version if there is one.
pub(super) fn put(
    connection: &Connection,
    thread: &str,
    namespace: &str,
    NewValue { blob, packed }: &NewValue,
) -> Result<()> {
    let channel = Channel {
        thread,
        namespace,
        name: &blob.channel,
    };
    let (version, value) = (&blob.version, &blob.value);
    let place = packed.then_some(0);
    let mut insert = connection.prepare_cached(
        "INSERT INTO blobs (thread_id, checkpoint_ns, channel, version, encoding, value, place)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    let inserted = insert.execute(params![
        thread,
        namespace,
        channel.name,
        version,
        value.encoding,
        &value.bytes[..],
        place
    ])?;
    if inserted == 0 {
        // What stands on the other value is read while it is there.
        for standing in standing_on(connection, channel, version)? {
            stand_alone(connection, channel, &standing)?;
        }
        store(connection, channel, version, &value.bytes, None, place)?;
        connection
            .prepare_cached("UPDATE blobs SET encoding = ?5 WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4")?
            .execute(params![thread, namespace, channel.name, version, value.encoding])?;
    }
    Ok(())
}

/// A row of `blobs`.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) encoding: String,
    pub(super) bytes: Bytes,
    pub(super) base: Option<String>,
    pub(super) place: Option<i64>,
}

impl Stored {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            encoding: row.get(0)?,
            bytes: row.get::<_, Vec<u8>>(1)?.into(),
            base: row.get(2)?,
            place: row.get(3)?,
        })
    }

    /// The value, if `base` is the value that it stands on.
    fn value(self, base: Option<&[u8]>) -> Result<Bytes> {
        match self.place {
            Some(_) => unpack(&self.bytes, base).map(Bytes::from),
            None => Ok(self.bytes),
        }
    }
}

/// Reads values on one connection, and remembers what others stand on.
pub(crate) struct Values<'c> {
    connection: &'c Connection,
    kept: HashMap<[String; 4], Bytes>,
    bytes: usize,
}

impl<'c> Values<'c> {
    pub(crate) fn of(connection: &'c Connection) -> Self {
        Self {
            connection,
            kept: HashMap::new(),
            bytes: 0,
        }
    }

    /// Where they are read.
    pub(super) const fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// The value of a channel at a version.
    pub(crate) fn read(
        &mut self,
        channel: Channel<'_>,
        version: &str,
    ) -> Result<Option<TypedBlob>> {
        let Some(first) = stored(self.connection, channel, version)? else {
            return Ok(None);
        };
        let encoding = first.encoding.clone();
        if first.base.is_none() {
            let bytes = first.value(None)?;
            return Ok(Some(TypedBlob { encoding, bytes }));
        }
        let mut bytes = None;
        let mut chain = vec![(version.to_owned(), first)];
        while let Some((above, Some(base))) = chain.last().map(|(at, row)| (at, row.base.clone())) {
            if let Some(kept) = self.kept.get(&key(channel, &base)) {
                bytes = Some(kept.clone());
                break;
            }
            // Versions only ever stand on later ones: a damaged table cannot make a circle.
            let row = (base > *above)
                .then(|| stored(self.connection, channel, &base))
                .transpose()?
                .flatten()
                .ok_or_else(|| missing(channel, &base))?;
            chain.push((base, row));
        }
        for (at, row) in chain.into_iter().rev() {
            let value = row.value(bytes.as_deref())?;
            self.keep(key(channel, &at), &value);
            bytes = Some(value);
        }
        Ok(bytes.map(|bytes| TypedBlob { encoding, bytes }))
    }

    fn keep(&mut self, key: [String; 4], value: &Bytes) {
        self.bytes += value.len();
        if self.bytes > KEPT {
            self.kept.clear();
            self.bytes = value.len();
        }
        self.kept.insert(key, value.clone());
    }
}

fn key(channel: Channel<'_>, version: &str) -> [String; 4] {
    [channel.thread, channel.namespace, channel.name, version].map(str::to_owned)
}

fn missing(channel: Channel<'_>, version: &str) -> StoreError {
    StoreError::Value {
        what: "value",
        text: format!(
            "version {version} of {} in thread {} is missing, and others stand on it",
            channel.name, channel.thread
        ),
    }
}

/// The row of a version.
pub(super) fn stored(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
) -> Result<Option<Stored>> {
    let mut statement = connection.prepare_cached(
        "SELECT encoding, value, base, place FROM blobs
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4",
    )?;
    let key = params![channel.thread, channel.namespace, channel.name, version];
    Ok(statement.query_row(key, Stored::of).optional()?)
}

/// Stores other bytes for a version, which say the same value.
pub(super) fn store(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
    bytes: &[u8],
    base: Option<&str>,
    place: Option<i64>,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE blobs SET value = ?5, base = ?6, place = ?7
             WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4",
        )?
        .execute(params![
            channel.thread,
            channel.namespace,
            channel.name,
            version,
            bytes,
            base,
            place
        ])?;
    Ok(())
}

/// The versions that stand directly on this one.
pub(super) fn standing_on(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT version FROM blobs WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND base = ?4",
    )?;
    let key = params![channel.thread, channel.namespace, channel.name, version];
    let versions = statement.query_map(key, |row| row.get(0))?;
    Ok(versions.collect::<Result<_, _>>()?)
}

/// Has a version stand on nothing, as it came.
pub(super) fn stand_alone(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
) -> Result<()> {
    match Values::of(connection).read(channel, version)? {
        Some(value) => store(connection, channel, version, &value.bytes, None, None),
        None => Ok(()),
    }
}
