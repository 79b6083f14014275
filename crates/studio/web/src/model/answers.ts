// Answers to what nodes ask, while somebody makes up their mind: a draft for each question, and what is sent of it.

import type { Json } from "../api/wire.ts";
import { cardOf, hitlAnswer, inboxAnswer, type AskedAction, type Decision, type InterruptCard, type Question } from "./interrupts.ts";
import { readJson } from "./json-text.ts";

/** What was typed or chosen for one question. */
export interface Draft {
  /** Of a plain question: how it is answered. */
  mode: "text" | "json" | "form";
  text: string;
  json: string;
  /** What a form holds; undefined while it has faults. */
  form: Json | undefined;
  /** A choice for each action; null where none was made. */
  choices: Choice[];
}

/** A decision and what was typed for it; the arguments are text until they are sent. */
export interface Choice {
  type: Decision["type"] | null;
  args: string;
  words: string;
}

export function actionsOf(card: InterruptCard): AskedAction[] {
  if (card.shape === "inbox") return [card.action];
  return card.shape === "hitl" ? card.actions : [];
}

export function firstDraft(card: InterruptCard): Draft {
  return {
    mode: card.shape === "plain" && card.schema !== null ? "form" : "text",
    text: "",
    json: "",
    form: undefined,
    choices: actionsOf(card).map((action) => ({ type: null, args: JSON.stringify(action.args, null, 2), words: "" })),
  };
}

/** The decision of a choice, or what it still lacks. */
function decide(choice: Choice | undefined): Decision | null {
  switch (choice?.type) {
    case "approve":
      return { type: "approve" };
    case "ignore":
      return { type: "ignore" };
    case "reject":
      return { type: "reject", reason: choice.words };
    case "respond":
      return choice.words.trim() === "" ? null : { type: "respond", text: choice.words };
    case "edit": {
      const read = readJson(choice.args);
      const args = read.ok ? read.value : null;
      return args !== null && typeof args === "object" && !Array.isArray(args) ? { type: "edit", args } : null;
    }
    default:
      return null;
  }
}

/** What is sent for a draft; undefined while something is missing. */
export function answerOf(card: InterruptCard, draft: Draft): Json | undefined {
  if (card.shape === "hitl") return hitlAnswer(card.actions, draft.choices.map(decide)) ?? undefined;
  if (card.shape === "inbox") {
    const decision = decide(draft.choices[0]);
    return decision ? inboxAnswer(card.action, decision) : undefined;
  }
  if (draft.mode === "form") return draft.form;
  if (draft.mode === "text") return draft.text === "" ? undefined : draft.text;
  const read = draft.json.trim() === "" ? null : readJson(draft.json);
  return read?.ok ? read.value : undefined;
}

/** One action that may be approved, and nothing chosen yet: whoever just goes on approves. */
export function approvesByDefault(questions: Question[], drafts: ReadonlyMap<string, Draft>): boolean {
  const [question] = questions;
  if (!question || questions.length !== 1) return false;
  const actions = actionsOf(cardOf(question));
  return actions.length === 1 && (actions[0]?.allowed.includes("approve") ?? false) && (drafts.get(question.id)?.choices[0]?.type ?? null) === null;
}

/** The questions that have their answer. */
export function readyAnswers(questions: Question[], drafts: ReadonlyMap<string, Draft>): { id: string; value: Json }[] {
  const byDefault = approvesByDefault(questions, drafts);
  return questions.flatMap((question) => {
    const card = cardOf(question);
    const draft = drafts.get(question.id) ?? firstDraft(card);
    const chosen = byDefault ? { ...draft, choices: draft.choices.map((choice) => ({ ...choice, type: "approve" as const })) } : draft;
    const value = answerOf(card, chosen);
    return value === undefined ? [] : [{ id: question.id, value }];
  });
}
