// What is sent for values that were edited.

import { expect, test } from "vitest";
import { changedByReducers, forkUpdate, overwriting } from "../src/model/fork-values.ts";

const human = { type: "human", id: "h", content: "hi" };
const ai = { type: "ai", id: "a", content: "yo" };

test("only keys that changed are sent; keys cannot be taken out", () => {
  expect(forkUpdate({ a: 1, b: { c: [1] }, d: 2 }, { a: 2, b: { c: [1] } })).toEqual({ values: { a: 2 }, kept: ["d"] });
});

test("of messages those that changed are sent, and removals of those that are gone", () => {
  const edited = { ...human, content: "hello" };
  expect(forkUpdate({ messages: [human, ai] }, { messages: [edited] }).values).toEqual({
    messages: [{ type: "remove", id: "a", content: "" }, edited],
  });
});

test("other lists are sent as a whole", () => {
  expect(forkUpdate({ log: ["a"] }, { log: ["a", "b"] }).values).toEqual({ log: ["a", "b"] });
});

test("a reducer that added to the list is noticed, an id that was given is not", () => {
  const sent = { log: ["b"], messages: [{ type: "human", content: "x" }] };
  const got = { log: ["a", "b"], messages: [{ type: "human", content: "x", id: "new" }] };
  expect(changedByReducers(sent, got, sent)).toEqual(["log"]);
  expect(overwriting(sent, ["log"], sent).log).toEqual({ __overwrite__: ["b"] });
});
