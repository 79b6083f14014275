//! What is refused because it must not lie in a file that goes into git, and what is not.

use lgx_cassettes::{Body, Library, Mode, Request, Response, Rules};
use serde_json::json;
use tempfile::TempDir;

use crate::sample::{asking, chat, library, saying, streaming};

/// Why an answer is not kept.
fn refusal(request: &Request, response: &Response) -> Option<String> {
    let folder = TempDir::new().unwrap();
    let library = library(&folder, Mode::Record);
    let error = library.keep(request, response).err()?;
    assert!(!library.folder().exists(), "nothing is written");
    Some(error.to_string())
}

/// Keys of the right shape that open nothing. They are put together here, so that no scanner takes this file for a leak.
fn keys() -> Vec<(String, &'static str)> {
    let body = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0";
    let key = |start: &str, length: usize| format!("{start}{}", &body[..length]);
    vec![
        (key("sk-proj-", 40), "an API key"),
        (key("sk-ant-api03-", 40), "an API key of Anthropic"),
        (key("AIzaSy", 33), "an API key of Google"),
        (
            format!("AKIA{}", "ABCDEFGH12345678"),
            "an access key of AWS",
        ),
        (key("ghp_", 36), "a token of GitHub"),
        (key("github_pat_", 36), "a token of GitHub"),
        (key("xoxb-", 24), "a token of Slack"),
        (key("hf_", 34), "a token of Hugging Face"),
        (
            format!("lsv2_pt_{}", "0123456789abcdef0123456789abcdef_01234567"),
            "an API key of LangSmith",
        ),
        (key("tvly-dev-", 32), "an API key of Tavily"),
        (
            format!("{}.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl", "eyJhbGciOiJIUzI1NiJ9"),
            "a JSON web token",
        ),
        (key("Bearer ", 40), "a bearer token"),
        (
            format!("-----BEGIN {} KEY-----\nMII", "RSA PRIVATE"),
            "a private key",
        ),
    ]
}

#[test]
fn each_shape_of_a_key_is_refused_with_its_place() {
    for (key, what) in keys() {
        let asked = chat(
            &json!({"messages": [{"content": "hi"}, {"content": format!("use {key} please")}]}),
        );
        let told = refusal(&asked, &saying("no")).unwrap();
        let (said, hint) = told.split_once('\n').unwrap();
        assert!(hint.starts_with("  hint: if it is no secret, "), "{hint}");
        assert_eq!(
            said,
            format!(
                "the answer to POST api.openai.com/v1/chat/completions is not recorded: request.body.messages[1].content holds what looks \
                 like {what}; take it out of what the model is told or tells, and record again"
            )
        );
        let told = refusal(&asking("hi"), &saying(&key)).unwrap();
        assert!(
            told.contains("response.body.choices[0].message.content holds"),
            "{told}"
        );
        assert!(told.contains(what), "{told}");
    }
}

#[test]
fn a_key_that_a_model_tells_bit_by_bit_is_seen() {
    for (key, what) in keys() {
        let letters = key.chars().map(|letter| {
            let event = json!({"choices": [{"delta": {"content": letter}}]});
            format!("data: {event}\n\n")
        });
        let letters: Vec<String> = letters.collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        let told = refusal(&asking("hi"), &streaming(&letters)).unwrap();
        assert!(
            told.contains("response.chunks[].data.choices[0].delta.content holds"),
            "{told}"
        );
        assert!(told.contains(what), "{told}");
    }
}

#[test]
fn a_key_in_bytes_that_are_no_text_is_seen() {
    let (key, _) = keys().swap_remove(0);
    let form = [b"--x\r\n\xff\r\n", key.as_bytes(), b"\r\n--x--\r\n"].concat();
    let asked = Request::new("POST", "api.openai.com", "/v1/audio", form);
    let told = refusal(&asked, &saying("no")).unwrap();
    assert!(told.contains("request.base64 holds"), "{told}");
}

#[test]
fn the_key_of_the_request_is_refused_whatever_it_looks_like() {
    let asked = asking("hi").with_credentials(["Bearer opensesame"]);
    let told = refusal(&asked, &saying("you said opensesame")).unwrap();
    assert!(
        told.contains("the key that the request was made with"),
        "{told}"
    );
    let by_query = Request::new("POST", "h", "/p?key=opensesame", r#"{"say": "opensesame"}"#);
    assert!(refusal(&by_query, &saying("no")).is_some());
}

/// A library in which this digest is allowed.
fn allowing(folder: &TempDir, digest: &str) -> Library {
    library(folder, Mode::Record).with_rules(Rules {
        allowed: vec![digest.to_owned()],
        ..Rules::default()
    })
}

#[test]
fn what_is_no_secret_is_allowed_by_the_digest_that_its_refusal_tells() {
    for (key, what) in keys() {
        let asked = asking(&key);
        let told = refusal(&asked, &saying("no")).unwrap();
        let digest = told.split("[\"").nth(1).unwrap();
        let digest = digest.split('"').next().unwrap();
        assert_eq!(digest.len(), 16, "{told}");
        let folder = TempDir::new().unwrap();
        let library = allowing(&folder, digest);
        library.keep(&asked, &saying("no")).expect(what);
        // It allows nothing but this text.
        let (other, _) = keys().swap_remove(0);
        let other = asking(&format!("{key} and {other}0"));
        assert!(library.keep(&other, &saying("no")).is_err(), "{what}");
    }
}

#[test]
fn the_key_of_the_request_is_allowed_by_nothing() {
    let asked = asking("hi").with_credentials(["Bearer opensesame"]);
    let answer = saying("you said opensesame");
    let told = refusal(&asked, &answer).unwrap();
    assert!(!told.contains("hint"), "{told}");
}

#[test]
fn headers_and_parameters_that_are_secret_are_left_out_without_a_word() {
    let folder = TempDir::new().unwrap();
    let library = library(&folder, Mode::Record);
    let asked = Request::new(
        "POST",
        "h",
        "/p?key=opensesame&alt=sse&access_token=t0psecret",
        "{}",
    );
    let said = Response::new(
        200,
        [
            ("set-cookie", "session=c00kie"),
            ("openai-organization", "acme-c0rp"),
            ("content-type", "text/plain"),
        ],
        Body::Whole(b"ok".to_vec()),
    );
    let kept = library.keep(&asked, &said).unwrap();
    let text = fs_err::read_to_string(library.folder().join(kept.name)).unwrap();
    for secret in ["opensesame", "t0psecret", "c00kie", "acme-c0rp"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert!(text.contains("/p?alt=sse"), "{text}");
}

#[test]
fn words_that_begin_like_a_key_are_none() {
    for word in [
        "risk-assessment-of-the-2024-quarter",
        "sk-learn is a library",
        "sk-a-very-long-name-of-something-here",
        "task-0123456789012345678901234567",
        "ghp_short",
        "Bearer of the ring",
        "eyJ is how one begins",
    ] {
        assert_eq!(refusal(&asking(word), &saying(word)), None, "{word}");
    }
}
