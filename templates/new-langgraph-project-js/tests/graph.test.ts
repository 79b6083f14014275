// The decisions of the chatbot, one by one.

import "./no_keys.ts";

import assert from "node:assert/strict";
import { test } from "node:test";

import { AIMessage, HumanMessage } from "@langchain/core/messages";

import { builtInReply, modelName } from "../src/agent/graph.ts";

test("without a key no model is asked for", () => {
  assert.equal(modelName({}), undefined);
  assert.equal(modelName({ OPENAI_API_KEY: "" }), undefined);
});

test("a key selects the model of its provider", () => {
  assert.equal(modelName({ OPENAI_API_KEY: "k" }), "openai:gpt-4.1-mini");
  assert.equal(modelName({ ANTHROPIC_API_KEY: "k" }), "anthropic:claude-haiku-4-5");
});

test("a model can be named", () => {
  assert.equal(modelName({ OPENAI_API_KEY: "k", CHAT_MODEL: "openai:other" }), "openai:other");
});

test("the built-in reply repeats the message", () => {
  assert.match(builtInReply([new HumanMessage("Hi")]), /^You said: Hi\n/);
});

test("the built-in reply remembers the message before", () => {
  const messages = [new HumanMessage("My name is Ada"), new AIMessage("Hello"), new HumanMessage("Hi")];

  assert.match(builtInReply(messages), /Before that you said: My name is Ada/);
});
