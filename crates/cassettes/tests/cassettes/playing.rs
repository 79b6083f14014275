//! What is found for which request, in which mode, and how often.

use lgx_cassettes::{KeepError, Mode, Rules};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sample::{asking, chat, library, played, saying, whole};

fn text(played: Option<(u16, Value)>) -> Option<String> {
    let (_, body) = played?;
    let text = body.pointer("/choices/0/message/content")?.as_str()?;
    Some(text.to_owned())
}

#[test]
fn what_was_kept_is_found_by_another_run() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    let kept = recording.keep(&asking("hi"), &saying("hello")).unwrap();
    assert!(kept.name.starts_with("api.openai.com/"), "{}", kept.name);
    assert!(kept.name.ends_with("-1.json"), "{}", kept.name);
    let replaying = library(&folder, Mode::Replay);
    assert_eq!(text(played(&replaying, &asking("hi"))).unwrap(), "hello");
    assert_eq!(played(&replaying, &asking("hi there")), None);
    let uses = replaying.used().unwrap();
    assert_eq!((uses.hits, uses.new.len()), (1, 0));
    assert_eq!((uses.used, uses.unused), (vec![kept.name], vec![]));
}

#[test]
fn a_folder_that_is_not_there_has_nothing() {
    let folder = TempDir::new().unwrap();
    let replaying = library(&folder, Mode::Replay);
    assert_eq!(played(&replaying, &asking("hi")), None);
    assert_eq!(replaying.nearest(&asking("hi")), None);
    assert!(replaying.entries().unwrap().is_empty());
    assert!(!replaying.folder().exists());
}

#[test]
fn equal_requests_get_their_answers_in_turn_and_the_last_one_again() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    for word in ["one", "two"] {
        recording.keep(&asking("hi"), &saying(word)).unwrap();
    }
    let replaying = library(&folder, Mode::Replay);
    let heard: Vec<_> = (0..4)
        .map(|_| text(played(&replaying, &asking("hi"))).unwrap())
        .collect();
    assert_eq!(heard, ["one", "two", "two", "two"]);
}

#[test]
fn a_retry_is_replayed_as_it_was() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    let busy = whole(429, &json!({"error": {"message": "slow down"}}));
    recording.keep(&asking("hi"), &busy).unwrap();
    recording.keep(&asking("hi"), &saying("hello")).unwrap();
    let replaying = library(&folder, Mode::Replay);
    assert_eq!(played(&replaying, &asking("hi")).unwrap().0, 429);
    assert_eq!(played(&replaying, &asking("hi")).unwrap().0, 200);
}

#[test]
fn recording_again_replaces_all_answers_of_a_request() {
    let folder = TempDir::new().unwrap();
    let first = library(&folder, Mode::Record);
    for word in ["one", "two", "three"] {
        first.keep(&asking("hi"), &saying(word)).unwrap();
    }
    let second = library(&folder, Mode::Record);
    assert_eq!(played(&second, &asking("hi")), None);
    second.keep(&asking("hi"), &saying("anew")).unwrap();
    assert_eq!(second.entries().unwrap().len(), 1);
    let replaying = library(&folder, Mode::Replay);
    for _ in 0..2 {
        assert_eq!(text(played(&replaying, &asking("hi"))).unwrap(), "anew");
    }
}

#[test]
fn auto_asks_again_for_what_went_wrong_and_for_nothing_else() {
    let folder = TempDir::new().unwrap();
    let auto = library(&folder, Mode::Auto);
    let busy = whole(429, &json!({"error": {"message": "slow down"}}));
    assert_eq!(played(&auto, &asking("hi")), None);
    auto.keep(&asking("hi"), &busy).unwrap();
    assert_eq!(played(&auto, &asking("hi")), None);
    auto.keep(&asking("hi"), &saying("hello")).unwrap();
    assert_eq!(text(played(&auto, &asking("hi"))).unwrap(), "hello");
    let later = library(&folder, Mode::Auto);
    assert_eq!(text(played(&later, &asking("hi"))).unwrap(), "hello");
}

#[test]
fn another_day_makes_no_other_request_where_dates_are_ignored() {
    let folder = TempDir::new().unwrap();
    let day = |day: &str| asking(&format!("It is {day}. Hi"));
    let rules = Rules {
        ignores_dates: true,
        ..Rules::default()
    };
    let ignoring = |mode| library(&folder, mode).with_rules(rules.clone());
    let recording = ignoring(Mode::Record);
    recording
        .keep(&day("2026-11-28"), &saying("hello"))
        .unwrap();
    let later = day("2026-12-24T18:00:00Z");
    assert_eq!(
        text(played(&ignoring(Mode::Replay), &later)).unwrap(),
        "hello"
    );
    // Without the rule, it is another one each day.
    assert_eq!(played(&library(&folder, Mode::Replay), &later), None);
}

#[test]
fn ids_and_the_order_of_keys_make_no_other_request() {
    let folder = TempDir::new().unwrap();
    let asked = |id: &str| {
        chat(&json!({"messages": [
            {"tool_calls": [{"id": id, "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": id, "content": "4"},
        ]}))
    };
    let recording = library(&folder, Mode::Record);
    recording.keep(&asked("call_1"), &saying("four")).unwrap();
    let replaying = library(&folder, Mode::Replay);
    assert_eq!(text(played(&replaying, &asked("other"))).unwrap(), "four");
}

#[test]
fn an_answer_about_the_key_is_not_kept() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    let refused = whole(401, &json!({"error": {"message": "Incorrect API key"}}));
    let error = recording.keep(&asking("hi"), &refused).unwrap_err();
    assert!(matches!(error, KeepError::NotAllowed { status: 401, .. }));
    assert!(recording.entries().unwrap().is_empty());
}

#[test]
fn what_a_green_run_used_is_remembered_beside_the_recordings() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    let used = recording.keep(&asking("a"), &saying("A")).unwrap().name;
    let left = recording.keep(&asking("b"), &saying("B")).unwrap().name;
    let replaying = library(&folder, Mode::Replay);
    assert!(
        lgx_cassettes::GreenRun::last(replaying.folder())
            .unwrap()
            .is_none()
    );
    assert!(played(&replaying, &asking("a")).is_some());
    replaying.remember_green_run().unwrap();
    let run = lgx_cassettes::GreenRun::last(replaying.folder())
        .unwrap()
        .unwrap();
    assert_eq!(run.used, [used]);
    assert_eq!(replaying.used().unwrap().unused, [left]);
    let ignored = replaying.folder().join(".lgx/.gitignore");
    assert_eq!(fs_err::read_to_string(ignored).unwrap(), "*\n");
}

#[test]
fn many_at_once_leave_no_gap() {
    let folder = TempDir::new().unwrap();
    let recording = library(&folder, Mode::Record);
    recording.keep(&asking("hi"), &saying("old")).unwrap();
    let recording = library(&folder, Mode::Record);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| recording.keep(&asking("hi"), &saying("new")).unwrap());
        }
    });
    let entries = recording.entries().unwrap();
    assert_eq!(entries.len(), 8);
    assert_eq!(recording.used().unwrap().new.len(), 8);
}
