//! Items of long-term memory over HTTP: put, get, delete, search, and which namespaces there are.

mod after_auth;
mod embed;
mod put_options;

use axum::response::Response;
use lgx_model::forms::given;
use lgx_model::item::{Namespace, NamespaceError, check_labels, check_writable};
use lgx_model::{FoundItem, JsonObject, RawJson, Timestamp};
use lgx_store::WriteTime;
use lgx_store::items::{ItemFilter, ListNamespaces, NewItem, SearchItems};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::put_options::{Index, ItemTtl};
use super::body::{Bounded, Offset};
use super::{ApiError, Call, reply};
use crate::auth::access;

/// The body of `PUT /store/items`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ItemPut {
    /// Labels from the root down; at least one, none of them empty or with a dot.
    namespace: Namespace,
    /// The item's name in its namespace.
    key: String,
    /// What to remember; replaces all of what was there.
    value: JsonObject,
    /// Paths of the texts that it is found by, or false; those of langgraph.json when absent or null.
    #[serde(default)]
    index: Option<Index>,
    /// Minutes that it lives, null for ever; what langgraph.json says when absent.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    ttl: ItemTtl,
}

/// `PUT /store/items`
pub(super) async fn put(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<ItemPut>().and_then(|body| {
        labels(&body.namespace)?;
        check_writable(&body.namespace)
            .map_err(|error| ApiError::bad_request(error.to_string()))?;
        Ok(body)
    });
    let (body, grant) = call
        .authorize(read, access("store", "put"), |body| {
            json!({"namespace": body.namespace, "key": body.key, "value": body.value, "index": body.index,
                   "ttl": body.ttl.minutes(None)})
        })
        .await?;
    let value: JsonObject = after_auth::required(&grant, "value")?;
    let vectors = match body.index {
        Some(Index::Off(_)) => None,
        Some(Index::Fields(fields)) => embed::item(&call, &value, Some(fields)).await?,
        None => embed::item(&call, &value, None).await?,
    };
    let default_ttl = call
        .app
        .engine
        .workers
        .config()
        .store
        .ttl
        .and_then(|ttl| ttl.default_minutes);
    let new = NewItem {
        namespace: after_auth::required(&grant, "namespace")?,
        key: after_auth::required(&grant, "key")?,
        value: RawJson::of(&value),
        vectors,
        ttl_minutes: body.ttl.minutes(default_ttl),
    };
    let ends = new.ttl_minutes.is_some();
    call.store().put_item(new, WriteTime::OnItsTurn).await?;
    if ends {
        call.app.engine.expiry.changed();
    }
    Ok(reply::no_content())
}

/// `GET /store/items`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let asked = call.query_values("refresh_ttl").pop();
    let refresh = refreshes(&call, asked.map(|_| call.query_flag("refresh_ttl")));
    let (namespace, key) = readable(&call, refresh).await?;
    let item = call
        .store()
        .get_item(namespace, key, refresh, Timestamp::now())
        .await?;
    Ok(reply::json(&item))
}

/// The namespace and key of the query, as the caller may read them.
pub(super) async fn readable(call: &Call, refresh: bool) -> Result<(Namespace, String), ApiError> {
    let last = |name: &str| call.query_values(name).pop();
    let asked = || {
        let namespace: Namespace = last("namespace")
            .unwrap_or_default()
            .split('.')
            .map(str::to_owned)
            .collect();
        labels(&namespace)?;
        let key = last("key").ok_or_else(|| {
            ApiError::bad_request("The query says no `key`; add `&key=` and the item's name.")
        })?;
        Ok((namespace, key))
    };
    let (_, grant) = call
        .authorize(
            asked(),
            access("store", "get"),
            |(namespace, key)| json!({"namespace": namespace, "key": key, "refresh_ttl": refresh}),
        )
        .await?;
    Ok((
        after_auth::required(&grant, "namespace")?,
        after_auth::required(&grant, "key")?,
    ))
}

/// The body of `DELETE /store/items`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ItemDelete {
    /// Where the item is.
    #[serde(default)]
    namespace: Namespace,
    /// Its name there.
    key: String,
}

/// `DELETE /store/items`
pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<ItemDelete>().and_then(|body| {
        labels(&body.namespace)?;
        Ok(body)
    });
    let (_, grant) = call
        .authorize(
            read,
            access("store", "delete"),
            |body| json!({"namespace": body.namespace, "key": body.key}),
        )
        .await?;
    let namespace: Namespace = after_auth::required(&grant, "namespace")?;
    let key: String = after_auth::required(&grant, "key")?;
    call.store().delete_item(namespace, key).await?;
    Ok(reply::no_content())
}

/// Below which namespace the caller may delete everything: where the `store.delete` handler puts the root.
pub(super) async fn clearable(call: &Call) -> Result<Namespace, ApiError> {
    let root = JsonObject::from_iter([
        ("namespace".to_owned(), json!([])),
        ("key".to_owned(), json!("")),
    ]);
    let grant = call.grant(access("store", "delete"), root).await?;
    Ok(after_auth::optional(&grant, "namespace")?.unwrap_or_default())
}

/// The body of `POST /store/items/search`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ItemSearch {
    /// In this namespace and those below it; everywhere when absent, null or empty.
    #[serde(default)]
    namespace_prefix: Option<Namespace>,
    /// What keys of the value have to be, or how they have to compare: `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`.
    #[serde(default)]
    filter: Option<JsonObject>,
    /// How many at most; 10 when absent.
    #[serde(default, deserialize_with = "given")]
    limit: Option<Bounded<1, { i64::MAX }>>,
    /// How many to pass over.
    #[serde(default, deserialize_with = "given")]
    offset: Option<Offset>,
    /// What the items should be about; the nearest come first.
    #[serde(default)]
    query: Option<String>,
    /// Whether what is found lives for its whole time again; what langgraph.json says when absent or null.
    #[serde(default)]
    refresh_ttl: Option<bool>,
}

/// What a search finds.
#[derive(Serialize, JsonSchema)]
pub(super) struct ItemsFound {
    items: Vec<FoundItem>,
}

/// `POST /store/items/search`
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let asked = call.json::<ItemSearch>().and_then(|body| {
        labels(body.namespace_prefix.as_deref().unwrap_or_default())?;
        filter(body.filter.as_ref())?;
        Ok(body)
    });
    let limit = |body: &ItemSearch| body.limit.map_or(10, |limit| limit.0);
    let offset = |body: &ItemSearch| body.offset.map_or(0, |offset| offset.0);
    let (body, grant) = call
        .authorize(asked, access("store", "search"), |body| {
            json!({"namespace": body.namespace_prefix.clone().unwrap_or_default(), "filter": body.filter, "limit": limit(body),
                   "offset": offset(body), "query": body.query, "refresh_ttl": body.refresh_ttl})
        })
        .await?;
    let query: Option<String> = after_auth::optional(&grant, "query")?;
    let near = match query.filter(|query| !query.is_empty()) {
        Some(query) => embed::query(&call, &query).await?,
        None => None,
    };
    let search = SearchItems {
        prefix: after_auth::optional(&grant, "namespace")?.unwrap_or_default(),
        filter: filter(after_auth::optional(&grant, "filter")?.as_ref())?,
        near,
        limit: limit(&body).unsigned_abs(),
        offset: offset(&body).unsigned_abs(),
    };
    let refresh = refreshes(&call, body.refresh_ttl);
    let items = call
        .store()
        .search_items(search, refresh, Timestamp::now())
        .await?;
    Ok(reply::json(&ItemsFound { items }))
}

/// The body of `POST /store/namespaces`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct NamespaceList {
    /// What they begin with; `*` is any label.
    prefix: Option<Namespace>,
    /// What they end with; `*` is any label.
    suffix: Option<Namespace>,
    /// So many labels of each.
    max_depth: Option<Offset>,
    /// How many at most; 100 when absent.
    limit: Option<Offset>,
    /// How many to pass over.
    offset: Option<Offset>,
}

/// The namespaces that have items.
#[derive(Serialize, JsonSchema)]
pub(super) struct Namespaces {
    namespaces: Vec<Namespace>,
}

/// `POST /store/namespaces`
pub(super) async fn list_namespaces(call: Call) -> Result<Response, ApiError> {
    let asked = call.json::<NamespaceList>().and_then(|body| {
        labels(body.prefix.as_deref().unwrap_or_default())?;
        labels(body.suffix.as_deref().unwrap_or_default())?;
        Ok(body)
    });
    let limit = |body: &NamespaceList| body.limit.map_or(100, |limit| limit.0);
    let offset = |body: &NamespaceList| body.offset.map_or(0, |offset| offset.0);
    let (body, grant) = call
        .authorize(asked, access("store", "list_namespaces"), |body| {
            json!({"namespace": body.prefix, "suffix": body.suffix, "max_depth": body.max_depth.map(|depth| depth.0),
                   "limit": limit(body), "offset": offset(body)})
        })
        .await?;
    let prefix: Option<Namespace> = after_auth::optional(&grant, "namespace")?;
    let suffix: Option<Namespace> = after_auth::optional(&grant, "suffix")?;
    let query = ListNamespaces {
        prefixes: prefix.into_iter().collect(),
        suffixes: suffix.into_iter().collect(),
        max_depth: body
            .max_depth
            .map(|depth| usize::try_from(depth.0).unwrap_or(usize::MAX)),
        limit: limit(&body).unsigned_abs(),
        offset: offset(&body).unsigned_abs(),
    };
    let namespaces = call
        .store()
        .list_namespaces(query, Timestamp::now())
        .await?;
    Ok(reply::json(&Namespaces { namespaces }))
}

/// 422 for labels that are none.
fn labels(namespace: &[String]) -> Result<(), ApiError> {
    check_labels(namespace).map_err(|error: NamespaceError| ApiError::invalid(error.to_string()))
}

/// 400 for filters that make no sense.
fn filter(filter: Option<&JsonObject>) -> Result<ItemFilter, ApiError> {
    filter.map_or_else(
        || Ok(ItemFilter::default()),
        |filter| {
            ItemFilter::parse(filter).map_err(|error| ApiError::bad_request(error.to_string()))
        },
    )
}

/// Whether reading puts the end of an item off: as asked, else as langgraph.json says.
fn refreshes(call: &Call, asked: Option<bool>) -> bool {
    asked.unwrap_or_else(|| {
        let ttl = call.app.engine.workers.config().store.ttl;
        ttl.is_none_or(|ttl| ttl.refresh_on_read)
    })
}
