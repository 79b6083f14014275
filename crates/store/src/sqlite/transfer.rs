//! The SQL that carries a whole state out of the database, and into an empty one.

use std::io::{BufRead, Write};

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::checkpoints::prepared::{pack_long, unpacked};
use crate::items::{labels, path};
use crate::sqlite::checkpoints::values::{Channel, Values};
use crate::transfer::incoming::IncomingRow;
use crate::transfer::tables::{Kind, TABLES, Table};
use crate::transfer::{Carried, Field, Incoming, Outgoing};
use crate::{Result, StoreError};

/// From how many bytes on values are packed on their way in: nothing waits for that here.
const PACKED_FROM: usize = 2 << 10;

/// Whether there is anything in the tables that a start does not make.
const IS_USED: &str = "SELECT EXISTS (SELECT 1 FROM threads) OR EXISTS (SELECT 1 FROM runs) OR EXISTS (SELECT 1 FROM gone_runs)
  OR EXISTS (SELECT 1 FROM crons) OR EXISTS (SELECT 1 FROM items) OR EXISTS (SELECT 1 FROM checkpoints) OR EXISTS (SELECT 1 FROM reports)
  OR EXISTS (SELECT 1 FROM assistants WHERE is_default = 0 OR version > 1) OR EXISTS (SELECT 1 FROM assistant_versions WHERE version > 1)";

/// Writes all rows.
pub(crate) fn export(connection: &Connection, to: &mut Outgoing<impl Write>) -> Result<()> {
    let mut values = Values::of(connection);
    for table in TABLES {
        let mut statement = connection.prepare(&select(table))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            to.row(table, &fields_of(table, row, &mut values)?)?;
        }
    }
    Ok(())
}

/// Takes all rows, where there are none.
pub(crate) fn import(
    connection: &Connection,
    from: &mut Incoming<impl BufRead>,
) -> Result<Carried> {
    let is_used: bool = connection.query_row(IS_USED, [], |row| row.get(0))?;
    if is_used {
        return Err(StoreError::NotEmpty);
    }
    connection.execute_batch("DELETE FROM assistant_versions; DELETE FROM assistants;")?;
    while let Some(row) = from.next()? {
        insert(connection, &row).map_err(|error| row.refused(&error))?;
    }
    Ok(from.carried())
}

/// The statement that reads a table.
fn select(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| column.name);
    let columns = columns.collect::<Vec<_>>().join(", ");
    let Table { name, order, .. } = table;
    match *name {
        "items" => format!(
            "SELECT {columns} FROM items LEFT JOIN item_vectors USING (sequence) ORDER BY {order}"
        ),
        "run_records" | "run_logs" => format!(
            "SELECT {columns} FROM {name} JOIN known_runs ON known_runs.sequence = {name}.run ORDER BY {order}"
        ),
        // Whether the value is packed.
        "writes" => format!("SELECT {columns}, packed FROM writes ORDER BY {order}"),
        _ => format!("SELECT {columns} FROM {name} ORDER BY {order}"),
    }
}

fn fields_of(table: &Table, row: &Row<'_>, values: &mut Values<'_>) -> Result<Vec<Field>> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| field_of(table, row, at, column.kind, values))
        .collect()
}

fn field_of(
    table: &Table,
    row: &Row<'_>,
    at: usize,
    kind: Kind,
    values: &mut Values<'_>,
) -> Result<Field> {
    let cell: Cell = match kind {
        Kind::Value if table.name == "blobs" => return value_of(row, values),
        Kind::Value => {
            let packed: Option<bool> = row.get(table.columns.len())?;
            let bytes = row.get::<_, Vec<u8>>(at)?.into();
            let bytes = unpacked(bytes, packed.unwrap_or_default())?;
            return Ok(Field::Bytes(bytes.into()));
        }
        _ => row.get(at)?,
    };
    Ok(match (kind, cell) {
        (_, Cell::Null) => Field::Null,
        (Kind::Id | Kind::RunOfRow, Cell::Text(text)) => match text.parse() {
            Ok(id) => Field::Id(id),
            Err(_) => return Err(StoreError::Value { what: "id", text }),
        },
        (Kind::Namespace, Cell::Text(text)) => Field::Labels(labels(&text)),
        (Kind::Flag, Cell::Integer(number)) => Field::Flag(number != 0),
        (_, Cell::Text(text)) => Field::Text(text),
        (_, Cell::Integer(number)) => Field::Number(number),
        (_, Cell::Real(number)) => Field::Real(number),
        (_, Cell::Blob(bytes)) => Field::Bytes(bytes),
    })
}

/// The value of a row of `blobs`, whatever it stands on.
fn value_of(row: &Row<'_>, values: &mut Values<'_>) -> Result<Field> {
    let (thread, namespace): (String, String) = (row.get(0)?, row.get(1)?);
    let (name, version): (String, String) = (row.get(2)?, row.get(3)?);
    let channel = Channel {
        thread: &thread,
        namespace: &namespace,
        name: &name,
    };
    let value = values.read(channel, &version)?;
    let value = value.ok_or(StoreError::Value {
        what: "value",
        text: version,
    })?;
    Ok(Field::Bytes(value.bytes.into()))
}

fn insert(connection: &Connection, row: &IncomingRow) -> Result<()> {
    let table = row.table;
    let mut names = Vec::with_capacity(table.columns.len() + 1);
    let mut cells = Vec::with_capacity(names.capacity());
    for (column, field) in table.columns.iter().zip(&row.fields) {
        let (name, cell) = match (column.kind, field) {
            (Kind::RunOfRow, Field::Id(run_id)) => {
                ("run", sequence_of(connection, *run_id)?.into())
            }
            (Kind::Value, Field::Bytes(bytes)) => {
                let mut bytes = bytes.clone().into();
                let is_packed = pack_long(&mut bytes, PACKED_FROM);
                // A value on its own has the first place in its chain.
                let (name, mark) = match table.name {
                    "blobs" => ("place", 0),
                    _ => ("packed", 1),
                };
                names.push(name);
                cells.push(is_packed.then_some(mark).map_or(Cell::Null, Cell::Integer));
                (column.name, Cell::Blob(bytes.into()))
            }
            (_, field) => (column.name, cell_of(field)),
        };
        names.push(name);
        cells.push(cell);
    }
    match table.name {
        "items" => return insert_item(connection, &names, cells),
        "gone_runs" => {
            let lowest = "SELECT coalesce(min(sequence), 0) - 1 FROM gone_runs";
            let sequence: i64 = connection.query_row(lowest, [], |row| row.get(0))?;
            names.push("sequence");
            cells.push(sequence.into());
        }
        _ => {}
    }
    insert_into(connection, table.name, &names, cells)
}

fn insert_into(
    connection: &Connection,
    table: &str,
    names: &[&str],
    cells: Vec<Cell>,
) -> Result<()> {
    let places = vec!["?"; names.len()].join(", ");
    let names = names.join(", ");
    connection
        .prepare_cached(&format!("INSERT INTO {table} ({names}) VALUES ({places})"))?
        .execute(params_from_iter(cells))?;
    Ok(())
}

/// Inserts an item, and its vectors where those stand.
fn insert_item(connection: &Connection, names: &[&str], mut cells: Vec<Cell>) -> Result<()> {
    let own = names.iter().position(|name| *name == "dimensions");
    let own = own.unwrap_or(names.len());
    let of_vectors = cells.split_off(own);
    insert_into(
        connection,
        "items",
        names.get(..own).unwrap_or(names),
        cells,
    )?;
    if of_vectors.iter().all(|cell| *cell != Cell::Null) {
        let [dimensions, vectors] = &of_vectors[..] else {
            return Ok(());
        };
        connection
            .prepare_cached(
                "INSERT INTO item_vectors (sequence, dimensions, vectors) VALUES (last_insert_rowid(), ?1, ?2)",
            )?
            .execute(params![dimensions, vectors])?;
    }
    Ok(())
}

/// The number under which what belongs to a run is kept.
fn sequence_of(connection: &Connection, run_id: Uuid) -> Result<i64> {
    let sequence = connection
        .prepare_cached("SELECT sequence FROM known_runs WHERE run_id = ?1")?
        .query_row([run_id.to_string()], |row| row.get(0))
        .optional()?;
    sequence.ok_or_else(|| StoreError::Value {
        what: "run",
        text: run_id.to_string(),
    })
}

fn cell_of(field: &Field) -> Cell {
    match field {
        Field::Null => Cell::Null,
        Field::Id(id) => Cell::Text(id.to_string()),
        Field::Text(text) => Cell::Text(text.clone()),
        Field::Number(number) => Cell::Integer(*number),
        Field::Real(number) => Cell::Real(*number),
        Field::Flag(flag) => Cell::Integer((*flag).into()),
        Field::Bytes(bytes) => Cell::Blob(bytes.clone()),
        Field::Labels(labels) => Cell::Text(path(labels)),
    }
}
