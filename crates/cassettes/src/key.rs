//! What a request is found by: a digest of where it goes and of its body in its normal form.

use sha2::{Digest as _, Sha256};

use crate::digest;
use crate::ids::NormalForm;
use crate::request::Request;

/// The key of a request, the first part of the names of its files.
pub(crate) fn key_of(request: &Request, form: &NormalForm) -> String {
    let mut digest = Sha256::new();
    for part in [request.method(), request.host(), request.path()] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    match request.json() {
        Some(body) => digest.update(form.of(&body).to_string()),
        None => digest.update(without_boundary(request.body())),
    }
    digest::told(digest)
}

/// The parts of a multipart body, without the boundary between them, which is another one each time. Any other body is one part.
fn without_boundary(body: &[u8]) -> Vec<u8> {
    let boundary = body
        .starts_with(b"--")
        .then(|| body.split(|byte| *byte == b'\r').next())
        .flatten()
        .filter(|boundary| boundary.len() > 2);
    let Some(boundary) = boundary else {
        return body.to_vec();
    };
    let mut parts = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(boundary) {
            parts.extend_from_slice(b"--");
            rest = after;
        } else {
            parts.push(rest[0]);
            rest = &rest[1..];
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(body: &str) -> String {
        let request = Request::new("POST", "api.openai.com", "/v1/x", body);
        key_of(&request, &NormalForm::new(false))
    }

    #[test]
    fn neither_order_nor_space_nor_ids_are_part_of_it() {
        let one = key(r#"{"a": {"x": 1, "y": 2}, "id": "0197f3a2-1111-7222-8333-444455556666"}"#);
        let other = key(r#"{"id":"0198aaaa-1111-7222-8333-444455556666","a":{"y":2,"x":1}}"#);
        assert_eq!(one, other);
        assert_eq!(one.len(), 16);
    }

    #[test]
    fn what_is_said_is_part_of_it() {
        assert_ne!(key(r#"{"a": "x"}"#), key(r#"{"a": "y"}"#));
        assert_ne!(key(r#"{"a": [1, 2]}"#), key(r#"{"a": [2, 1]}"#));
        let there = Request::new("POST", "api.mistral.ai", "/v1/x", "{}");
        assert_ne!(key("{}"), key_of(&there, &NormalForm::new(false)));
    }

    #[test]
    fn the_boundary_of_a_form_is_not() {
        let form = |boundary: &str| {
            key(&format!(
                "--{boundary}\r\nname\r\n\r\nvalue\r\n--{boundary}--\r\n"
            ))
        };
        assert_eq!(form("abc"), form("another-one"));
        assert_ne!(
            form("abc"),
            key("--abc\r\nname\r\n\r\nother\r\n--abc--\r\n")
        );
    }
}
