//! A trigger on the writer's own connection that fails as a disk would.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ffi};

use crate::Result;
use crate::broken_disk::{DiskFault, RefusedWrites};

/// Refuses these writes from now on.
pub(crate) fn break_disk(
    connection: &Connection,
    refused: RefusedWrites,
    fault: DiskFault,
) -> Result<()> {
    let when = match refused {
        RefusedWrites::RunEnds => {
            "UPDATE OF status ON main.runs WHEN NEW.status NOT IN ('pending', 'running')"
        }
        RefusedWrites::RunStops => "UPDATE OF stop ON main.runs",
        RefusedWrites::Threads => "INSERT ON main.threads",
        RefusedWrites::Checkpoints => "INSERT ON main.checkpoints",
    };
    let (when, code) = match fault {
        DiskFault::Full => (when, ffi::SQLITE_FULL),
        // Too large are the values, which an end in their place does not have.
        DiskFault::TooLarge => ("INSERT ON main.thread_values", ffi::SQLITE_TOOBIG),
    };
    connection.create_scalar_function(
        "refuse_write",
        0,
        FunctionFlags::SQLITE_UTF8,
        move |_| -> rusqlite::Result<bool> {
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
        },
    )?;
    Ok(connection.execute_batch(&format!(
        "CREATE TEMP TRIGGER broken_disk BEFORE {when} BEGIN SELECT refuse_write(); END"
    ))?)
}

/// Takes all writes again.
pub(crate) fn mend_disk(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch("DROP TRIGGER broken_disk")?)
}
