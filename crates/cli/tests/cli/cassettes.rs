//! `lgx cassettes`: recordings listed, shown and pruned.

use insta::assert_snapshot;

use crate::place::Place;

const CHAT: &str = "cassettes/api.openai.com/3f9c0a51b2d44e77-1.json";
const STREAM: &str = "cassettes/api.anthropic.com/0aa1bb2233445566-1.json";

/// A project with two recordings.
fn project() -> Place {
    let place = Place::new();
    place.write("langgraph.json", "{}");
    place.write(
        CHAT,
        r#"{"lgx": 1,
  "request": {"method": "POST", "host": "api.openai.com", "path": "/v1/chat/completions", "body": {"model": "gpt-4o", "messages": [
    {"role": "user", "content": "How is Paris?"},
    {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Paris\"}"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]}},
  "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": {"choices": [{"message": {"role": "assistant", "content": "Paris is sunny.\nEnjoy!"}}]}},
  "recorded": "2026-11-26", "usage": {"input_tokens": 112, "output_tokens": 9}}"#,
    );
    place.write(
        STREAM,
        r#"{"lgx": 1,
  "request": {"method": "POST", "host": "api.anthropic.com", "path": "/v1/messages", "body": {"model": "claude", "system": "Be short.", "messages": [{"role": "user", "content": "Hi"}]}},
  "response": {"status": 200, "headers": {"content-type": "text/event-stream"}, "chunks": [
    [3, {"event": "content_block_delta", "data": {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hel"}}}],
    [41, {"event": "content_block_delta", "data": {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "lo"}}}]]},
  "recorded": "2026-11-27"}"#,
    );
    place
}

/// The same, after a run that used one of them.
fn project_with_green_run() -> Place {
    let place = project();
    place.write(
        "cassettes/.lgx/green-run.json",
        r#"{"ended": "2026-11-27T10:00:00Z", "used": ["api.openai.com/3f9c0a51b2d44e77-1.json"]}"#,
    );
    place
}

#[test]
fn each_recording_is_a_line() {
    assert_snapshot!(project().run(&["cassettes", "list"]), @"
    exit code: 0
    --- stdout
    api.anthropic.com/0aa1bb2233445566-1.json  POST /v1/messages  200  claude  stream  2026-11-27
    api.openai.com/3f9c0a51b2d44e77-1.json  POST /v1/chat/completions  200  gpt-4o  112 + 9 tokens  2026-11-26
    ");
}

#[test]
fn a_program_gets_them_as_json() {
    assert_snapshot!(project_with_green_run().run(&["cassettes", "list", "--json"]), @r#"
    exit code: 0
    --- stdout
    [
      {
        "name": "api.anthropic.com/0aa1bb2233445566-1.json",
        "method": "POST",
        "host": "api.anthropic.com",
        "path": "/v1/messages",
        "model": "claude",
        "status": 200,
        "stream": true,
        "recorded": "2026-11-27",
        "usage": null,
        "bytes": 583,
        "used": false
      },
      {
        "name": "api.openai.com/3f9c0a51b2d44e77-1.json",
        "method": "POST",
        "host": "api.openai.com",
        "path": "/v1/chat/completions",
        "model": "gpt-4o",
        "status": 200,
        "stream": false,
        "recorded": "2026-11-26",
        "usage": {
          "input_tokens": 112,
          "output_tokens": 9
        },
        "bytes": 671,
        "used": true
      }
    ]
    "#);
}

#[test]
fn a_file_that_is_broken_is_told_and_the_others_are_listed() {
    let place = project();
    place.write(CHAT, "<<<<<<< HEAD\n");
    assert_snapshot!(place.run(&["cassettes", "list"]), @"
    exit code: 1
    --- stdout
    api.anthropic.com/0aa1bb2233445566-1.json  POST /v1/messages  200  claude  stream  2026-11-27
    --- stderr
    error: [HOME]/here/cassettes/api.openai.com/3f9c0a51b2d44e77-1.json:1: expected value; remove the file or record it again
    ");
}

#[test]
fn a_conversation_is_shown_as_one() {
    assert_snapshot!(project().run(&["cassettes", "show", "3f9c", "api.anthropic.com"]), @r#"
    exit code: 0
    --- stdout
    api.openai.com/3f9c0a51b2d44e77-1.json  2026-11-26
    POST api.openai.com/v1/chat/completions (gpt-4o)
      user: How is Paris?
      assistant: weather({"city":"Paris"})
      tool: sunny
    200, 112 tokens read, 9 written
      assistant: Paris is sunny.
        Enjoy!

    api.anthropic.com/0aa1bb2233445566-1.json  2026-11-27
    POST api.anthropic.com/v1/messages (claude)
      system: Be short.
      user: Hi
    200, a stream of 2 pieces in 41 ms
      assistant: Hello
    "#);
    assert_snapshot!(project().run(&["cassettes", "show", "7777"]), @"
    exit code: 1
    --- stderr
    error: there is no recording `7777` in [HOME]/here/cassettes
    help: `lgx cassettes list` names all of them
    ");
}

#[test]
fn what_a_green_run_did_not_use_is_removed() {
    let place = project_with_green_run();
    assert_snapshot!(place.run(&["cassettes", "prune", "--dry-run"]), @"
    exit code: 0
    --- stdout
    api.anthropic.com/0aa1bb2233445566-1.json
    --- stderr
    1 would be removed, 1 used by the run that ended 2026-11-27T10:00:00Z
    ");
    assert!(place.path(STREAM).exists());
    assert_snapshot!(place.run(&["cassettes", "prune"]), @"
    exit code: 0
    --- stdout
    api.anthropic.com/0aa1bb2233445566-1.json
    --- stderr
    1 removed, 1 used by the run that ended 2026-11-27T10:00:00Z
    ");
    assert!(!place.path(STREAM).exists());
    assert!(place.path(CHAT).exists());
    assert_snapshot!(place.run(&["cassettes", "prune", "--json"]), @r#"
    exit code: 0
    --- stdout
    {
      "removed": [],
      "kept": 1,
      "dry_run": false,
      "run": "2026-11-27T10:00:00Z"
    }
    --- stderr
    0 removed, 1 used by the run that ended 2026-11-27T10:00:00Z
    "#);
}

#[test]
fn nothing_is_removed_before_a_run_went_well() {
    let place = project();
    assert_snapshot!(place.run(&["cassettes", "prune"]), @"
    exit code: 1
    --- stderr
    error: it is not known which recordings of [HOME]/here/cassettes are used
    help: run all of the tests with them first, as in `lgx exec --mode replay -- pytest`; what they use is remembered when they end well
    ");
    assert!(place.path(STREAM).exists());
}

#[test]
fn a_folder_of_another_name_is_named() {
    let place = project();
    assert_snapshot!(place.run(&["cassettes", "list", "--dir", "elsewhere"]), @"
    exit code: 0
    --- stderr
    there are no recordings in [HOME]/here/elsewhere
    ");
}
