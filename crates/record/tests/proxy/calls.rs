//! What is asked is kept, and played when nobody can be asked.

use lgx_cassettes::Mode;
use lgx_record::Told;
use serde_json::{Value, json};

use crate::provider::{self, Asked, Provider};
use crate::recording::Place;

const CHAT: &str = "https://api.openai.com/v1/chat/completions";

fn echo(asked: &Asked) -> provider::Answer {
    let said = json!({"number": asked.number, "body": asked.body});
    provider::json(200, &said.to_string())
}

#[tokio::test]
async fn a_call_that_was_recorded_is_played_without_its_provider() {
    let place = Place::new();
    let provider = Provider::start(echo).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let recorded = running.client().post(CHAT, r#"{"a": 1}"#).await;
    assert_eq!(recorded.status, 200);
    assert_eq!(recorded.headers["set-cookie"], "secret=1");
    let asked = provider.asked();
    assert_eq!(asked[0].host, "api.openai.com:443");
    assert_eq!(asked[0].path, "/v1/chat/completions");
    assert_eq!(asked[0].accepts, "identity");
    assert_eq!(running.told(), []);
    let library = running.close().await;
    assert_eq!(library.used().unwrap().new.len(), 1);
    drop(provider);

    let running = place.start(Mode::Replay, None).await;
    let played = running.client().post(CHAT, r#"{"a": 1}"#).await;
    assert_eq!(played.status, 200);
    assert_eq!(played.text, recorded.text);
    assert_eq!(played.headers["content-type"], "application/json");
    assert!(!played.headers.contains_key("set-cookie"));
    assert_eq!(running.close().await.used().unwrap().hits, 1);
}

#[tokio::test]
async fn a_call_without_a_recording_is_an_error_that_says_what_was_nearest() {
    let place = Place::new();
    let provider = Provider::start(echo).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let body = json!({"messages": [{"role": "user", "content": "Paris is sunny"}]});
    running.client().post(CHAT, body.to_string()).await;
    running.close().await;

    let running = place.start(Mode::Replay, None).await;
    let body = json!({"messages": [{"role": "user", "content": "Paris is rainy"}]});
    let missed = running.client().post(CHAT, body.to_string()).await;
    assert_eq!(missed.status, 424);
    assert_eq!(missed.headers["x-should-retry"], "false");
    let said: Value = serde_json::from_str(&missed.text).unwrap();
    let message = said["error"]["message"].as_str().unwrap();
    let first = "no recording for POST api.openai.com/v1/chat/completions\n  nearest: ";
    assert!(message.starts_with(first), "{message}");
    assert!(message.contains("Paris is sunny") && message.contains("Paris is rainy"));
    let hint = "\n  hint: `lgx exec --mode auto -- pytest` records it";
    assert!(message.ends_with(hint), "{message}");
    assert_eq!(said["message"], message);
    let [told] = running.told().try_into().unwrap();
    assert_eq!(told.to_string(), message);
    assert_eq!(provider.asked().len(), 1);
    running.close().await;
}

#[tokio::test]
async fn retries_are_played_as_they_were_and_wait_for_nothing() {
    let answers = |asked: &Asked| match asked.number {
        0 => {
            let mut answer = provider::json(429, "{}");
            let headers = answer.headers_mut();
            headers.insert("retry-after", 20.into());
            answer
        }
        1 => provider::json(500, "{}"),
        _ => provider::json(200, "{\"fine\": true}"),
    };
    let place = Place::new();
    let provider = Provider::start(answers).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    for status in [429, 500, 200] {
        assert_eq!(running.client().post(CHAT, "{}").await.status, status);
    }
    running.close().await;

    let running = place.start(Mode::Replay, None).await;
    let client = running.client();
    let first = client.post(CHAT, "{}").await;
    assert_eq!(first.status, 429);
    assert_eq!(first.headers["retry-after-ms"], "1");
    assert!(!first.headers.contains_key("retry-after"));
    for status in [500, 200, 200] {
        assert_eq!(client.post(CHAT, "{}").await.status, status);
    }
}

#[tokio::test]
async fn only_what_is_missing_is_asked_for_in_auto() {
    let place = Place::new();
    let provider = Provider::start(echo).await;
    for (bodies, asked) in [
        (["{\"a\":1}", "{\"b\":1}"], 2),
        (["{\"a\":1}", "{\"c\":1}"], 3),
    ] {
        let running = place.start(Mode::Auto, Some(&provider)).await;
        for body in bodies {
            assert_eq!(running.client().post(CHAT, body).await.status, 200);
        }
        running.close().await;
        assert_eq!(provider.asked().len(), asked);
    }
}

#[tokio::test]
async fn what_has_a_key_in_it_is_not_kept_and_that_is_told() {
    let place = Place::new();
    let provider = Provider::start(echo).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    // The one that the call is allowed with.
    let body = json!({"content": "use sk-a-secret-of-the-test"}).to_string();
    let came = running.client().post(CHAT, body).await;
    assert_eq!(came.status, 200);
    let [Told::NotKept { sentence }] = &running.told()[..] else {
        panic!("{:?}", running.told());
    };
    let begins = "the answer to POST api.openai.com/v1/chat/completions is not recorded: ";
    assert!(sentence.starts_with(begins), "{sentence}");
    assert_eq!(running.close().await.used().unwrap().new, [""; 0]);
}

#[tokio::test]
async fn what_is_too_long_passes_unrecorded() {
    let place = Place::new();
    let answers = |asked: &Asked| provider::json(200, &asked.body.len().to_string());
    let provider = Provider::start(answers).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let long = vec![b'a'; (32 << 20) + 1];
    let came = running.client().post(CHAT, long).await;
    assert_eq!(came.text, ((32 << 20) + 1).to_string());
    let [told] = running.told().try_into().unwrap();
    assert_eq!(
        told.to_string(),
        "the answer to POST api.openai.com/v1/chat/completions is not recorded: its request is longer than 32 MiB"
    );
    assert_eq!(running.close().await.used().unwrap().new, [""; 0]);
}

#[tokio::test]
async fn a_host_of_models_without_tls_is_recorded_too() {
    let place = Place::new();
    let provider = Provider::start(echo).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let url = "http://models.test:8000/v1/chat/completions";
    running.client().post(url, "{}").await;
    assert_eq!(provider.asked()[0].host, "models.test:8000");
    running.close().await;
    let running = place.start(Mode::Replay, None).await;
    assert_eq!(running.client().post(url, "{}").await.status, 200);
}

#[tokio::test]
async fn a_client_may_leave_tls_to_the_proxy() {
    let place = Place::new();
    let provider = Provider::start(echo).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let words = running.asking("POST https://api.openai.com/v1/chat/completions", "");
    let answer = running.said(&words).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(provider.asked()[0].host, "api.openai.com:443");
    assert_eq!(running.close().await.used().unwrap().new.len(), 1);
}
