// What a node asks when it interrupts, by the shapes in use, and what has to be sent for it to go on.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, listAt, objectAt, textAt } from "./json.ts";

/** One thing that the graph wants to do. */
export interface AskedAction {
  name: string;
  args: JsonObject;
  description: string | null;
  /** What the answer may be, in the words of the shape. */
  allowed: Decision["type"][];
  argsSchema: JsonObject | null;
}

export type InterruptCard =
  /** `action_request` and `config`, as agent-inbox has it: accept, edit, respond, ignore. */
  | { shape: "inbox"; action: AskedAction }
  /** `action_requests` and `review_configs`, as LangChain's middleware has it: a decision for each, in order. */
  | { shape: "hitl"; actions: AskedAction[] }
  /** Any value; the schema says what an answer looks like, if there is one. */
  | { shape: "plain"; value: Json; schema: JsonObject | null };

export type Decision =
  | { type: "approve" }
  | { type: "edit"; args: JsonObject }
  | { type: "reject"; reason: string }
  | { type: "respond"; text: string }
  | { type: "ignore" };

export interface Question {
  id: string;
  value: Json;
  responseSchema?: JsonObject | null;
}

export function cardOf(question: Question): InterruptCard {
  return inboxCard(question.value) ?? hitlCard(question.value) ?? { shape: "plain", value: question.value, schema: question.responseSchema ?? schemaIn(question.value) };
}

function schemaIn(value: Json): JsonObject | null {
  return objectAt(value, "response_schema");
}

function inboxCard(value: Json): InterruptCard | null {
  const request = Array.isArray(value) && value.length === 1 ? value[0] : value;
  const action = objectAt(request, "action_request");
  if (!action || !isObject(request)) return null;
  const config = objectAt(request, "config") ?? {};
  const allowed: Decision["type"][] = [];
  if (config.allow_accept) allowed.push("approve");
  if (config.allow_edit) allowed.push("edit");
  if (config.allow_respond) allowed.push("respond");
  if (config.allow_ignore) allowed.push("ignore");
  return {
    shape: "inbox",
    action: { name: textAt(action, "action") ?? "", args: objectAt(action, "args") ?? {}, description: textAt(request, "description"), allowed, argsSchema: null },
  };
}

const HITL: Record<string, Decision["type"]> = { approve: "approve", edit: "edit", reject: "reject", respond: "respond" };

function hitlCard(value: Json): InterruptCard | null {
  const requests = listAt(value, "action_requests");
  if (requests.length === 0) return null;
  const configs = listAt(value, "review_configs").filter(isObject);
  const actions = requests.map((request, at): AskedAction => {
    const name = textAt(request, "name") ?? textAt(request, "action") ?? "";
    // A configuration names its action; older versions have one for each request instead.
    const config = configs.find((one) => textAt(one, "action_name") === name) ?? configs[at];
    const allowed = listAt(config, "allowed_decisions").flatMap((word) => (typeof word === "string" ? (HITL[word] ?? []) : []));
    return {
      name,
      args: objectAt(request, "args") ?? objectAt(request, "arguments") ?? {},
      description: textAt(request, "description"),
      allowed: allowed.length > 0 ? allowed : ["approve", "edit", "reject"],
      argsSchema: objectAt(config, "args_schema"),
    };
  });
  return { shape: "hitl", actions };
}

/** What the node gets for an answer to agent-inbox's shape: always a list of one. */
export function inboxAnswer(action: AskedAction, decision: Decision): Json {
  const request = (args: JsonObject): JsonObject => ({ action: action.name, args });
  switch (decision.type) {
    case "approve":
      return [{ type: "accept", args: request(action.args) }];
    case "edit":
      return [{ type: "edit", args: request(decision.args) }];
    case "respond":
      return [{ type: "response", args: decision.text }];
    case "reject":
      return [{ type: "response", args: decision.reason }];
    case "ignore":
      return [{ type: "ignore", args: null }];
  }
}

/** What the middleware gets: the decisions in the order of the actions. Null until there is one for each. */
export function hitlAnswer(actions: AskedAction[], decisions: (Decision | null)[]): Json | null {
  const made: Json[] = [];
  for (const [at, action] of actions.entries()) {
    const decision = decisions[at];
    if (!decision || decision.type === "ignore") return null;
    made.push(hitlDecision(action, decision));
  }
  return { decisions: made };
}

function hitlDecision(action: AskedAction, decision: Exclude<Decision, { type: "ignore" }>): JsonObject {
  switch (decision.type) {
    case "approve":
      return { type: "approve" };
    case "edit":
      return { type: "edit", edited_action: { name: action.name, args: decision.args } };
    case "reject":
      return decision.reason === "" ? { type: "reject" } : { type: "reject", message: decision.reason };
    case "respond":
      return { type: "respond", message: decision.text };
  }
}

/**
 * The `command` that answers: by id, so that each question gets its own and others go on waiting. Old versions of langgraph gave no ids:
 * then the one answer is all there is.
 */
export function resumeCommand(answers: { id: string; value: Json }[]): { resume: Json } {
  const [first] = answers;
  if (first && answers.length === 1 && first.id === "") return { resume: first.value };
  return { resume: Object.fromEntries(answers.map(({ id, value }) => [id, value])) };
}

/** The question in one line, for lists. */
export function questionLine(question: Question): string {
  const card = cardOf(question);
  if (card.shape === "inbox") return actionLine(card.action);
  if (card.shape === "hitl") return card.actions.map(actionLine).join(", ");
  return firstLine(card.value);
}

function actionLine(action: AskedAction): string {
  return `${action.name}(${Object.keys(action.args).join(", ")})`;
}

const TELLING = ["question", "q", "message", "prompt", "text", "title", "description", "instruction"];

function firstLine(value: Json): string {
  const telling = isObject(value) ? TELLING.map((key) => value[key]).find((text) => typeof text === "string" && text !== "") : value;
  const text = typeof telling === "string" ? telling : JSON.stringify(value);
  const line = text.split("\n").find((one) => one.trim() !== "") ?? "";
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
