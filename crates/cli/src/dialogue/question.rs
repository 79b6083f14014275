//! What a node asks when it interrupts, by the shapes in use, and what has to be sent for it to go on. Pure.

use serde_json::{Map, Value, json};

/// What a thread waits for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Interrupt {
    /// Old versions of langgraph give none.
    pub(crate) id: Option<String>,
    /// What was asked.
    pub(crate) value: Value,
}

/// The form of a question.
#[derive(Debug, PartialEq)]
pub(super) enum QuestionForm {
    /// A decision for each action, in order, as the middleware of langchain asks.
    Review {
        actions: Vec<AskedAction>,
        /// Whether keys are written as in JavaScript.
        camel: bool,
    },
    /// One decision, as agent-inbox asks.
    Inbox(AskedAction),
    /// Anything.
    Plain,
}

/// One thing that the graph wants to do.
#[derive(Debug, PartialEq)]
pub(super) struct AskedAction {
    pub(super) name: String,
    pub(super) args: Value,
    pub(super) description: Option<String>,
    /// What may be decided.
    pub(super) choices: Vec<Choice>,
}

/// A kind of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Approve,
    Edit,
    Reject,
    Respond,
    Ignore,
}

/// A decision that was made.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    Approve,
    /// With other arguments.
    Edit(Value),
    /// For a reason, if one was given.
    Reject(String),
    Respond(String),
    Ignore,
}

impl Choice {
    fn of(word: &str) -> Option<Self> {
        match word {
            "approve" => Some(Self::Approve),
            "edit" => Some(Self::Edit),
            "reject" => Some(Self::Reject),
            "respond" => Some(Self::Respond),
            _ => None,
        }
    }

    /// What a person reads.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Edit => "edit the arguments",
            Self::Reject => "reject",
            Self::Respond => "answer in its place",
            Self::Ignore => "ignore",
        }
    }
}

impl Interrupt {
    /// Those of a thread, in the order of its tasks.
    pub(crate) fn of_thread(thread: &Value) -> Vec<Self> {
        let tasks = thread["interrupts"].as_object();
        let all = tasks.into_iter().flat_map(Map::values);
        all.filter_map(Value::as_array)
            .flatten()
            .map(|one| Self {
                id: one["id"].as_str().map(str::to_owned),
                value: one["value"].clone(),
            })
            .collect()
    }

    /// As programs see it.
    pub(crate) fn json(&self) -> Value {
        json!({"id": self.id, "value": self.value})
    }

    /// Its form.
    pub(super) fn form(&self) -> QuestionForm {
        inbox(&self.value)
            .map(QuestionForm::Inbox)
            .or_else(|| review(&self.value))
            .unwrap_or(QuestionForm::Plain)
    }

    /// An answer of the right form, to be shown as an example; none where anything will do.
    pub(super) fn example(&self) -> Option<Value> {
        let form = self.form();
        let first = |action: &AskedAction| match action.choices.first() {
            Some(Choice::Edit) => Decision::Edit(action.args.clone()),
            Some(Choice::Reject) => Decision::Reject(String::new()),
            Some(Choice::Respond) => Decision::Respond(String::new()),
            Some(Choice::Ignore) => Decision::Ignore,
            Some(Choice::Approve) | None => Decision::Approve,
        };
        let decisions = match &form {
            QuestionForm::Review { actions, .. } => actions.iter().map(first).collect(),
            QuestionForm::Inbox(action) => vec![first(action)],
            QuestionForm::Plain => return None,
        };
        form.answer(decisions)
    }
}

impl QuestionForm {
    /// What the node gets for decisions, one for each action.
    pub(super) fn answer(&self, decisions: Vec<Decision>) -> Option<Value> {
        match self {
            Self::Review { actions, camel } => {
                let made = actions.iter().zip(decisions);
                let made = made.map(|(action, decision)| reviewed(action, decision, *camel));
                Some(json!({"decisions": made.collect::<Vec<_>>()}))
            }
            Self::Inbox(action) => Some(json!([handled(action, decisions.into_iter().next()?)])),
            Self::Plain => None,
        }
    }
}

/// What lets a thread go on with these answers: each by the id of its question, so that others go on waiting.
pub(super) fn resume(answers: Vec<(Option<String>, Value)>) -> Value {
    let mut by_id = Map::new();
    for (id, value) in answers {
        match id {
            Some(id) => by_id.insert(id, value),
            // Without ids there is one question at a time.
            None => return value,
        };
    }
    Value::Object(by_id)
}

fn inbox(value: &Value) -> Option<AskedAction> {
    let request = match value.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => value,
    };
    let action = request.get("action_request")?.as_object()?;
    let config = &request["config"];
    let choices = [
        ("allow_accept", Choice::Approve),
        ("allow_edit", Choice::Edit),
        ("allow_respond", Choice::Respond),
        ("allow_ignore", Choice::Ignore),
    ];
    let choices: Vec<_> = choices
        .into_iter()
        .filter(|(key, _)| config[key] == true)
        .map(|(_, choice)| choice)
        .collect();
    Some(AskedAction {
        name: text(action.get("action")).unwrap_or_default(),
        args: action.get("args").cloned().unwrap_or_else(|| json!({})),
        description: text(request.get("description")),
        choices: if choices.is_empty() {
            vec![Choice::Respond, Choice::Ignore]
        } else {
            choices
        },
    })
}

fn review(value: &Value) -> Option<QuestionForm> {
    let camel = value.get("actionRequests").is_some();
    let of = |snake: &str, in_camel: &str| value.get(if camel { in_camel } else { snake });
    let requests = of("action_requests", "actionRequests")?.as_array()?;
    let configs = of("review_configs", "reviewConfigs").and_then(Value::as_array);
    let configs = configs.map_or(&[][..], Vec::as_slice);
    let name_key = if camel { "actionName" } else { "action_name" };
    let allowed_key = if camel {
        "allowedDecisions"
    } else {
        "allowed_decisions"
    };
    let actions: Vec<_> = requests
        .iter()
        .enumerate()
        .map(|(at, request)| {
            let name = text(request.get("name").or_else(|| request.get("action")));
            let name = name.unwrap_or_default();
            // A configuration names its action; older versions have one for each request instead.
            let named = configs.iter().find(|config| config[name_key] == *name);
            let config = named.or_else(|| configs.get(at));
            let allowed = config.and_then(|config| config[allowed_key].as_array());
            let words = allowed.into_iter().flatten().filter_map(Value::as_str);
            let choices: Vec<_> = words.filter_map(Choice::of).collect();
            AskedAction {
                args: request
                    .get("args")
                    .or_else(|| request.get("arguments"))
                    .cloned()
                    .unwrap_or_else(|| json!({})),
                description: text(request.get("description")),
                choices: if choices.is_empty() {
                    vec![Choice::Approve, Choice::Edit, Choice::Reject]
                } else {
                    choices
                },
                name,
            }
        })
        .collect();
    (!actions.is_empty()).then_some(QuestionForm::Review { actions, camel })
}

fn text(value: Option<&Value>) -> Option<String> {
    Some(value?.as_str()?.to_owned())
}

fn reviewed(action: &AskedAction, decision: Decision, camel: bool) -> Value {
    match decision {
        Decision::Approve | Decision::Ignore => json!({"type": "approve"}),
        Decision::Edit(args) => {
            let key = if camel {
                "editedAction"
            } else {
                "edited_action"
            };
            json!({"type": "edit", key: {"name": action.name, "args": args}})
        }
        Decision::Reject(reason) if reason.is_empty() => json!({"type": "reject"}),
        Decision::Reject(reason) => json!({"type": "reject", "message": reason}),
        Decision::Respond(message) => json!({"type": "respond", "message": message}),
    }
}

fn handled(action: &AskedAction, decision: Decision) -> Value {
    let request = |args: Value| json!({"action": action.name, "args": args});
    match decision {
        Decision::Approve => json!({"type": "accept", "args": request(action.args.clone())}),
        Decision::Edit(args) => json!({"type": "edit", "args": request(args)}),
        Decision::Respond(text) | Decision::Reject(text) => {
            json!({"type": "response", "args": text})
        }
        Decision::Ignore => json!({"type": "ignore", "args": null}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(value: Value) -> Interrupt {
        let id = Some("i".to_owned());
        Interrupt { id, value }
    }

    #[test]
    fn the_middleware_gets_a_decision_for_each_action_in_order() {
        let question = asks(json!({
            "action_requests": [
                {"name": "send", "args": {"to": "a"}, "description": "Sends it"},
                {"name": "drop", "args": {}},
            ],
            "review_configs": [
                {"action_name": "drop", "allowed_decisions": ["reject", "approve"]},
                {"action_name": "send", "allowed_decisions": ["approve", "edit", "reject", "other"]},
            ],
        }));
        let form = question.form();
        let QuestionForm::Review {
            actions,
            camel: false,
        } = &form
        else {
            panic!("{form:?}")
        };
        assert_eq!(
            actions[0].choices,
            [Choice::Approve, Choice::Edit, Choice::Reject]
        );
        assert_eq!(actions[1].choices, [Choice::Reject, Choice::Approve]);
        assert_eq!(actions[0].description.as_deref(), Some("Sends it"));

        let decisions = vec![
            Decision::Edit(json!({"to": "b"})),
            Decision::Reject("no".to_owned()),
        ];
        assert_eq!(
            form.answer(decisions).unwrap(),
            json!({"decisions": [
                {"type": "edit", "edited_action": {"name": "send", "args": {"to": "b"}}},
                {"type": "reject", "message": "no"},
            ]})
        );
        assert_eq!(
            question.example().unwrap(),
            json!({"decisions": [{"type": "approve"}, {"type": "reject"}]})
        );
    }

    #[test]
    fn javascript_is_answered_in_its_own_spelling() {
        let question = asks(json!({
            "actionRequests": [{"name": "send", "args": {"to": "a"}}],
            "reviewConfigs": [{"actionName": "send", "allowedDecisions": ["edit"]}],
        }));
        assert_eq!(
            question.example().unwrap(),
            json!({"decisions": [{"type": "edit", "editedAction": {"name": "send", "args": {"to": "a"}}}]})
        );
    }

    #[test]
    fn the_inbox_gets_a_list_of_one() {
        let question = asks(json!([{
            "action_request": {"action": "send", "args": {"to": "a"}},
            "config": {"allow_accept": true, "allow_edit": false, "allow_ignore": true},
        }]));
        let form = question.form();
        let QuestionForm::Inbox(action) = &form else {
            panic!("{form:?}")
        };
        assert_eq!(action.choices, [Choice::Approve, Choice::Ignore]);
        assert_eq!(
            form.answer(vec![Decision::Approve]).unwrap(),
            json!([{"type": "accept", "args": {"action": "send", "args": {"to": "a"}}}])
        );
        let said = form
            .answer(vec![Decision::Respond("hi".to_owned())])
            .unwrap();
        assert_eq!(said, json!([{"type": "response", "args": "hi"}]));
    }

    #[test]
    fn anything_else_is_plain() {
        for value in [
            json!("Name?"),
            json!({"action_requests": []}),
            json!({"action_request": 1}),
            json!(null),
        ] {
            let question = asks(value);
            assert_eq!(question.form(), QuestionForm::Plain);
            assert_eq!(question.example(), None);
        }
    }

    #[test]
    fn answers_find_their_questions_by_id() {
        let thread = json!({"interrupts": {"t1": [{"id": "a", "value": 1}], "t2": [{"value": 2}]}});
        let found = Interrupt::of_thread(&thread);
        assert_eq!(found[0].json(), json!({"id": "a", "value": 1}));
        assert_eq!(found[1].id, None);
        let id = |id: &str| Some(id.to_owned());
        assert_eq!(
            resume(vec![(id("a"), json!(1)), (id("b"), json!(2))]),
            json!({"a": 1, "b": 2})
        );
        assert_eq!(resume(vec![(None, json!("x"))]), json!("x"));
    }
}
