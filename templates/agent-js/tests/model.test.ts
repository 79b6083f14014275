// Which model thinks, what the built-in one says, and the agent with it.

import "./no_keys.ts";

import assert from "node:assert/strict";
import { test } from "node:test";

import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";

import { answer, BuiltInModel } from "../src/agent/built_in_model.ts";
import { graph } from "../src/agent/graph.ts";
import { loadModel, modelName } from "../src/agent/model.ts";

test("without a key the built-in model answers", async () => {
  assert.equal(modelName({}), undefined);
  assert.equal(modelName({ OPENAI_API_KEY: "" }), undefined);
  assert(await loadModel({}) instanceof BuiltInModel);
});

test("a key selects the model of its provider", () => {
  assert.equal(modelName({ OPENAI_API_KEY: "k" }), "openai:gpt-4.1-mini");
  assert.equal(modelName({ ANTHROPIC_API_KEY: "k" }), "anthropic:claude-haiku-4-5");
});

test("a model can be named", () => {
  assert.equal(modelName({ OPENAI_API_KEY: "k", CHAT_MODEL: "openai:other" }), "openai:other");
});

test("the built-in model calls the tool that is needed", () => {
  const called = (text: string) => answer([new HumanMessage(text)]).tool_calls?.map(({ name, args }) => ({ name, args }));

  assert.deepEqual(called("What is 12 * 7?"), [{ name: "calculator", args: { expression: "12 * 7" } }]);
  assert.deepEqual(called("What time is it?"), [{ name: "utc_now", args: {} }]);
});

test("the built-in model says what a tool has said", () => {
  const result = new ToolMessage({ content: "84", tool_call_id: "call_1", name: "calculator" });

  assert.equal(answer([new HumanMessage("12 * 7"), new AIMessage(""), result]).text, "The tool `calculator` says: 84");
});

test("the built-in model repeats anything else", () => {
  assert.match(answer([new HumanMessage("Hi, I am no-one")]).text, /^You said: Hi, I am no-one\n/);
});

test("the agent calls a tool and answers", async () => {
  const { messages } = await graph.invoke({ messages: [new HumanMessage("What is 12 * 7?")] });

  assert.deepEqual(messages.map((message) => message.type), ["human", "ai", "tool", "ai"]);
  assert.equal(messages.at(-1)?.text, "The tool `calculator` says: 84");
});
