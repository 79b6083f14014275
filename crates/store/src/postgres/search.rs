//! One page of the rows that pass a condition, and how many pass it in all.
//!
//! Conditions in SQL are decided by the database, others (containment, what callers may see) here, row by row. Where terms of the metadata
//! say as much as these, the database counts and pages, and only what is shown is looked at.

use std::pin::pin;

use futures_util::TryStreamExt;
use futures_util::future::try_join;
use lgx_model::JsonObject;
use lgx_model::query::{Page, Rows};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::any_text::AnyText;
use super::columns::{text_or_null, value};
use super::session::{Parameter, Session};
use crate::row_condition::RowCondition;
use crate::terms::Wanted;
use crate::{Filter, Result, Scope};

/// What a condition can be asked about, with its type in SQL.
pub(crate) trait TypedParameter: ToSql + Sync + Send {
    /// The type.
    const TYPE: Type;
}

impl TypedParameter for bool {
    const TYPE: Type = Type::BOOL;
}

impl TypedParameter for i64 {
    const TYPE: Type = Type::INT8;
}

impl TypedParameter for Vec<i64> {
    const TYPE: Type = Type::INT8_ARRAY;
}

impl TypedParameter for &str {
    const TYPE: Type = Type::TEXT;
}

impl TypedParameter for String {
    const TYPE: Type = Type::TEXT;
}

impl TypedParameter for AnyText<'_> {
    const TYPE: Type = Type::TEXT;
}

impl TypedParameter for Vec<String> {
    const TYPE: Type = Type::TEXT_ARRAY;
}

impl TypedParameter for Uuid {
    const TYPE: Type = Type::UUID;
}

impl TypedParameter for Vec<Uuid> {
    const TYPE: Type = Type::UUID_ARRAY;
}

/// A search in the making: conditions joined by AND, with their parameters.
pub(crate) struct RowSearch<'a> {
    table: &'static str,
    conditions: Vec<String>,
    parameters: Vec<(Box<dyn ToSql + Sync + Send + 'a>, Type)>,
    /// What is decided here, with the column that it is about.
    looks: Vec<(&'static str, RowCondition)>,
    /// Whether the conditions in SQL do not say all that is looked at.
    has_more: bool,
}

impl<'a> RowSearch<'a> {
    /// All rows of `table`, which has a `sequence` column.
    pub(crate) fn of(table: &'static str) -> Self {
        Self {
            table,
            conditions: Vec::new(),
            parameters: Vec::new(),
            looks: Vec::new(),
            has_more: false,
        }
    }

    /// Only rows for which `condition` holds; its `?` is `parameter`.
    pub(crate) fn and<T: TypedParameter + 'a>(&mut self, condition: &str, parameter: T) {
        self.parameters.push((Box::new(parameter), T::TYPE));
        let number = format!("${}", self.parameters.len());
        self.conditions.push(condition.replace('?', &number));
    }

    /// Only rows whose `column` contains `filter`. Every row passes a filter that is empty.
    pub(crate) fn contains(&mut self, column: &'static str, filter: &JsonObject) {
        if !filter.is_empty() {
            self.look(column, RowCondition::contains(filter.clone()));
        }
    }

    /// Only rows that the caller may see by the metadata in `column`.
    pub(crate) fn allowed(&mut self, column: &'static str, scope: &Scope) {
        if let Some(filter) = scope.filter() {
            self.look(column, RowCondition::allowed(filter.clone()));
        }
    }

    /// Only rows whose `column` is NULL, or metadata by which the caller may see it.
    pub(crate) fn null_or_allowed(&mut self, column: &'static str, scope: &Scope) {
        if let Some(filter) = scope.filter() {
            let condition = RowCondition::allowed(filter.clone()).or_null();
            self.looks.push((column, condition));
            self.has_more = true;
        }
    }

    /// Both, of the `metadata` of a table that has its `terms`, too.
    pub(crate) fn metadata(&mut self, filter: &JsonObject, scope: &Scope) {
        let of_scope = scope.filter().map(Filter::wanted).unwrap_or_default();
        let mut wanted = Wanted::of(filter);
        wanted.terms.extend(of_scope.terms);
        if !wanted.terms.is_empty() {
            self.and("terms @> ?", wanted.terms);
        }
        self.has_more |= wanted.more || of_scope.more;
        let contains = (!filter.is_empty()).then(|| RowCondition::contains(filter.clone()));
        let allowed = scope.filter().cloned().map(RowCondition::allowed);
        let looks = contains.into_iter().chain(allowed);
        self.looks.extend(looks.map(|look| ("metadata", look)));
    }

    /// Only rows of whose `column` this holds.
    fn look(&mut self, column: &'static str, condition: RowCondition) {
        let words: Vec<String> = condition.words().map(str::to_owned).collect();
        for word in words {
            self.and(&format!("strpos({column}, ?) > 0"), word);
        }
        self.looks.push((column, condition));
        self.has_more = true;
    }

    /// How many rows there are.
    pub(crate) async fn count(&self, session: &Session) -> Result<u64> {
        if self.has_more {
            let none = Page {
                limit: 0,
                offset: 0,
            };
            let sql = self.looking("sequence");
            return Ok(self.walk(session, &sql, &self.parameters(), none).await?.1);
        }
        let sql = format!("SELECT count(*) FROM {}{}", self.table, self.condition());
        let rows = session.rows_once(&sql, &self.parameters()).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| value(row, 0))?;
        Ok(count.unsigned_abs())
    }

    /// The rows of `page` in `order`, each read from `columns` (with what they are from) by `noun`. To be asked of one moment.
    pub(crate) async fn page<T>(
        &self,
        session: &Session,
        columns: &str,
        order: &str,
        page: Page,
        noun: impl Fn(&Row) -> Result<T>,
    ) -> Result<Rows<T>> {
        let (rows, total) = if self.looks.is_empty() {
            let shown = self.shown(session, columns, order, page);
            try_join(shown, self.count(session)).await?
        } else {
            let (sequences, total) = self.sequences(session, order, page).await?;
            (read(session, columns, order, sequences).await?, total)
        };
        let rows = rows.iter().map(noun).collect::<Result<_>>()?;
        Ok(Rows { rows, total })
    }

    /// The rows of a page of which nothing is decided here.
    async fn shown(
        &self,
        session: &Session,
        columns: &str,
        order: &str,
        page: Page,
    ) -> Result<Vec<Row>> {
        let (limit, offset) = bounds(page);
        let mut parameters = self.parameters();
        parameters.extend([(&limit as Parameter<'_>, Type::INT8), (&offset, Type::INT8)]);
        // What is large is not sorted.
        let sql = format!(
            "SELECT {columns} WHERE sequence = ANY(ARRAY(SELECT sequence FROM {}{} ORDER BY {order}{})) ORDER BY {order}",
            self.table,
            self.condition(),
            self.paging(),
        );
        session.rows_once(&sql, &parameters).await
    }

    /// How the database goes about finding the rows of a page, all conditions of which it can decide.
    #[cfg(test)]
    pub(crate) async fn plan(&self, session: &Session, order: &str, page: Page) -> Result<String> {
        let (limit, offset) = bounds(page);
        let mut parameters = self.parameters();
        parameters.extend([(&limit as Parameter<'_>, Type::INT8), (&offset, Type::INT8)]);
        let sql = format!("EXPLAIN {}{}", self.looking(order), self.paging());
        let rows = session.rows_once(&sql, &parameters).await?;
        let lines = rows.iter().map(|row| super::columns::text(row, 0));
        Ok(lines.collect::<Result<Vec<_>>>()?.join("\n"))
    }

    /// Which rows are on the page, and how many there are.
    async fn sequences(
        &self,
        session: &Session,
        order: &str,
        page: Page,
    ) -> Result<(Vec<i64>, u64)> {
        let mut sql = self.looking(order);
        let mut parameters = self.parameters();
        if self.has_more {
            return self.walk(session, &sql, &parameters, page).await;
        }
        let (limit, offset) = bounds(page);
        parameters.extend([(&limit as Parameter<'_>, Type::INT8), (&offset, Type::INT8)]);
        sql.push_str(&self.paging());
        let walk = self.walk(session, &sql, &parameters, Page::ALL);
        let ((sequences, _), total) = try_join(walk, self.count(session)).await?;
        Ok((sequences, total))
    }

    /// Looks at one row after the other: which of those that pass are on the page, and how many pass.
    async fn walk(
        &self,
        session: &Session,
        sql: &str,
        parameters: &[(Parameter<'_>, Type)],
        page: Page,
    ) -> Result<(Vec<i64>, u64)> {
        let mut rows = pin!(session.stream_once(sql, parameters).await?);
        let wanted = page.offset..page.offset.saturating_add(page.limit.into());
        let (mut sequences, mut seen) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            if self.passes(&row)? {
                if wanted.contains(&seen) {
                    sequences.push(value(&row, 0)?);
                }
                seen += 1;
            }
        }
        Ok((sequences, seen))
    }

    /// Whether all that is decided here holds of a row of [`RowSearch::looking`].
    fn passes(&self, row: &Row) -> Result<bool> {
        for (column, (_, condition)) in (1..).zip(&self.looks) {
            if !condition.holds(text_or_null(row, column)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The statement that gives what is to be looked at.
    fn looking(&self, order: &str) -> String {
        let looks = self.looks.iter().map(|(column, _)| format!(", {column}"));
        let looks: String = looks.collect();
        let (table, condition) = (self.table, self.condition());
        format!("SELECT sequence{looks} FROM {table}{condition} ORDER BY {order}")
    }

    fn condition(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }

    /// With two more parameters, limit and offset.
    fn paging(&self) -> String {
        let count = self.parameters.len();
        format!(" LIMIT ${} OFFSET ${}", count + 1, count + 2)
    }

    fn parameters(&self) -> Vec<(Parameter<'_>, Type)> {
        let parameters = self.parameters.iter();
        parameters
            .map(|(value, of)| (&**value as Parameter<'_>, of.clone()))
            .collect()
    }
}

fn bounds(page: Page) -> (i64, i64) {
    let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    (page.limit.into(), offset)
}

/// The rows of these numbers, in `order`.
async fn read(
    session: &Session,
    columns: &str,
    order: &str,
    sequences: Vec<i64>,
) -> Result<Vec<Row>> {
    if sequences.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {columns} WHERE sequence = ANY($1) ORDER BY {order}");
    session
        .rows_once(&sql, &[(&sequences, Type::INT8_ARRAY)])
        .await
}
