//! The conversations that templates bring recorded are the ones that their tests have. `LGX_RECORD=1` records them anew, with a model
//! that says what stands here, into `templates/`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lgx_tests::{
    EndsInTime, ModelAnswer, ModelProvider, ModelRequest, Project, lgx, workspace_root,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::templates::{PYTEST, exec, prepare, templates, templates_in_python, told_by};
use crate::templates_javascript::{NPM_TEST, scaffold_with_packages};

/// What a model says to a message.
enum Says {
    /// A text, which it streams word by word.
    Text(&'static str),
    /// Calls of these tools, with arguments in JSON.
    Calls(&'static [(&'static str, &'static str)]),
}

/// By a part of the last message that a model is told: what it says to that.
const SCRIPT: [(&str, Says); 19] = [
    // rag-python
    (
        "How long does green tea steep?",
        Says::Text("Green tea steeps for two minutes, in water of 70 to 80 °C [green.md]."),
    ),
    (
        "And how long does black tea steep?",
        Says::Text("Black tea steeps for three to five minutes, in boiling water [black.md]."),
    ),
    (
        "Who won the football match?",
        Says::Text("The documents do not say that."),
    ),
    // agent-python, agent-js
    (
        "What is 12 * 7?",
        Says::Calls(&[("calculator", r#"{"expression":"12 * 7"}"#)]),
    ),
    (
        "And 84 / 4?",
        Says::Calls(&[("calculator", r#"{"expression":"84 / 4"}"#)]),
    ),
    ("84", Says::Text("12 times 7 is 84.")),
    ("21", Says::Text("84 divided by 4 is 21.")),
    // deep-agent-python, deep-agent-js
    (
        "Write a sentence on green tea to /tea.md.",
        Says::Calls(&[(
            "write_file",
            r#"{"file_path":"/tea.md","content":"Green tea is made of leaves that have not been oxidized.\n"}"#,
        )]),
    ),
    (
        "coffee",
        Says::Text("I have not written it, as you prefer coffee."),
    ),
    (
        "Review this sentence",
        Says::Text("It is right and clear; nothing should be better."),
    ),
    (
        "/tea.md",
        Says::Calls(&[(
            "task",
            r#"{"subagent_type":"critic","description":"Review this sentence: Green tea is made of leaves that have not been oxidized."}"#,
        )]),
    ),
    (
        "nothing should be better",
        Says::Text("The sentence is in /tea.md, and the critic says that it is right and clear."),
    ),
    // memory-python
    (
        "Remember that my favourite drink is green tea.",
        Says::Calls(&[(
            "remember",
            r#"{"text":"The user's favourite drink is green tea."}"#,
        )]),
    ),
    (
        "Remember that I live in Lisbon.",
        Says::Calls(&[("remember", r#"{"text":"The user lives in Lisbon."}"#)]),
    ),
    (
        "What is my favourite drink?",
        Says::Calls(&[("recall", r#"{"about":"favourite drink"}"#)]),
    ),
    (
        "What do I like to drink?",
        Says::Calls(&[("recall", r#"{"about":"drink"}"#)]),
    ),
    ("remembered", Says::Text("I will remember that.")),
    ("nothing", Says::Text("I do not know that yet.")),
    (
        "favourite drink is green tea",
        Says::Text("Your favourite drink is green tea."),
    ),
];
const MODEL: &str = "gpt-4.1-mini-2025-04-14";
const FOLDER: &str = "cassettes";

/// Whether the workflow of a project plays what is recorded.
fn has_recordings(project: &Project) -> bool {
    let workflow = project.read(".github/workflows/test.yml");
    workflow.is_ok_and(|workflow| workflow.contains("--mode replay"))
}

/// Plays the recordings of a project of this template, which must be all that there are, and none may be missing.
fn plays(template: &str, project: &Project, tests: &[&str]) -> Result<()> {
    if std::env::var_os("LGX_RECORD").is_some() {
        record(template, project, tests)?;
    }
    let told = told_by(&mut exec(project, "replay", tests)?)?;
    let list = lgx()?
        .current_dir(project.dir())
        .args(["cassettes", "list", "--json"])
        .output_in_time()?;
    let list: Value = serde_json::from_slice(&list.stdout)?;
    let list = list.as_array().context("a list")?;
    ensure!(
        !list.is_empty() && list.iter().all(|it| it["used"] == true),
        "not all recordings of {template} are played: {list:?}\n{told}"
    );
    Ok(())
}

fn record(template: &str, project: &Project, tests: &[&str]) -> Result<()> {
    let recorded = project.path(FOLDER);
    if recorded.exists() {
        fs_err::remove_dir_all(&recorded)?;
    }
    let provider = ModelProvider::start(answer)?;
    let mut command = lgx()?;
    prepare(&mut command, project, "record", tests)?;
    command.envs(provider.variables());
    told_by(command.env("OPENAI_API_KEY", "a-key-that-is-none"))?;
    let kept = workspace_root()
        .join("templates")
        .join(template)
        .join(FOLDER);
    if kept.exists() {
        fs_err::remove_dir_all(&kept)?;
    }
    for host in fs_err::read_dir(recorded)? {
        let host = host?;
        // What was used the last time is no recording.
        if host.file_name() != ".lgx" {
            copy(&host.path(), &kept.join(host.file_name()))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        fs_err::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// What the script says to a request, in the words of `OpenAI`.
fn answer(request: &ModelRequest) -> ModelAnswer {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let last = messages.last().map(|last| match &last["content"] {
        Value::String(text) => text.clone(),
        content => content.to_string(),
    });
    let last = last.unwrap_or_default();
    let said = SCRIPT.iter().find(|(heard, _)| last.contains(heard));
    let says = said.map_or(&Says::Text("The script has no answer."), |(_, says)| says);
    let id = digest(&request.body);
    let tokens = (request.body.len() / 4, 12);
    if body["stream"] == true {
        streamed(says, &id, tokens)
    } else {
        whole(says, &id, tokens)
    }
}

fn whole(says: &Says, id: &str, tokens: (usize, usize)) -> ModelAnswer {
    let (message, reason) = match says {
        Says::Text(text) => (json!({"role": "assistant", "content": text}), "stop"),
        Says::Calls(calls) => {
            let calls = calls_of(calls, id);
            let message = json!({"role": "assistant", "content": null, "tool_calls": calls});
            (message, "tool_calls")
        }
    };
    let choice = json!({"index": 0, "message": message, "finish_reason": reason});
    let answer = json!({"id": format!("chatcmpl-{id}"), "object": "chat.completion", "created": 1_795_000_000, "model": MODEL,
        "choices": [choice], "usage": usage(tokens)});
    ("application/json", vec![answer.to_string()])
}

fn streamed(says: &Says, id: &str, tokens: (usize, usize)) -> ModelAnswer {
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({"id": format!("chatcmpl-{id}"), "object": "chat.completion.chunk", "created": 1_795_000_000,
            "model": MODEL, "choices": choices, "usage": usage});
        format!("data: {chunk}\n\n")
    };
    let choice = |delta: Value, reason: Value| {
        let choice = json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
        chunk(choice, Value::Null)
    };
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    let reason = match says {
        Says::Text(text) => {
            let words = text.split_inclusive(' ');
            deltas.extend(words.map(|word| json!({"content": word})));
            "stop"
        }
        Says::Calls(calls) => {
            let calls = calls_of(calls, id).into_iter().enumerate();
            deltas.extend(calls.map(|(index, mut call)| {
                call["index"] = index.into();
                json!({"tool_calls": [call]})
            }));
            "tool_calls"
        }
    };
    let mut events: Vec<String> = deltas
        .into_iter()
        .map(|delta| choice(delta, Value::Null))
        .collect();
    events.push(choice(json!({}), reason.into()));
    events.push(chunk(json!([]), usage(tokens)));
    events.push("data: [DONE]\n\n".to_owned());
    ("text/event-stream", events)
}

fn calls_of(calls: &[(&str, &str)], id: &str) -> Vec<Value> {
    let calls = calls.iter().enumerate();
    let calls = calls.map(|(index, (name, arguments))| {
        let id = digest(&format!("{id} {index}"));
        json!({"id": format!("call_{id}"), "type": "function", "function": {"name": name, "arguments": arguments}})
    });
    calls.collect()
}

fn usage((asked, said): (usize, usize)) -> Value {
    json!({"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said})
}

/// As many characters as ids of `OpenAI` have, another text for another request.
fn digest(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(12)
        .fold(String::new(), |mut id, byte| {
            // Writing to a string does not fail.
            let _ = write!(id, "{byte:02x}");
            id
        })
}

#[test]
fn the_templates_in_python_are_tested_with_what_they_bring_recorded() -> Result<()> {
    for template in templates_in_python()? {
        let project = Project::scaffold(&template, "my-project")?;
        if has_recordings(&project) {
            plays(&template, &project, &PYTEST)?;
        }
    }
    Ok(())
}

#[test]
fn the_templates_in_typescript_are_tested_with_what_they_bring_recorded() -> Result<()> {
    for template in templates("typescript")? {
        let Some(project) = scaffold_with_packages(&template)? else {
            return Ok(());
        };
        if has_recordings(&project) {
            plays(&template, &project, &NPM_TEST)?;
        }
    }
    Ok(())
}
