//! `lgx run`: what goes in, what comes out where, how it ends, and on which server.

use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, lgx, output_in_time, python_env};
use serde_json::{Value, json};

const THREAD: &str = "01a2211f-5ff1-7474-a124-b5c58269e01a";

/// `lgx` with these arguments, in a project.
pub(super) fn command(project: &Project, arguments: &[&str]) -> Result<Command> {
    let mut command = lgx()?;
    command
        .current_dir(project.dir())
        .args(arguments)
        .env("LGX_PYTHON", python_env()?.python())
        .env_remove("LGX_URL")
        .stdin(Stdio::null());
    Ok(command)
}

#[derive(Debug)]
pub(super) struct Finished {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

pub(super) fn finished(command: Command) -> Result<Finished> {
    finished_with(command, Stdio::null())
}

/// The same of one that reads this.
fn finished_with(mut command: Command, stdin: impl Into<Stdio>) -> Result<Finished> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output_in_time_with(stdin.into())?;
    Ok(Finished {
        code: status.code(),
        stdout: String::from_utf8(stdout)?,
        stderr: String::from_utf8(stderr)?,
    })
}

fn run(project: &Project, arguments: &[&str]) -> Result<Finished> {
    finished(command(project, &[&["run"], arguments].concat())?)
}

#[test]
fn words_are_stdout_and_tools_and_nodes_are_stderr() -> Result<()> {
    let project = Project::copy_of("fixtures")?;

    let ran = run(&project, &["chat", "-m", "weather in Paris"])?;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stdout, "You said: sunny in Paris\n");
    for part in [
        "→ get_weather {\"city\": \"Paris\"}",
        "← get_weather sunny in Paris",
        "· tools ",
        "Done in ",
    ] {
        ensure!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    ensure!(!project.path(".lgx").exists(), "nothing is kept unasked");
    let quiet = run(&project, &["chat", "-q", "-m", "hi"])?;
    assert_eq!(
        (&*quiet.stdout, &*quiet.stderr),
        ("You said: hi\n", ""),
        "{quiet:?}"
    );
    Ok(())
}

#[test]
fn without_messages_the_final_values_are_json_whichever_way_the_input_comes() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let input = json!({"messages": [{"role": "user", "content": "x"}]});
    project.write("chat.json", &input.to_string())?;

    let ran = run(&project, &["multi", "{}"])?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let values: Value = serde_json::from_str(&ran.stdout)?;
    ensure!(values.is_object(), "{values}");
    let from_file = run(&project, &["chat", "@chat.json"])?;
    assert_eq!(from_file.stdout, "You said: x\n", "{from_file:?}");
    let piped = command(&project, &["run", "chat", "-"])?;
    let (input, _) = fs_err::File::open(project.path("chat.json"))?.into_parts();
    assert_eq!(finished_with(piped, input)?.stdout, "You said: x\n");

    project.write("in.json", "{\n  \"ok\": nope\n}")?;
    let wrong = run(&project, &["boom", "@in.json"])?;
    assert_eq!(wrong.code, Some(2));
    ensure!(wrong.stderr.contains("in.json:2:10"), "{}", wrong.stderr);
    let unknown = run(&project, &["chta", "-m", "hi"])?;
    ensure!(
        unknown.stderr.contains("did you mean `chat`?"),
        "{unknown:?}"
    );
    Ok(())
}

#[test]
fn a_run_that_fails_names_the_line_and_exits_with_1() -> Result<()> {
    let project = Project::copy_of("fixtures")?;

    let ran = run(&project, &["boom"])?;

    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
    for part in [
        "error: the run failed",
        "src/boom.py:18:5 in explode",
        "ValueError: kaboom",
    ] {
        ensure!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    project.edit(
        "src/boom.py",
        "def fine",
        "import nowhere_to_be_found\n\n\ndef fine",
    )?;
    let broken = run(&project, &["boom"])?;
    assert_eq!(broken.code, Some(1));
    for part in ["nowhere_to_be_found", "the graph `boom` does not load"] {
        ensure!(broken.stderr.contains(part), "{part}: {}", broken.stderr);
    }
    Ok(())
}

#[test]
fn programs_get_events_line_by_line_and_nothing_else() -> Result<()> {
    let project = Project::copy_of("fixtures")?;

    let ran = run(&project, &["chat", "--json", "-m", "hi"])?;

    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    let events: Vec<Value> = ran
        .stdout
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(events[0]["event"], "metadata");
    ensure!(events[0]["data"]["thread_id"].is_string(), "{}", events[0]);
    let last = events.last().context("there are events")?;
    assert_eq!(last["event"], "values");
    assert_eq!(last["data"]["messages"][1]["content"], "You said: hi");

    let failed = run(&project, &["boom", "--json"])?;
    assert_eq!(failed.code, Some(1));
    let last = failed.stdout.lines().last().context("there are events")?;
    let expected = json!({"event": "error", "data": {"error": "ValueError", "message": "kaboom"}});
    assert_eq!(serde_json::from_str::<Value>(last)?, expected);

    let updates = run(&project, &["boom", "--stream", "updates"])?;
    assert_eq!(updates.stdout, "{\"fine\":{\"ok\":\"yes\"}}\n");
    Ok(())
}

#[test]
fn a_question_without_a_person_is_json_and_is_answered_by_another_command() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let input = json!({"items": ["a", "b"]}).to_string();

    let asked = run(&project, &["hitl_many", &input, "--thread", THREAD])?;

    assert_eq!(asked.code, Some(3), "{asked:?}");
    let questions: Value = serde_json::from_str(&asked.stdout)?;
    assert_eq!(questions[0]["value"], json!({"item": "a"}));
    let go_on = format!("lgx run hitl_many --thread {THREAD} --resume ");
    ensure!(asked.stderr.contains(&go_on), "{}", asked.stderr);

    let id = |at: usize| questions[at]["id"].as_str().context("a question has an id");
    let (first, second) = (json!({id(0)?: "one"}), json!({id(1)?: 2}));
    let resume = |answer: &Value| {
        let answer = answer.to_string();
        run(
            &project,
            &["hitl_many", "--thread", THREAD, "--resume", &answer],
        )
    };
    let half = resume(&first)?;
    assert_eq!(half.code, Some(3), "{half:?}");
    let left: Value = serde_json::from_str(&half.stdout)?;
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    let whole = resume(&second)?;
    assert_eq!(whole.code, Some(0), "{whole:?}");
    let values: Value = serde_json::from_str(&whole.stdout)?;
    assert_eq!(values["out"], json!(["a:one", "b:2"]));
    Ok(())
}

#[test]
fn the_server_of_the_project_is_used_while_it_runs() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;

    let ran = run(&project, &["chat", "-m", "hi", "--thread", THREAD])?;

    assert_eq!(ran.stdout, "You said: hi\n", "{ran:?}");
    let thread = server.client().get(&format!("/threads/{THREAD}"))?.ok()?;
    assert_eq!(thread["values"]["messages"][1]["content"], "You said: hi");
    let again = run(&project, &["chat", "-m", "more", "--thread", THREAD])?;
    assert_eq!(again.stdout, "You said: more\n", "{again:?}");
    let found = server.client().post("/threads/search", &json!({}))?.ok()?;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");

    // What a server leaves that is killed is no server.
    ensure!(project.path(".lgx/server.json").exists());
    server.kill_everything()?;
    ensure!(project.path(".lgx/server.json").exists());
    let alone = run(&project, &["chat", "-m", "still", "--thread", THREAD])?;
    assert_eq!(alone.stdout, "You said: still\n", "{alone:?}");
    Ok(())
}

#[test]
fn the_developer_is_let_in_and_a_header_says_who_else_asks() -> Result<()> {
    let project = Project::copy_of("auth")?;
    let server = DevServer::start(&project, &["--no-reload"])?;

    let developer = run(&project, &["whoami", "{}"])?;
    assert_eq!(developer.code, Some(0), "{developer:?}");
    let refused = run(
        &project,
        &["whoami", "{}", "--header", "authorization: Bearer teapot"],
    )?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    ensure!(refused.stderr.contains("short and stout"), "{refused:?}");

    let url = server.url();
    let mut elsewhere = command(&project, &["run", "whoami", "{}", "--url", url])?;
    elsewhere.current_dir("/");
    assert_eq!(finished(elsewhere)?.code, Some(0));
    Ok(())
}

#[test]
fn who_reads_no_more_ends_the_run_quietly() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let mut command = command(&project, &["run", "chat", "-q", "-m", "hi"])?;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());

    let output = output_in_time(child)?;

    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr)?, "");
    Ok(())
}
