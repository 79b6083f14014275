// Messages as they are sent back to a graph.

import { expect, test } from "vitest";
import type { Json } from "../src/api/wire.ts";
import { asInput, withIdsOf } from "../src/model/message-input.ts";

test("what nothing is in is not sent, of messages alone", () => {
  const message = { type: "ai", content: "", id: "1", usage_metadata: null, invalid_tool_calls: [], tool_calls: [] };
  expect(asInput({ messages: [message], usage_metadata: null })).toEqual({ messages: [{ type: "ai", content: "", id: "1", tool_calls: [] }], usage_metadata: null });
  const counted = { type: "ai", content: "x", usage_metadata: { input_tokens: 1 } };
  expect(asInput(counted)).toEqual(counted);
});

test("messages without an id get the one that they have in the state", () => {
  const state: Json = { messages: [{ type: "human", content: "hi", id: "1" }, { type: "ai", content: "ho", id: "2", tool_calls: [] }, { type: "human", content: "hi", id: "3" }] };
  const ids = (given: unknown) => (given as { messages: { id?: string }[] }).messages.map((message) => message.id);
  expect(ids(withIdsOf({ messages: [{ role: "user", content: "hi" }] }, state))).toEqual(["3"]);
  expect(ids(withIdsOf({ messages: [{ type: "ai", content: "ho" }] }, state))).toEqual(["2"]);
  expect(ids(withIdsOf({ messages: [{ type: "ai", content: "ho", id: "own" }, { type: "ai", content: "hi" }] }, state))).toEqual(["own", undefined]);
  expect(withIdsOf({ log: ["a"] }, { log: ["b"] })).toEqual({ log: ["a"] });
});
