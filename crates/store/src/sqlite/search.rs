//! One page of the rows that pass a condition, and how many pass it in all.

use lgx_model::query::{Page, Rows};
use rusqlite::{Connection, Row, ToSql};

use crate::Result;

/// A search in the making: conditions joined by AND, with their parameters.
pub(crate) struct Search<'a> {
    table: &'static str,
    conditions: Vec<String>,
    parameters: Vec<Box<dyn ToSql + 'a>>,
}

impl<'a> Search<'a> {
    /// All rows of `table`, which has a `sequence` column.
    pub(crate) fn of(table: &'static str) -> Self {
        Self {
            table,
            conditions: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Only rows for which `condition` holds; its `?` is `parameter`.
    pub(crate) fn and(&mut self, condition: &str, parameter: impl ToSql + 'a) {
        self.parameters.push(Box::new(parameter));
        self.conditions
            .push(condition.replace('?', &format!("?{}", self.parameters.len())));
    }

    /// How many rows there are.
    pub(crate) fn count(&self, connection: &Connection) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {} {}", self.table, self.condition());
        let count: i64 = connection
            .prepare_cached(&sql)?
            .query_row(&*self.parameters(), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The rows of `page` in `order`, each read from `columns` by `noun`.
    pub(crate) fn page<T>(
        &self,
        connection: &Connection,
        columns: &str,
        order: &str,
        page: Page,
        noun: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Rows<T>> {
        let (sequences, total) = self.sequences(connection, order, page)?;
        let rows = read(connection, columns, &sequences, noun)?;
        Ok(Rows { rows, total })
    }

    /// As [`Search::page`], where an index gives the rows in `order` and so many pass: walks no further than to the end of the page.
    pub(crate) fn page_in_order<T>(
        &self,
        connection: &Connection,
        columns: &str,
        order: &str,
        page: Page,
        total: u64,
        noun: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Rows<T>> {
        let mut statement = connection.prepare(&self.in_order(order, page))?;
        let sequences = statement
            .query_map(&*self.parameters(), |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        let rows = read(connection, columns, &sequences, noun)?;
        Ok(Rows { rows, total })
    }

    fn in_order(&self, order: &str, page: Page) -> String {
        let Page { limit, offset } = page;
        format!(
            "SELECT sequence FROM {} {} ORDER BY {order} LIMIT {limit} OFFSET {offset}",
            self.table,
            self.condition()
        )
    }

    /// How `SQLite` goes about [`Search::page_in_order`].
    #[cfg(test)]
    pub(crate) fn plan_in_order(
        &self,
        connection: &Connection,
        order: &str,
        page: Page,
    ) -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {}", self.in_order(order, page));
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement.query_map(&*self.parameters(), |row| row.get(3));
        steps.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// Which rows are on the page, and how many there are. Conditions on JSON are the expensive part, so they are asked
    /// once a row; without any condition an index and a count are quicker than a walk.
    fn sequences(
        &self,
        connection: &Connection,
        order: &str,
        page: Page,
    ) -> Result<(Vec<i64>, u64)> {
        if self.conditions.is_empty() {
            let sql = format!(
                "SELECT sequence FROM {} ORDER BY {order} LIMIT ?1 OFFSET ?2",
                self.table
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
            let sequences = statement
                .query_map((page.limit, offset), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            return Ok((sequences, self.count(connection)?));
        }
        // The `+` keeps an index from giving the order: fetching every row by it costs more than sorting those that pass.
        let sql = format!(
            "SELECT sequence FROM {} {} ORDER BY +{order}",
            self.table,
            self.condition()
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(&*self.parameters())?;
        let wanted = page.offset..page.offset.saturating_add(page.limit.into());
        let (mut sequences, mut seen) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            if wanted.contains(&seen) {
                sequences.push(row.get(0)?);
            }
            seen += 1;
        }
        Ok((sequences, seen))
    }

    fn condition(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.conditions.join(" AND "))
        }
    }

    fn parameters(&self) -> Vec<&dyn ToSql> {
        self.parameters.iter().map(AsRef::as_ref).collect()
    }
}

/// The rows of these numbers, each read from `columns` by `noun`.
fn read<T>(
    connection: &Connection,
    columns: &str,
    sequences: &[i64],
    noun: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut one = connection.prepare_cached(&format!("SELECT {columns} WHERE sequence = ?1"))?;
    sequences
        .iter()
        .map(|sequence| {
            let mut rows = one.query([sequence])?;
            rows.next()?.map(&noun).transpose()
        })
        .filter_map(Result::transpose)
        .collect()
}
