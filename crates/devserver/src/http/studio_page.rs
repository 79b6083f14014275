//! The page of the local Studio, below `/studio/`: public as `/docs` is, never cached unasked, and shut off from the rest of the web.
//!
//! These paths are the server's own: neither the project's app nor `http.mount_prefix` has a say in them.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use lgx_studio::{Asset, Content};

use super::ApiError;
use crate::app::App;
use crate::options::LocalStudio;

/// Where the page is, without the slash that it ends with.
const PLACE: &str = "/studio";
/// What serves every address that the page itself knows.
const INDEX: &str = "index.html";

/// Scripts and data from here alone; models write what is shown, and may name any address.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    media-src data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Whether a path is the page's.
pub(super) fn has(path: &str) -> bool {
    let within = path.strip_prefix(PLACE);
    within.is_some_and(|within| within.is_empty() || within.starts_with('/'))
}

/// Answers a request for one of its paths.
pub(super) async fn respond(
    app: &App,
    studio: &LocalStudio,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    // Nothing of the body is wanted.
    let (parts, _) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let refused = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        return Err(refused.header(ALLOW, HeaderValue::from_static("GET, HEAD")));
    }
    let path = parts.uri.path();
    let Some(within) = path.strip_prefix("/studio/") else {
        return Ok(to_the_slash(&parts.uri));
    };
    let file = match find(studio, within).await? {
        Some(file) => file,
        None if names_a_file(within) => return Err(ApiError::not_found("Not Found")),
        None => find(studio, INDEX)
            .await?
            .ok_or_else(|| missing(app, studio))?,
    };
    answer(file, &parts.headers)
}

/// Paths of the page have no dot in their last part.
fn names_a_file(within: &str) -> bool {
    let last = within.rsplit('/').next();
    last.is_some_and(|last| last.contains('.'))
}

async fn find(studio: &LocalStudio, within: &str) -> Result<Option<Asset>, ApiError> {
    let Some(folder) = studio.folder.clone() else {
        return Ok(lgx_studio::asset(within));
    };
    let path = within.to_owned();
    let read = move || lgx_studio::asset_in(&folder, &path);
    let read = tokio::task::spawn_blocking(read).await;
    let found = read.map_err(|error| ApiError::internal(format!("a file of the page: {error}")))?;
    found.map_err(|error| ApiError::internal(format!("a file of the page: {error}")))
}

/// The person who named a folder reads the answer.
fn missing(app: &App, studio: &LocalStudio) -> ApiError {
    let folder = studio
        .folder
        .as_deref()
        .unwrap_or(&app.options.engine.config);
    ApiError::not_found(format!(
        "There is no {INDEX} in {}: build the page with `just studio`, or start without LGX_STUDIO_DIR.",
        folder.display()
    ))
}

fn to_the_slash(uri: &Uri) -> Response {
    let query = uri
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    if let Ok(place) = HeaderValue::try_from(format!("{PLACE}/{query}")) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

fn answer(file: Asset, asked: &HeaderMap) -> Result<Response, ApiError> {
    let etag = HeaderValue::try_from(&*file.etag)
        .map_err(|error| ApiError::internal(format!("a tag of the page: {error}")))?;
    let is_known = has_tag(asked, &file.etag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content(file, asked)?
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, etag);
    // Other projects and versions are served at the same address: what is kept is asked after each time.
    set(headers, CACHE_CONTROL, "no-cache");
    set(headers, CONTENT_SECURITY_POLICY, POLICY);
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, REFERRER_POLICY, "no-referrer");
    set(headers, VARY, "Accept-Encoding");
    Ok(response)
}

fn content(file: Asset, asked: &HeaderMap) -> Result<Response, ApiError> {
    let mut response = match file.content {
        Content::Gzip(packed) if takes_gzip(asked) => {
            let mut response = packed.into_response();
            set(response.headers_mut(), CONTENT_ENCODING, "gzip");
            response
        }
        other => other
            .unpacked()
            .map_err(|error| ApiError::internal(format!("a file of the page: {error}")))?
            .into_response(),
    };
    set(response.headers_mut(), CONTENT_TYPE, file.content_type);
    Ok(response)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// The values of a header that is a list.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

/// Whether the client has what this tag is of.
fn has_tag(asked: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim_start_matches("W/").to_owned();
    let mut tags = listed(asked, IF_NONE_MATCH);
    tags.any(|tag| tag == "*" || opaque(tag) == opaque(etag))
}

/// Whether the client says that it unpacks gzip.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let mut codings = listed(asked, ACCEPT_ENCODING);
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip")
            && weight.parse().is_ok_and(|weight: f32| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_the_page_are_its_place_and_what_is_below() {
        for (path, is_its) in [
            ("/studio", true),
            ("/studio/", true),
            ("/studio/threads/1", true),
            ("/studios", false),
            ("/studio.js", false),
            ("/pre/studio/", false),
        ] {
            assert_eq!(has(path), is_its, "{path}");
        }
    }

    #[test]
    fn what_has_a_dot_in_its_last_part_is_a_file() {
        for (within, is_file) in [
            ("", false),
            ("threads/any-id", false),
            ("v1.2/threads", false),
            ("nope.js", true),
            ("threads/nope.js", true),
        ] {
            assert_eq!(names_a_file(within), is_file, "{within}");
        }
    }

    #[test]
    fn gzip_goes_to_those_who_take_it() {
        for (accepted, taken) in [
            ("gzip, deflate, br, zstd", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("identity", false),
            ("xgzip", false),
        ] {
            let mut headers = HeaderMap::new();
            assert!(!takes_gzip(&headers));
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes_gzip(&headers), taken, "{accepted}");
        }
    }
}
