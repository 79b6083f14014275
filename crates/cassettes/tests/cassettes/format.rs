//! The files as they lie there: a change of these snapshots is a change of the recordings of every project.

use insta::{assert_snapshot, with_settings};
use lgx_cassettes::{Mode, Request, Response};
use serde_json::json;
use tempfile::TempDir;

use crate::sample::{asking, chat, library, saying, streaming};

/// The file that is written for an answer, without its day.
fn file_of(request: &Request, response: &Response) -> String {
    let folder = TempDir::new().unwrap();
    let library = library(&folder, Mode::Record);
    let kept = library.keep(request, response).unwrap();
    fs_err::read_to_string(library.folder().join(kept.name)).unwrap()
}

macro_rules! assert_file {
    ($request:expr, $response:expr) => {
        with_settings!({filters => [(r#""recorded": "20\d\d-\d\d-\d\d""#, r#""recorded": "<day>""#)]}, {
            assert_snapshot!(file_of($request, $response));
        });
    };
}

#[test]
fn a_whole_answer() {
    assert_file!(&asking("hi"), &saying("hello"));
}

#[test]
fn a_stream() {
    let asked = chat(&json!({"model": "m", "messages": [], "stream": true}));
    let told = streaming(&[
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
    ]);
    assert_file!(&asked, &told);
}

#[test]
fn bytes_that_are_no_text() {
    let form = Request::new(
        "POST",
        "api.openai.com",
        "/v1/audio",
        *b"--x\r\n\xff\r\n--x--\r\n",
    );
    let said = Response::new(
        200,
        [
            ("content-type", "text/plain"),
            ("set-cookie", "a=b"),
            ("x-request-id", "7"),
        ],
        lgx_cassettes::Body::Whole(b"Hello.".to_vec()),
    );
    assert_file!(&form, &said);
}

#[test]
fn what_is_no_recording_is_told_with_its_place() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    let kept = recording.keep(&asking("hi"), &saying("hello")).unwrap();
    let path = recording.folder().join(kept.name);
    let told = |text: &str| {
        fs_err::write(&path, text).unwrap();
        let error = library(&folder, Mode::Replay)
            .find(&asking("hi"))
            .unwrap_err();
        let shown = path.display().to_string();
        error.to_string().replace(&shown, "FILE")
    };
    let expected = [
        (
            "{\n<<<<<<< HEAD\n",
            "FILE:2: key must be a string; remove the file or record it again",
        ),
        (
            "{}",
            "FILE: it is no recording (it has no `lgx`); remove the file or record it again",
        ),
        (
            r#"{"lgx": 2}"#,
            "FILE: it is of version 2 of the format, this lgx knows 1; remove the file or record it again",
        ),
        (
            r#"{"lgx": 1, "request": {"method": "GET"}}"#,
            "FILE: `/request/host` is missing or not what it should be; remove the file or record it again",
        ),
    ];
    for (text, message) in expected {
        assert_eq!(told(text), message);
    }
}
