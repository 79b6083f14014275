// What is sent for what was chosen and typed.

import { expect, test } from "vitest";
import { answerOf, approvesByDefault, firstDraft, readyAnswers, type Choice, type Draft } from "../src/model/answers.ts";
import { cardOf, type Question } from "../src/model/interrupts.ts";

const plain: Question = { id: "p", value: { q: "?" } };
const inbox: Question = { id: "i", value: [{ action_request: { action: "send", args: { to: "ada" } }, config: { allow_accept: true, allow_edit: true, allow_respond: true, allow_ignore: true } }] };
const two: Question = { id: "h", value: { action_requests: [{ name: "a", args: { x: 1 } }, { name: "b", args: {} }], review_configs: [] } };

const draftOf = (question: Question, change: Partial<Draft>): Draft => ({ ...firstDraft(cardOf(question)), ...change });
const choice = (type: Choice["type"], words = "", args = "{}"): Choice => ({ type, words, args });

test("a plain question takes text, or any JSON", () => {
  const card = cardOf(plain);
  expect(answerOf(card, draftOf(plain, { text: "42" }))).toBe("42");
  expect(answerOf(card, draftOf(plain, { mode: "json", json: "42" }))).toBe(42);
  expect(answerOf(card, draftOf(plain, { mode: "json", json: "false" }))).toBe(false);
  expect(answerOf(card, draftOf(plain, {}))).toBeUndefined();
  expect(answerOf(card, draftOf(plain, { mode: "json", json: "{" }))).toBeUndefined();
});

test("agent-inbox gets a list of one response", () => {
  const card = cardOf(inbox);
  expect(answerOf(card, draftOf(inbox, { choices: [choice("respond", "no")] }))).toEqual([{ type: "response", args: "no" }]);
  expect(answerOf(card, draftOf(inbox, { choices: [choice("edit", "", '{"to": "bob"}')] }))).toEqual([
    { type: "edit", args: { action: "send", args: { to: "bob" } } },
  ]);
  expect(answerOf(card, draftOf(inbox, { choices: [choice("edit", "", "[1]")] }))).toBeUndefined();
});

test("several actions are sent when each has its decision, in order", () => {
  const card = cardOf(two);
  expect(answerOf(card, draftOf(two, { choices: [choice("approve"), choice(null)] }))).toBeUndefined();
  expect(answerOf(card, draftOf(two, { choices: [choice("approve"), choice("reject", "too dear")] }))).toEqual({
    decisions: [{ type: "approve" }, { type: "reject", message: "too dear" }],
  });
});

test("of several questions those with an answer are sent, the others go on waiting", () => {
  const drafts = new Map([["p", draftOf(plain, { text: "yes" })]]);
  expect(readyAnswers([plain, { id: "q", value: 1 }], drafts)).toEqual([{ id: "p", value: "yes" }]);
});

test("one action alone is approved by whoever just goes on, unless something else was chosen", () => {
  expect(approvesByDefault([inbox], new Map())).toBe(true);
  expect(readyAnswers([inbox], new Map())).toEqual([{ id: "i", value: [{ type: "accept", args: { action: "send", args: { to: "ada" } } }] }]);
  expect(approvesByDefault([inbox], new Map([["i", draftOf(inbox, { choices: [choice("respond")] })]]))).toBe(false);
  expect(approvesByDefault([two], new Map())).toBe(false);
  expect(approvesByDefault([plain], new Map())).toBe(false);
});
