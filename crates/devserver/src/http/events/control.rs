//! The commands that make runs: start one, which answers what the thread asks if it is paused, and respond to interrupts.

use std::collections::BTreeMap;

use lgx_engine::runs::request::{ConfigBody, IfNotExists, RunCreate};
use lgx_model::json_words;
use lgx_model::{
    AssistantId, Interrupts, JsonObject, MultitaskStrategy, RawJson, ThreadId, ThreadStatus,
};
use lgx_store::threads::ThreadWithCommands;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::Failure;
use crate::auth::access;
use crate::http::call::object;
use crate::http::{ApiError, Call};

/// The parameters of `run.start`.
#[derive(Debug, Deserialize)]
struct RunStart {
    #[serde(default)]
    assistant_id: Option<String>,
    #[serde(default)]
    input: Option<RawJson>,
    #[serde(default)]
    config: Option<ConfigBody>,
    #[serde(default)]
    metadata: Option<JsonObject>,
    #[serde(default, rename = "multitaskStrategy")]
    multitask_strategy: Option<MultitaskStrategy>,
}

/// `run.start`
pub(super) async fn start(
    call: &Call,
    thread_id: ThreadId,
    params: &RawValue,
) -> Result<Value, Failure> {
    let params: RunStart = read("run.start", params)?;
    let assistant_id = params
        .assistant_id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Failure::invalid("run.start requires an assistant_id."))?;
    let input = params.input.unwrap_or_else(RawJson::null);
    let paused = is_asking(paused_thread(call, thread_id).await?.as_ref()) && !input.is_null();
    let (input, command) = if paused {
        let command = format!(r#"{{"resume":{}}}"#, input.get());
        (RawJson::null(), raw(command)?)
    } else {
        (input, RawJson::null())
    };
    let run = RunCreate {
        assistant_id,
        input: Some(input),
        command: Some(command),
        config: params.config,
        metadata: params.metadata,
        multitask_strategy: params.multitask_strategy,
        ..event_streaming()
    };
    let created = crate::http::runs::submit_on(call, thread_id, run).await?;
    Ok(json!({"run_id": created.run.run_id}))
}

/// The parameters of `input.respond`: one answer, or several.
#[derive(Debug, Deserialize)]
struct Respond {
    #[serde(default)]
    responses: Option<Vec<Response>>,
    #[serde(default)]
    interrupt_id: Option<String>,
    #[serde(default)]
    response: Option<RawJson>,
    #[serde(default)]
    update: Option<RawJson>,
    #[serde(default)]
    goto: Option<RawJson>,
    #[serde(default)]
    config: Option<ConfigBody>,
    #[serde(default)]
    metadata: Option<JsonObject>,
}

#[derive(Debug, Deserialize)]
struct Response {
    #[serde(default)]
    interrupt_id: Option<String>,
    #[serde(default)]
    response: Option<RawJson>,
}

/// The command of a run that answers.
#[derive(Debug, Serialize)]
struct Answers {
    resume: BTreeMap<String, RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goto: Option<RawJson>,
}

/// `input.respond`
pub(super) async fn respond(
    call: &Call,
    thread_id: ThreadId,
    params: &RawValue,
) -> Result<Value, Failure> {
    let params: Respond = read("input.respond", params)?;
    let only = Response {
        interrupt_id: params.interrupt_id,
        response: params.response,
    };
    let mut resume = BTreeMap::new();
    for response in params.responses.unwrap_or_else(|| vec![only]) {
        let id = response
            .interrupt_id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| Failure::invalid("input.respond requires an interrupt_id."))?;
        resume.insert(id, response.response.unwrap_or_else(RawJson::null));
    }
    let asked = unanswered(call, thread_id).await?;
    if let Some(unknown) = resume.keys().find(|id| !asked.contains(id)) {
        return Err(Failure::new(
            "no_such_interrupt",
            format!("Unknown or already-consumed interrupt: {unknown}"),
        ));
    }
    let command = Answers {
        resume,
        update: params.update,
        goto: params.goto,
    };
    let run = RunCreate {
        assistant_id: last_assistant(call, thread_id).await?.to_string(),
        command: Some(RawJson::of(&command)),
        config: params.config,
        metadata: params.metadata,
        ..event_streaming()
    };
    crate::http::runs::submit_on(call, thread_id, run).await?;
    Ok(json!({}))
}

fn read<'a, T: Deserialize<'a>>(method: &str, params: &'a RawValue) -> Result<T, Failure> {
    let params = match params.get() {
        "null" => "{}",
        text => text,
    };
    serde_json::from_str(params).map_err(|error| {
        Failure::invalid(format!(
            "The params of {method}: {}",
            json_words::of(&error)
        ))
    })
}

fn raw(text: String) -> Result<RawJson, Failure> {
    RawJson::from_text(text).map_err(|error| Failure::invalid(error.to_string()))
}

/// What every run of the event protocol is created with.
fn event_streaming() -> RunCreate {
    RunCreate {
        stream_subgraphs: Some(true),
        stream_resumable: Some(true),
        if_not_exists: Some(IfNotExists::Create),
        event_streaming: true,
        ..RunCreate::default()
    }
}

/// The thread as it is once a run that has just asked for input has come to its end: clients answer before that. None if the caller may
/// not see it: nor do they wait for what happens there.
async fn paused_thread(
    call: &Call,
    thread_id: ThreadId,
) -> Result<Option<ThreadWithCommands>, ApiError> {
    let value = object(json!({"thread_id": thread_id}));
    let scope = call.grant(access("threads", "read"), value).await?.scope;
    if !call.store().thread_exists(thread_id, &scope).await? {
        return Ok(None);
    }
    let pausing = call.app.engine.events.present(thread_id);
    if let Some(run_id) = pausing.and_then(|log| log.pausing())
        && let Some(live) = call.app.engine.runs.registry().get(run_id)
    {
        live.log.ended().await;
    }
    Ok(call.store().get_thread_to_answer(thread_id, &scope).await?)
}

/// Whether an interrupt waits for an answer, and no run is already taking one.
fn is_asking(paused: Option<&ThreadWithCommands>) -> bool {
    paused.is_some_and(|ThreadWithCommands { thread, .. }| {
        thread.status != ThreadStatus::Busy && !Interrupts::of(&thread.interrupts).ids().is_empty()
    })
}

/// The ids of the interrupts that nobody has answered. Several may have been raised at once: while a run takes the answer to one of
/// them, the others still wait for theirs, each of which gets a run of its own behind that one.
async fn unanswered(call: &Call, thread_id: ThreadId) -> Result<Vec<String>, ApiError> {
    let Some(paused) = paused_thread(call, thread_id).await? else {
        return Ok(Vec::new());
    };
    let asked = Interrupts::of(&paused.thread.interrupts).ids();
    Ok(left_by(asked, &paused.commands))
}

/// What is left of the questions `asked` by runs with these commands that have not ended: an answer by id takes one, anything
/// else (an answer to all, new input, a step to another node) takes them all.
fn left_by(mut asked: Vec<String>, commands: &[RawJson]) -> Vec<String> {
    for command in commands {
        let command: JsonObject = command.parse().unwrap_or_default();
        let answers = command.get("resume").and_then(Value::as_object);
        match answers {
            Some(answers) if answers.keys().all(|id| is_interrupt(id)) => {
                asked.retain(|id| !answers.contains_key(id));
            }
            _ => return Vec::new(),
        }
    }
    asked
}

/// Whether this is the form that langgraph gives the ids of interrupts: an object with other keys is the answer itself.
fn is_interrupt(key: &str) -> bool {
    key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The assistant of the thread's newest run, which is the one that asked.
async fn last_assistant(call: &Call, thread_id: ThreadId) -> Result<AssistantId, ApiError> {
    let newest = call.store().get_assistant_of_newest_run(thread_id).await?;
    newest.ok_or_else(|| ApiError::not_found("The run that asked is not there any more."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_takes_its_question_and_leaves_the_others() {
        let id = |letter: &str| letter.repeat(32);
        let by_id = |letter: &str| json!({"resume": {id(letter): "yes"}});
        let both = json!({"resume": {id("a"): 1, id("b"): 2}});
        let none: [String; 0] = [];
        for (commands, left) in [
            (vec![], &[id("a"), id("b"), id("c")][..]),
            (vec![by_id("a")], &[id("b"), id("c")]),
            (vec![by_id("a"), by_id("c")], &[id("b")]),
            (vec![both], &[id("c")]),
            (vec![by_id("d")], &[id("a"), id("b"), id("c")]),
            (vec![json!({"resume": "yes"})], &none),
            (vec![json!({"resume": {"approved": true}})], &none),
            (vec![by_id("a"), json!({"goto": "node"})], &none),
            (vec![json!(null)], &none),
        ] {
            let asked = vec![id("a"), id("b"), id("c")];
            let raw: Vec<RawJson> = commands.iter().map(RawJson::of).collect();
            assert_eq!(left_by(asked, &raw), left, "{commands:?}");
        }
    }
}
