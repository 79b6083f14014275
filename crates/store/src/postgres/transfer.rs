//! The SQL that carries a whole state out of the database, and into an empty one.

use std::error::Error;
use std::io::{BufRead, Write};
use std::mem;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use lgx_model::JsonObject;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::checkpoints::prepared::{pack_long, unpacked};
use crate::postgres::checkpoints::PACKED_FROM;
use crate::postgres::columns::value;
use crate::postgres::{Parameter, Session, items};
use crate::terms::terms;
use crate::transfer::incoming::IncomingRow;
use crate::transfer::tables::{Kind, TABLES, Table};
use crate::transfer::{Carried, Field, Incoming, Outgoing};
use crate::{Result, StoreError};

/// How many rows are sent at once, and from how many bytes on no more of them.
const MOST_ROWS: usize = 256;
const MOST_BYTES: usize = 1 << 20;

/// Whether there is anything in the tables that a start does not make.
const IS_USED: &str = "SELECT EXISTS (SELECT FROM threads) OR EXISTS (SELECT FROM runs) OR EXISTS (SELECT FROM gone_runs)
  OR EXISTS (SELECT FROM crons) OR EXISTS (SELECT FROM items) OR EXISTS (SELECT FROM checkpoints) OR EXISTS (SELECT FROM reports)
  OR EXISTS (SELECT FROM assistants WHERE NOT is_default OR version > 1) OR EXISTS (SELECT FROM assistant_versions WHERE version > 1)";

type OwnedParameter = Box<dyn ToSql + Sync + Send>;

/// Writes all rows.
pub(crate) async fn export(session: &Session, to: &mut Outgoing<impl Write + Send>) -> Result<()> {
    for table in TABLES {
        let mut rows = pin!(session.stream_once(&select(table), &[]).await?);
        while let Some(row) = rows.try_next().await? {
            to.row(table, &fields_of(table, &row)?)?;
        }
    }
    Ok(())
}

/// Takes all rows, where there are none.
pub(crate) async fn import(
    session: &Session,
    from: &mut Incoming<impl BufRead + Send>,
) -> Result<Carried> {
    let row = session.row(IS_USED, &[]).await?;
    if row.map_or(Ok(true), |row| value(&row, 0))? {
        return Err(StoreError::NotEmpty);
    }
    session.execute("DELETE FROM assistants", &[]).await?;
    let mut batch = Batch::default();
    while let Some(row) = from.next()? {
        let (sql, parameters) = insert(&row).map_err(|error| row.refused(&error))?;
        batch.bytes += row.fields.iter().map(size).sum::<usize>();
        batch.rows.push((row, sql, parameters));
        if batch.rows.len() >= MOST_ROWS || batch.bytes >= MOST_BYTES {
            batch.send(session).await?;
        }
    }
    batch.send(session).await?;
    Ok(from.carried())
}

/// Rows that are sent at once.
#[derive(Default)]
struct Batch {
    rows: Vec<(IncomingRow, String, Vec<OwnedParameter>)>,
    bytes: usize,
}

impl Batch {
    async fn send(&mut self, session: &Session) -> Result<()> {
        let rows = mem::take(&mut self.rows);
        self.bytes = 0;
        let Some((first, ..)) = rows.first() else {
            return Ok(());
        };
        let borrowed: Vec<Vec<Parameter<'_>>> = rows
            .iter()
            .map(|(_, _, parameters)| {
                parameters
                    .iter()
                    .map(|one| &**one as Parameter<'_>)
                    .collect()
            })
            .collect();
        let statements: Vec<(&str, &[Parameter<'_>])> = rows
            .iter()
            .zip(&borrowed)
            .map(|((_, sql, _), parameters)| (sql.as_str(), &parameters[..]))
            .collect();
        let done = session.together(&statements).await;
        let done = done.map_err(|error| first.refused_with_others(rows.len(), &error))?;
        for ((row, ..), inserted) in rows.iter().zip(&done) {
            if inserted.is_empty() {
                return Err(row.refused(&StoreError::Value {
                    what: "run",
                    text: "there is none of its id".to_owned(),
                }));
            }
        }
        Ok(())
    }
}

/// The statement that reads a table.
fn select(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| match column.kind {
        Kind::Number => format!("{}::bigint", column.name),
        _ => column.name.to_owned(),
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let Table { name, order, .. } = table;
    match *name {
        "run_records" | "run_logs" => format!(
            "SELECT {columns} FROM {name} JOIN known_runs ON known_runs.sequence = {name}.run ORDER BY {order}"
        ),
        "blobs" | "writes" => format!("SELECT {columns}, packed FROM {name} ORDER BY {order}"),
        _ => format!("SELECT {columns} FROM {name} ORDER BY {order}"),
    }
}

fn fields_of(table: &Table, row: &Row) -> Result<Vec<Field>> {
    let columns = table.columns.iter().enumerate();
    let fields = columns.map(|(at, column)| {
        let field = match column.kind {
            Kind::Id | Kind::RunOfRow => value::<Option<Uuid>>(row, at)?.map(Field::Id),
            Kind::Text | Kind::Json => value::<Option<String>>(row, at)?.map(Field::Text),
            Kind::Number => value::<Option<i64>>(row, at)?.map(Field::Number),
            Kind::Real => value::<Option<f64>>(row, at)?.map(Field::Real),
            Kind::Flag => value::<Option<bool>>(row, at)?.map(Field::Flag),
            Kind::Bytes => value::<Option<Vec<u8>>>(row, at)?.map(Field::Bytes),
            Kind::Value => {
                let packed = value(row, table.columns.len())?;
                let bytes = unpacked(value::<Vec<u8>>(row, at)?.into(), packed)?;
                Some(Field::Bytes(bytes.into()))
            }
            Kind::Namespace => Some(Field::Labels(items::labels(value(row, at)?))),
            Kind::Key => Some(Field::Text(items::read(value(row, at)?))),
        };
        Ok(field.unwrap_or(Field::Null))
    });
    fields.collect()
}

/// The statement that inserts a row, with its parameters. It gives a row if it does.
fn insert(row: &IncomingRow) -> Result<(String, Vec<OwnedParameter>)> {
    let table = row.table;
    let mut names = Vec::new();
    let mut places = Vec::new();
    let mut parameters: Vec<OwnedParameter> = Vec::new();
    let mut put = |name, of_type: &str, parameter| {
        parameters.push(parameter);
        names.push(name);
        places.push(format!("${}::{of_type}", parameters.len()));
    };
    for (column, field) in table.columns.iter().zip(&row.fields) {
        let (name, of_type) = match column.kind {
            Kind::RunOfRow => ("run", "uuid"),
            kind => (column.name, type_of(kind)),
        };
        let parameter: OwnedParameter = match (column.kind, field) {
            (Kind::Value, Field::Bytes(bytes)) => {
                let mut bytes = bytes.clone().into();
                let is_packed = pack_long(&mut bytes, PACKED_FROM);
                put("packed", "boolean", Box::new(is_packed));
                Box::new(Vec::from(bytes))
            }
            (Kind::Key, Field::Text(text)) => Box::new(items::written(text)),
            (_, Field::Null) => Box::new(Nothing),
            (_, Field::Id(id)) => Box::new(*id),
            (_, Field::Text(text)) => Box::new(text.clone()),
            (_, Field::Number(number)) => Box::new(*number),
            (_, Field::Real(number)) => Box::new(*number),
            (_, Field::Flag(flag)) => Box::new(*flag),
            (_, Field::Bytes(bytes)) => Box::new(bytes.clone()),
            (_, Field::Labels(labels)) => Box::new(items::path(labels)),
        };
        put(name, of_type, parameter);
    }
    let text = |name: &str| {
        let at = table.columns.iter().position(|column| column.name == name);
        at.and_then(|at| row.fields.get(at)).map_or("", Field::text)
    };
    if matches!(table.name, "assistants" | "threads" | "crons") {
        let metadata: JsonObject = serde_json::from_str(text("metadata"))?;
        put("terms", "bigint[]", Box::new(terms(&metadata)));
    }
    match table.name {
        "assistants" => put("folded_name", "text", Box::new(text("name").to_lowercase())),
        "runs" | "gone_runs" => {
            let kwargs: Value = serde_json::from_str(text("kwargs"))?;
            let graph_id = graph_of(&kwargs).map(str::to_owned);
            put("graph_id", "text", Box::new(graph_id));
        }
        _ => {}
    }
    let name = table.name;
    let names = names.join(", ");
    let places = places.join(", ");
    let sql = match name {
        // `$1` is the id of the run.
        "run_records" | "run_logs" => format!(
            "INSERT INTO {name} ({names}) SELECT {} FROM known_runs WHERE run_id = $1 RETURNING 1",
            places.replacen("$1::uuid", "sequence", 1)
        ),
        _ => format!("INSERT INTO {name} ({names}) VALUES ({places}) RETURNING 1"),
    };
    Ok((sql, parameters))
}

/// The graph that a run names, if it can be searched for.
fn graph_of(kwargs: &Value) -> Option<&str> {
    let graph_id = kwargs.pointer("/config/configurable/graph_id")?.as_str()?;
    Some(graph_id).filter(|graph_id| !graph_id.contains('\0'))
}

const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::RunOfRow => "uuid",
        Kind::Text | Kind::Json | Kind::Namespace | Kind::Key => "text",
        Kind::Number => "bigint",
        Kind::Real => "double precision",
        Kind::Flag => "boolean",
        Kind::Bytes | Kind::Value => "bytea",
    }
}

/// About how much a field takes.
const fn size(field: &Field) -> usize {
    match field {
        Field::Text(text) => text.len(),
        Field::Bytes(bytes) => bytes.len(),
        _ => 16,
    }
}

/// NULL, whatever its type.
#[derive(Debug)]
struct Nothing;

impl ToSql for Nothing {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
