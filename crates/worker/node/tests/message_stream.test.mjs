// The modes that tell what models say, with subgraphs and without, by langgraphs that name places differently.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AIMessage, AIMessageChunk } from "@langchain/core/messages";

import { Disclosure } from "../src/disclosure.mjs";
import { RootMessages } from "../src/message_stream.mjs";
import { Stream } from "../src/stream_modes.mjs";

const NODE = "model:1";
const BELOW = "child:2|model:3";

/**
 * The names and texts that chunks become.
 * @param {string[]} modes
 * @param {boolean} subgraphs
 * @param {import("../src/stream_modes.mjs").Chunk[]} chunks
 */
function told(modes, subgraphs, chunks) {
  const stream = new Stream(modes, subgraphs, new Disclosure(false));
  const events = chunks.flatMap((chunk) => [...stream.events(chunk)]);
  return events.map(({ name, data }) => [name, Array.isArray(data) ? data[0].content : data]);
}

/**
 * @param {string[]} namespace
 * @param {string} place
 * @param {any} message
 * @returns {import("../src/stream_modes.mjs").Chunk}
 */
const said = (namespace, place, message) => [namespace, "messages", [message, { langgraph_checkpoint_ns: place, tags: [] }]];
const token = (/** @type {string} */ content, id = "said") => new AIMessageChunk({ content, id });

test("a token of the root graph is told, wherever langgraph says that it comes from", () => {
  for (const namespace of [[], [NODE]]) {
    assert.deepEqual(told(["messages-tuple"], false, [said(namespace, NODE, token("a"))]), [["messages", "a"]]);
  }
});

test("a tool of the root graph is told, wherever langgraph says that it is called", () => {
  /** @type {(namespace: string[]) => import("../src/stream_modes.mjs").Chunk} */
  const called = (namespace) => [namespace, "tools", { event: "on_tool_start", name: "weather" }];
  const within = /** @type {import("../src/stream_modes.mjs").Chunk} */ ([["child:2"], "tasks", { id: "3", name: "tools", triggers: [] }]);
  for (const namespace of [[], ["tools:1"]]) assert.deepEqual(told(["tools"], false, [called(namespace)]).length, 1);
  assert.deepEqual(told(["tools"], false, [within, called(["child:2"])]), []);
  assert.deepEqual(told(["tools"], true, [within, called(["child:2"])]), [["tools|child:2", { event: "on_tool_start", name: "weather" }]]);
});

test("subgraphs are told to who asks for them", () => {
  const chunk = said(["child:2"], BELOW, token("a"));
  assert.deepEqual(told(["messages-tuple"], true, [chunk]), [["messages|child:2", "a"]]);
  assert.deepEqual(told(["messages-tuple"], false, [chunk]), []);
});

test("the node of the root graph tells what was said below it, once it has written", () => {
  const whole = new AIMessage({ content: "ab", id: "said" });
  const chunks = [said(["child:2"], BELOW, token("a")), said(["child:2"], BELOW, token("b"))];
  const written = /** @type {import("../src/stream_modes.mjs").Chunk} */ ([[], "updates", { child: { messages: [new AIMessage({ content: "mine", id: "mine" }), whole] } }]);
  assert.deepEqual(told(["messages-tuple"], false, [...chunks, written, written]), [["messages", "ab"]]);
});

test("what it tells has the metadata of the node", () => {
  const messages = new RootMessages();
  messages.callbacks.handleChainStart({}, {}, "", "", ["graph:step:1"], { langgraph_checkpoint_ns: "child:2", langgraph_node: "child" }, "", "child");
  messages.saidBelow([token("a"), { langgraph_checkpoint_ns: BELOW }]);
  const [first] = messages.written({ messages: token("a") });
  assert.deepEqual(first?.[1], { tags: ["graph:step:1"], name: "child", langgraph_checkpoint_ns: "child:2", langgraph_node: "child" });
});

test("nothing is kept of what has ended", () => {
  const messages = new RootMessages();
  messages.callbacks.handleChainStart({}, {}, "", "", [], { langgraph_checkpoint_ns: "child:2", langgraph_node: "child" }, "", "child");
  messages.saidBelow([token("a"), { langgraph_checkpoint_ns: BELOW }]);
  messages.ended("other:2");
  assert.equal(messages.size, 2);
  messages.ended("child:2");
  assert.equal(messages.size, 0);
});

test("messages grow, and are complete once they are in the state", () => {
  const whole = new AIMessage({ content: "ab", id: "said" });
  const chunks = [said([], NODE, token("a")), said([], NODE, token("b")), said([], NODE, new AIMessage({ content: "by hand", id: "hand" }))];
  const values = /** @type {import("../src/stream_modes.mjs").Chunk} */ ([[], "values", { messages: [whole] }]);
  assert.deepEqual(told(["messages"], false, [...chunks, values, values]).slice(1), [
    ["messages/partial", "a"],
    ["messages/partial", "ab"],
    ["messages/complete", "ab"],
  ]);
});
