//! Keeps the values of a channel that grows as their differences from later ones.
//!
//! The newest version of a channel is stored as it came: it is what the next run begins with. Once a newer one is there, the older is packed
//! on it, which costs a few bytes, since nearly all of what was there is still there. (Packed the other way around, every version would cost
//! what is new in it, and the newest would be the slowest to read.)
//!
//! If each version stood on the next, the first would stand on all of them. So versions have places in groups, from 0 on, and each comes to
//! stand as far ahead as its place has zeros at the end: 1 on 2, 2 on 4, 4 on 8, 3 on 4, 6 on 8. Before the place where it is to stand is
//! taken, it stands on the last one that will do. When place `n` is taken, that is what becomes of `n - 1`, `n - 2`, `n - 4`, … as far as
//! `n` can be halved. So in a group of 256 nothing is more than 16 steps from a value that stands alone. The last of a group stands alone.
//!
//! All of that is behind the writes: values are read on a snapshot and packed, and each is stored only if, in its turn among the writes, it
//! and what it is to stand on are still as they were read. Whoever takes a value away first has others stand elsewhere.

use std::collections::HashSet;

use bytes::Bytes;
use lgx_model::{CheckpointRow, ThreadId};
use rusqlite::{Connection, OptionalExtension, params};

use super::link;
use super::values::{Channel, Stored, Values, standing_on, store, stored};
use crate::Result;
use crate::checkpoints::prepared::NewValue;
use crate::checkpoints::stored::version_text;
use crate::packing::pack;

/// Shorter values are left alone: the row takes about as much.
const SHORTEST: usize = 1 << 10;

/// How many versions a group has; fewer of long values, where each step takes its time.
const GROUP: i64 = 256;
const GROUP_OF_LONG: i64 = 16;
const LONG: usize = 8 << 20;

/// A checkpoint with which new versions of channels came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    thread_id: ThreadId,
    namespace: String,
    parent: String,
    checkpoint: String,
}

impl Arrival {
    /// The arrival of this checkpoint, if there may be something to do after it.
    pub(crate) fn of(row: &CheckpointRow, values: &[NewValue]) -> Option<Self> {
        let parent = row.parent_checkpoint_id.clone()?;
        values
            .iter()
            .any(|value| value.blob.value.bytes.len() >= SHORTEST)
            .then(|| Self {
                thread_id: row.thread_id,
                namespace: row.checkpoint_ns.clone(),
                parent,
                checkpoint: row.checkpoint_id.clone(),
            })
    }
}

/// A version that is to be stored in another way.
#[derive(Debug)]
pub(crate) struct Repack {
    thread: String,
    namespace: String,
    channel: String,
    version: String,
    place: i64,
    was: Bytes,
    value: Bytes,
    /// The version it is to stand on, how that is stored, and its value.
    base: Option<(String, Bytes, Bytes)>,
}

/// A [`Repack`] whose value is packed.
#[derive(Debug)]
pub(crate) struct Packed(Repack, Vec<u8>);

/// What is to be changed now that these versions are there; all that has to be read for it is.
pub(crate) fn changes(connection: &Connection, arrival: &Arrival) -> Result<Vec<Repack>> {
    let thread = arrival.thread_id.to_string();
    let versions = |checkpoint: &str| {
        let found = link(connection, &thread, &arrival.namespace, checkpoint)?;
        Ok::<_, crate::StoreError>(found.map(|found| found.versions).unwrap_or_default())
    };
    let (before, now) = (versions(&arrival.parent)?, versions(&arrival.checkpoint)?);
    let mut changes = Vec::new();
    for (name, version) in &now {
        let (Some(older), newer) = (before.get(name).map(version_text), version_text(version))
        else {
            continue;
        };
        let channel = Channel {
            thread: &thread,
            namespace: &arrival.namespace,
            name,
        };
        if older < newer {
            changes.extend(superseded(connection, channel, &older, &newer)?);
        }
    }
    Ok(changes)
}

/// What is to be changed now that `newer` comes after `older`.
fn superseded(
    connection: &Connection,
    channel: Channel<'_>,
    older: &str,
    newer: &str,
) -> Result<Vec<Repack>> {
    let mut changes = Vec::new();
    let lengths = (
        length(connection, channel, older)?,
        length(connection, channel, newer)?,
    );
    let (Some((of_older, false)), Some((of_newer, _))) = lengths else {
        return Ok(changes); // One is gone, or there is another one after the older.
    };
    if of_older < SHORTEST || of_newer < SHORTEST {
        return Ok(changes);
    }
    let mut values = Values::of(connection);
    let Some(base) = stored(connection, channel, newer)? else {
        return Ok(changes);
    };
    let Some(value) = values.read(channel, newer)? else {
        return Ok(changes);
    };
    let base = (newer.to_owned(), base.bytes, value.bytes);
    let group = if base.2.len() >= LONG {
        GROUP_OF_LONG
    } else {
        GROUP
    };
    let place = place_after(connection, channel, older)?;
    let mut change = |version: &str, place: i64, base: Option<_>| -> Result<()> {
        let was = stored(connection, channel, version)?;
        let value = values.read(channel, version)?;
        if let (Some(Stored { bytes: was, .. }), Some(value)) = (was, value) {
            changes.push(Repack {
                thread: channel.thread.to_owned(),
                namespace: channel.namespace.to_owned(),
                channel: channel.name.to_owned(),
                version: version.to_owned(),
                place,
                was,
                value: value.bytes,
                base,
            });
        }
        Ok(())
    };
    if place + 1 >= group {
        change(older, place, None)?;
        return Ok(changes);
    }
    change(older, place, Some(base.clone()))?;
    let taken = place + 1;
    let mut at = older.to_owned();
    for halvings in 1..=taken.trailing_zeros() {
        let place = taken - (1 << halvings);
        let Some(version) = standing_at(connection, channel, &at, place)? else {
            break;
        };
        change(&version, place, Some(base.clone()))?;
        at = version;
    }
    Ok(changes)
}

/// How long a version is as it is stored, and whether it stands on another one.
fn length(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
) -> Result<Option<(usize, bool)>> {
    let mut statement = connection.prepare_cached(
        "SELECT length(value), base IS NOT NULL FROM blobs
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4",
    )?;
    let key = params![channel.thread, channel.namespace, channel.name, version];
    let found = statement.query_row(key, |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    let found = found.optional()?;
    Ok(found.map(|(length, stands)| (usize::try_from(length).unwrap_or(usize::MAX), stands)))
}

/// The place of a version: the one after the last that stands on it, or the first.
fn place_after(connection: &Connection, channel: Channel<'_>, version: &str) -> Result<i64> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(max(place) + 1, 0) FROM blobs
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND base = ?4",
    )?;
    let key = params![channel.thread, channel.namespace, channel.name, version];
    Ok(statement.query_row(key, |row| row.get(0))?)
}

/// The version at a place among those that stand on this one.
fn standing_at(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
    place: i64,
) -> Result<Option<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT version FROM blobs
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND base = ?4 AND place = ?5",
    )?;
    let key = params![
        channel.thread,
        channel.namespace,
        channel.name,
        version,
        place
    ];
    Ok(statement.query_row(key, |row| row.get(0)).optional()?)
}

impl Repack {
    /// Packs the value: on its base if that saves three quarters, or else on its own if that saves half. Takes its time.
    pub(crate) fn pack(mut self) -> Option<Packed> {
        let based = self
            .base
            .as_ref()
            .and_then(|(.., base)| pack(&self.value, Some(base)));
        if let Some(packed) = based.filter(|packed| pays(packed, &self.value)) {
            return Some(Packed(self, packed));
        }
        self.base = None;
        let alone = pack(&self.value, None)?;
        let halved = alone.len() <= self.value.len() / 2 && alone.len() < self.was.len();
        halved.then_some(Packed(self, alone))
    }
}

/// Whether a value is worth reading another one first: only if that saves three quarters.
fn pays(packed: &[u8], value: &[u8]) -> bool {
    packed.len() <= value.len() / 4
}

impl Packed {
    /// Stores it, if that and what it is to stand on are as they were.
    pub(crate) fn put(&self, connection: &Connection) -> Result<()> {
        let Self(change, packed) = self;
        let channel = Channel {
            thread: &change.thread,
            namespace: &change.namespace,
            name: &change.channel,
        };
        let base = match &change.base {
            Some((version, was, _)) if is_still(connection, channel, version, was)? => {
                Some(&**version)
            }
            Some(_) => return Ok(()),
            None => None,
        };
        if is_still(connection, channel, &change.version, &change.was)? {
            store(
                connection,
                channel,
                &change.version,
                packed,
                base,
                Some(change.place),
            )?;
        }
        Ok(())
    }
}

/// Whether these bytes are still what is stored for a version.
fn is_still(
    connection: &Connection,
    channel: Channel<'_>,
    version: &str,
    bytes: &[u8],
) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM blobs
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND channel = ?3 AND version = ?4 AND value = ?5",
    )?;
    Ok(statement.exists(params![
        channel.thread,
        channel.namespace,
        channel.name,
        version,
        bytes
    ])?)
}

/// Has the versions of a channel that stay stand elsewhere, before those in `dead` go: on what these stood on, if it stays. If nothing of
/// that does, the newest of them stands alone, and the others on it.
pub(super) fn release(
    connection: &Connection,
    channel: Channel<'_>,
    dead: &HashSet<&str>,
) -> Result<()> {
    let mut orphans = Vec::new();
    for version in dead {
        let standing = standing_on(connection, channel, version)?;
        orphans.extend(
            standing
                .into_iter()
                .filter(|version| !dead.contains(&**version)),
        );
    }
    orphans.sort_unstable();
    let mut values = Values::of(connection);
    let mut alone: Option<(String, Bytes)> = None;
    while let Some(orphan) = orphans.pop() {
        let (Some(value), Some(row)) = (
            values.read(channel, &orphan)?,
            stored(connection, channel, &orphan)?,
        ) else {
            continue;
        };
        let base = match next_that_stays(connection, channel, &row, dead)? {
            Some(version) => values
                .read(channel, &version)?
                .map(|value| (version, value.bytes)),
            None => alone.clone(),
        };
        let packed = base.as_ref().and_then(|(version, base)| {
            let packed = pack(&value.bytes, Some(base))?;
            pays(&packed, &value.bytes).then_some((version, packed))
        });
        if let Some((version, packed)) = packed {
            store(
                connection,
                channel,
                &orphan,
                &packed,
                Some(version),
                row.place,
            )?;
        } else {
            store(connection, channel, &orphan, &value.bytes, None, None)?;
            alone.get_or_insert((orphan, value.bytes));
        }
    }
    Ok(())
}

/// The first version that stays of those that this one stands on, directly or not.
fn next_that_stays(
    connection: &Connection,
    channel: Channel<'_>,
    row: &Stored,
    dead: &HashSet<&str>,
) -> Result<Option<String>> {
    let mut base = row.base.clone();
    while let Some(version) = base.take_if(|version| dead.contains(&**version)) {
        base = stored(connection, channel, &version)?.and_then(|row| row.base);
    }
    Ok(base)
}
