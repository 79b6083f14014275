//! A whole state as a stream of lines: out of one backend and into another.
//!
//! The stream is JSON lines: a first one with the number of the format, one a row in the order of [`tables`], and a last one with how many
//! there were and a digest of all before. A row has what is worth carrying, in a form that no backend decides: values unpacked, binary ones
//! as base64, JSON as it came. So two states with the same in them give the same bytes, wherever they are kept.

mod compression;
mod fields;
pub(crate) mod incoming;
mod outgoing;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod tests;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;

pub(crate) use self::fields::Field;
pub(crate) use self::incoming::Incoming;
pub(crate) use self::outgoing::Outgoing;
use crate::instances::Sharing;
use crate::{Connecting, DatabaseAddress, Result, Store, StoreError, on_disk};

/// The number of the format, counted up when a reader of an older version would misread it.
const FORMAT: u64 = 1;

/// Where a state is kept.
#[derive(Debug)]
pub enum StatePlace {
    /// In a directory of this machine.
    Directory(PathBuf),
    /// In a database.
    Database(DatabaseAddress),
}

/// How much was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Threads.
    pub threads: u64,
    /// Rows of all kinds, threads too.
    pub rows: u64,
}

/// Writes the whole state that is kept in a place, packed with zstd if asked for. Nobody may be using it.
///
/// # Errors
/// When there is none, a server uses it, or it cannot be read or written.
pub async fn export<W: Write + Send + 'static>(
    from: StatePlace,
    to: W,
    packed: bool,
) -> Result<(W, Carried)> {
    let store = match from {
        StatePlace::Directory(dir) if on_disk::amount(&dir)?.is_none() => {
            return Err(StoreError::NoState(dir));
        }
        StatePlace::Directory(dir) => Store::open(&dir)?.0,
        StatePlace::Database(address) => connect(&address, false).await?,
    };
    let written = store.export(Outgoing::to(to, packed)?).await;
    store.close().await;
    let (outgoing, carried) = written?.end()?;
    Ok((outgoing, carried))
}

/// Reads a whole state into a place where there is none yet: all of it, or nothing.
///
/// # Errors
/// When there is something, a server uses it, or what is read is no state; then nothing is left of it.
pub async fn import<R: Read + Send + 'static>(from: R, into: StatePlace) -> Result<Carried> {
    // Before anything is made for it.
    let incoming = Incoming::begin(BufReader::new(compression::unpacked(from)?))?;
    match into {
        StatePlace::Directory(dir) => {
            let is_new = on_disk::amount(&dir)?.is_none();
            let carried = import_into(Store::open(&dir)?.0, incoming).await;
            if carried.is_err() && is_new {
                on_disk::clear(&dir)?;
            }
            carried
        }
        StatePlace::Database(address) => {
            import_into(connect(&address, true).await?, incoming).await
        }
    }
}

async fn import_into(
    store: Store,
    incoming: Incoming<impl BufRead + Send + 'static>,
) -> Result<Carried> {
    let carried = store.import(incoming).await;
    store.close().await;
    carried
}

async fn connect(address: &DatabaseAddress, migrates: bool) -> Result<Store> {
    let alone = Connecting {
        migrates,
        sharing: Sharing::Alone,
    };
    Ok(Store::connect(address, alone).await?.0)
}
