//! lgx beside the official server: the same requests, the recorded answers, and a documented reason for each difference.

mod answer;
mod coverage;
mod exemption;
mod pattern;
mod scenario;
mod variables;

use anyhow::{Result, ensure};
use lgx_tests::{Client, DevServer, Project, agents_env, python_env};

use answer::answer;
use exemption::{Everywhere, Rows};
use scenario::{Scenario, Step};
use variables::Variables;

#[test]
fn answers_are_those_of_the_official_server_but_for_documented_differences() -> Result<()> {
    let rows = Rows::read()?;
    let mut everywhere = Everywhere::read()?;
    let mut wrong = everywhere.without_row(&rows);
    let mut steps = 0;
    for (name, env) in [("fixtures", python_env()?), ("agents", agents_env()?)] {
        let project = Project::copy_of(name)?;
        let mut command = DevServer::command(&project, &["--no-reload"])?;
        command.env("LGX_PYTHON", env.python());
        let server = DevServer::spawn(command)?;
        let scenarios = scenario::of_project(name)?;
        if name == "fixtures" {
            let description = server.client().get("/openapi.json")?.ok()?;
            wrong.extend(coverage::gaps(&description, &scenarios));
        }
        steps += scenarios.iter().map(|one| one.steps.len()).sum::<usize>();
        for scenario in &scenarios {
            play(
                &server.client(),
                scenario,
                &rows,
                &mut everywhere,
                &mut wrong,
            )?;
        }
    }
    wrong.extend(everywhere.unused());
    ensure!(
        wrong.is_empty(),
        "{} of {steps} steps answer otherwise than recorded:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    Ok(())
}

/// Plays the steps of a scenario in order and adds what is wrong.
fn play(
    client: &Client,
    scenario: &Scenario,
    rows: &Rows,
    everywhere: &mut Everywhere,
    wrong: &mut Vec<String>,
) -> Result<()> {
    let mut variables = Variables::new(scenario);
    for step in &scenario.steps {
        let got = answer(client, step, &mut variables)?;
        let captured = variables.capture(&step.capture, &got);
        let mut problems = judge(step, &got, &mut variables, rows, everywhere);
        if let Err(missing) = &captured {
            problems.push(format!("{missing:#}, so the scenario ends here"));
        }
        if !problems.is_empty() {
            wrong.push(format!(
                "{}: {}\n  {}\n    {}",
                scenario.file,
                scenario.name,
                step.told(),
                problems.join("\n    ")
            ));
        }
        if captured.is_err() {
            break;
        }
    }
    Ok(())
}

/// What is wrong with an answer: other than recorded, other than the exemption says, or an exemption that is not needed.
fn judge(
    step: &Step,
    got: &serde_json::Value,
    variables: &mut Variables,
    rows: &Rows,
    everywhere: &mut Everywhere,
) -> Vec<String> {
    let recorded = variables.fill(&everywhere.applied(&step.expect));
    let Some(differs) = &step.differs else {
        return pattern::differences(&recorded, got);
    };
    let expected = variables.fill(&differs.applied(&everywhere.applied(&step.expect)));
    let mut problems = pattern::differences(&expected, got);
    if !rows.has(&differs.row) {
        problems.push(format!(
            "docs/compatibility.md has no row that begins with {:?}",
            differs.row
        ));
    }
    if problems.is_empty() && pattern::differences(&recorded, got).is_empty() {
        problems.push("lgx answers as recorded: the exemption is not needed any more".into());
    }
    problems
}
