//! What the proxy lets through, and for whom.

use lgx_cassettes::Mode;
use lgx_record::Told;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::client::Client;
use crate::provider::{Asked, Provider, json};
use crate::recording::Place;

fn fine(_: &Asked) -> crate::provider::Answer {
    json(200, "{}")
}

#[tokio::test]
async fn other_hosts_are_tunnelled_unseen() {
    let place = Place::new();
    let provider = Provider::start(fine).await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let proxy = &running.variables["HTTPS_PROXY"];
    // It trusts the provider alone: what it speaks to is no one else.
    let strict = Client::new(proxy, &provider.certificates());
    assert_eq!(strict.post("https://example.org/", "{}").await.status, 200);
    let opened = strict.open("https://api.openai.com/", "{}").await;
    assert!(opened.is_err(), "a host of models is opened");
    let told = running.hears().await;
    let Told::NotOpened { host, reason } = &told else {
        panic!("{told:?}");
    };
    assert_eq!(host, "api.openai.com");
    assert!(reason.contains("UnknownCA"), "{reason}");
    assert_eq!(running.close().await.used().unwrap().new, [""; 0]);
}

#[tokio::test]
async fn nothing_else_is_reached_in_replay() {
    let place = Place::new();
    let provider = Provider::start(fine).await;
    let running = place.start(Mode::Replay, Some(&provider)).await;
    let refused = running.client().open("https://example.org/", "{}").await;
    assert!(refused.is_err());
    let refused = Told::Refused {
        host: "example.org".to_owned(),
    };
    assert_eq!(running.told(), [refused]);
    assert_eq!(provider.asked(), []);
}

#[tokio::test]
async fn this_machine_is_reached_in_replay() {
    let place = Place::new();
    let running = place.start(Mode::Replay, None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4];
        stream.read_exact(&mut head).await.unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nown";
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream
    };
    let client = running.client();
    let (_stream, came) = tokio::join!(serve, client.post(&url, "{}"));
    assert_eq!(came.text, "own");
}

#[tokio::test]
async fn only_who_was_told_the_token_is_served() {
    let place = Place::new();
    let running = place.start(Mode::Replay, None).await;
    for token in ["", "proxy-authorization: Basic bGd4OmFiYw==\r\n"] {
        let words = format!(
            "CONNECT api.openai.com:443 HTTP/1.1\r\nhost: x\r\n{token}connection: close\r\n\r\n"
        );
        let answer = running.said(&words).await;
        assert!(answer.starts_with("HTTP/1.1 407 "), "{answer}");
    }
}

#[tokio::test]
async fn a_websocket_is_refused_with_a_sentence_that_is_told_too() {
    for mode in [Mode::Record, Mode::Auto, Mode::Replay] {
        let place = Place::new();
        let running = place.start(mode, None).await;
        let words = running.asking(
            "GET http://models.test/v1/realtime?model=m",
            "connection: upgrade\r\nupgrade: websocket\r\n",
        );
        let answer = running.said(&words).await;
        assert!(answer.starts_with("HTTP/1.1 424 "), "{answer}");
        let sentence = "models.test/v1/realtime is asked for a WebSocket, which is not recorded";
        assert!(answer.contains(sentence), "{answer}");
        let [told] = running.told().try_into().unwrap();
        assert!(told.to_string().starts_with(sentence), "{told}");
        assert!(told.is_unanswered());
    }
}

#[tokio::test]
async fn who_speaks_http2_alone_is_refused_and_told_what_to_speak() {
    for mode in [Mode::Record, Mode::Replay] {
        let place = Place::new();
        let running = place.start(mode, None).await;
        let host = "us-central1-aiplatform.googleapis.com";
        let greeted = running.client().greet_in_http2(host).await;
        assert!(greeted.is_err());
        let told = running.hears().await;
        let sentence = "calls of us-central1-aiplatform.googleapis.com cannot be recorded: its client speaks gRPC, or HTTP/2 alone";
        assert!(told.to_string().starts_with(sentence), "{told}");
        assert!(told.is_unanswered());
    }
}

#[tokio::test]
async fn a_recording_that_cannot_be_read_is_told() {
    let place = Place::new();
    let provider = Provider::start(fine).await;
    let url = "https://api.openai.com/v1/chat/completions";
    let running = place.start(Mode::Record, Some(&provider)).await;
    running.client().post(url, "{}").await;
    let name = running.library.used().unwrap().new.remove(0);
    running.close().await;
    fs_err::write(place.cassettes().join(&name), "{\n<<<<<<< ours").unwrap();
    let running = place.start(Mode::Replay, None).await;
    assert_eq!(running.client().post(url, "{}").await.status, 424);
    let [told] = running.told().try_into().unwrap();
    let told = told.to_string();
    let begins = "POST api.openai.com/v1/chat/completions is not played: ";
    assert!(told.starts_with(begins), "{told}");
    assert!(told.contains(&format!("{name}:2: ")), "{told}");
}

#[tokio::test]
async fn the_first_line_of_a_refusal_says_why() {
    let place = Place::new();
    let running = place.start(Mode::Replay, None).await;
    let words = running.asking("CONNECT pypi.org:443", "");
    let answer = running.said(&words).await;
    let why =
        "lgx replays without a network, and pypi.org is not in record.hosts of langgraph.json";
    assert!(
        answer.starts_with(&format!("HTTP/1.1 502 {why}\r\n")),
        "{answer}"
    );
}
